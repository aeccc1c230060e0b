"""The keys of a YAML text, by the events of pyyaml's own parser: the same places on every machine, nothing expanded."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

import yaml

from mtor_action.symbols.key_tree import KeyTree, TextSpot
from mtor_action.symbols.sections import SectionError, SectionOutline

if TYPE_CHECKING:
    from collections.abc import Sequence

    class _Mark(Protocol):
        """A place of pyyaml's, of either of its parsers."""

        line: int
        column: int


# pyyaml ends a line at these too, and all row numbers after one would be wrong.
_OTHER_LINE_ENDS = re.compile("[\r\x85\u2028\u2029]")


def read_sections(text: str) -> SectionOutline:
    """Return the keys of all documents of the text. Raises SectionError and BeyondLimitsError."""
    other = _OTHER_LINE_ENDS.search(text)
    if other:
        row = text.count("\n", 0, other.start())
        raise SectionError(row, f"U+{ord(other[0]):04X} ends a line in YAML, expected LF or CRLF")
    rows = text.split("\n")
    tree = KeyTree("YAML", rows, has_comments=True)
    starts: list[tuple[TextSpot, bool]] = []
    try:
        for event in yaml.parse(text, Loader=yaml.BaseLoader):
            _take(event, tree, starts, rows)
    except yaml.YAMLError as error:
        raise SectionError(_row(error, text, len(rows)), _problem(error)) from error
    return tree.outline()


def _take(event: yaml.Event, tree: KeyTree, starts: list[tuple[TextSpot, bool]], rows: Sequence[str]) -> None:
    start, end = _spot(event.start_mark), _spot(event.end_mark)
    if isinstance(event, yaml.DocumentStartEvent):
        tree.begin(end.row if event.explicit else -1)
    elif isinstance(event, yaml.CollectionStartEvent):
        tree.open(is_mapping=isinstance(event, yaml.MappingStartEvent))
        starts.append((start, bool(event.flow_style)))
    elif isinstance(event, yaml.CollectionEndEvent):
        # A block collection ends, for the parser, where the next token begins; a flow one at its bracket.
        start, is_flow = starts.pop()
        tree.close(start, end if is_flow else None)
    elif isinstance(event, yaml.AliasEvent):
        tree.alias(start, end)
    elif isinstance(event, yaml.ScalarEvent):
        if event.value == "<<" and not event.style:
            tree.merge(start)
        tree.scalar(event.value, start, _scalar_end(event, start, end, rows))


def _scalar_end(event: yaml.ScalarEvent, start: TextSpot, end: TextSpot, rows: Sequence[str]) -> TextSpot:
    """Where a scalar ends; one of `|` and `>` ends, for the parser, on the line after it and its empty lines."""
    if event.style not in ("|", ">"):
        return end
    row = end.row - 1 if end.column == 0 or not rows[end.row][: end.column].strip() else end.row
    row = max(row, start.row)
    if not event.value.endswith("\n\n"):  # else the empty lines are a part of it
        while row > start.row and not rows[row].strip():
            row -= 1
    return TextSpot(row, len(rows[row]))


def _spot(mark: _Mark | None) -> TextSpot:
    return TextSpot(mark.line, mark.column) if mark else TextSpot(0, 0)


def _row(error: yaml.YAMLError, text: str, most: int) -> int:
    position = getattr(error, "position", None)  # a character that YAML does not allow
    if isinstance(position, int):
        return text.count("\n", 0, position)
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    return min(mark.line, most - 1) if mark else 0


def _problem(error: yaml.YAMLError) -> str:
    return str(getattr(error, "problem", None) or getattr(error, "reason", None) or "it is not YAML")
