"""YAML with places and without surprises: every scalar stays the string that was written.

`no` is not False and `1.10` is not 1.1. Duplicate keys, anchors, aliases, tags and more than one document are errors,
each at its line. The parser is pyyaml's; only its event stream is used (parsed_yaml.py). If every line is a key with a
scalar or a list of scalars, or an item of such a list, the parser is not imported, which saves 13 ms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.lazy_dataclasses import NamedTuple, dataclass, field
from mtor_action.lazy_patterns import lazy_pattern

if TYPE_CHECKING:
    import re


class Node(NamedTuple):
    """A value at a 0-based line and column. Exactly one of the three forms is not None.

    `source` is how a list or mapping of one line was written, for hints.
    """

    line: int
    column: int
    scalar: str | None = None
    plain: bool = False  # an unquoted scalar: an empty one means that nothing was written
    items: tuple[Node, ...] | None = None
    entries: tuple[tuple[Node, Node], ...] | None = None
    source: str = ""

    @property
    def form(self) -> str:
        """The form of the node, in words for a message."""
        if self.items is not None:
            return "a list"
        if self.entries is not None:
            return "a mapping"
        return "nothing" if self.plain and not self.scalar else "a string"


class YamlFault(NamedTuple):
    """A mistake at a 0-based line and column; `help` shows the form that was probably meant."""

    line: int
    column: int
    message: str
    help: str = ""


@dataclass(slots=True)
class Document:
    """The root node (None if the text is empty or cannot be parsed) and what is wrong."""

    root: Node | None = None
    faults: list[YamlFault] = field(default_factory=list)


def read_yaml(text: str, *, quick: bool = False) -> Document:
    """Parse one document; a syntax error leaves no root and one fault.

    `quick` takes libyaml's parser where there is one, five times faster: the same values, not always the same places.
    """
    root = None if quick else plain_root(text)
    if root is not None:
        return Document(root)
    from mtor_action.manifest.parsed_yaml import parsed_yaml

    return parsed_yaml(text, quick=quick)


# Scalars of printable ASCII on one line: in quotes without an escape; bare without a comment or a colon before a space.
_QUOTED = r"'(?P<single>[ -&(-~]*)'|\"(?P<double>[ !#-\[\]-~]*)\""
_SCALAR = rf"(?P<bare>[\w./](?:[ !\"$-9;-~]|:(?=[!-~]))*(?<! ))|{_QUOTED}"
_KEY = lazy_pattern(rf"(?a)(?P<name>[a-z_]{{1,60}}):(?: (?:{_SCALAR}|(?P<flow>\[[ -~]*\])))?")
_ITEM = lazy_pattern(rf"(?a)(?P<lead> *)- (?:{_SCALAR})")
_FLOW_ITEM = lazy_pattern(rf"(?a)(?:(?P<bare>[\w./](?:[\w./+=~ -]*[\w./+=~-])?)|{_QUOTED})(?:, ?(?=[^ ])|\Z)")


def plain_root(text: str) -> Node | None:
    """Return the mapping of a text of such lines; None of any other text, right or wrong."""
    entries: dict[str, tuple[Node, Node]] = {}
    lines = text.removesuffix("\n").split("\n")
    number = 0
    while number < len(lines):
        match = _KEY.fullmatch(lines[number])
        if match is None or match["name"] in entries:
            return None
        key = Node(number, 0, match["name"], plain=True)
        value = _scalar(match, number) or _flow_list(match, number)
        number += 1
        if value is None:
            value = _list(lines, number) if match.lastgroup == "name" else None
            if value is None:
                return None
            number += len(value.items or ())
        entries[match["name"]] = (key, value)
    return Node(0, 0, entries=tuple(entries.values()), source=lines[0])


def _list(lines: list[str], first: int) -> Node | None:
    items: list[Node] = []
    column = 0
    for number in range(first, len(lines)):
        match = _ITEM.fullmatch(lines[number])
        item = match and _scalar(match, number)
        if match is None or item is None or (items and match.end("lead") != column):
            break
        column = match.end("lead")
        items.append(item)
    return Node(first, column, items=tuple(items), source=lines[first][column:]) if items else None


def _flow_list(match: re.Match[str], line: int) -> Node | None:
    """Return the list in brackets on the line; None if there is none, or none of plain items."""
    source = match["flow"]
    if source is None:
        return None
    items: list[Node] = []
    position, end = match.start("flow") + 1, match.end("flow") - 1
    while position < end:
        item = _FLOW_ITEM.match(match.string, position, end)
        scalar = item and _scalar(item, line)
        if item is None or scalar is None:
            return None
        items.append(scalar)
        position = item.end()
    return Node(line, match.start("flow"), items=tuple(items), source=source)


def _scalar(match: re.Match[str], line: int) -> Node | None:
    """Return the value on the line; None if there is none."""
    form = match.lastgroup
    if form is None or form not in ("bare", "single", "double"):
        return None
    return Node(line, match.start(form) - (form != "bare"), match[form], plain=form == "bare")


def single_quoted(text: str) -> str:
    """Return the YAML single-quoted form of a text of one line."""
    return "'" + text.replace("'", "''") + "'"
