"""Keys and values as a parser meets them, in order → the lines of each key with its value.

A key has a path if all around it are mappings: what is in a list has no name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from mtor_action.symbols.extent import Extent
from mtor_action.symbols.outline import SymbolDefinition
from mtor_action.symbols.section_paths import as_parts, joined
from mtor_action.symbols.sections import MOST_NESTED, MOST_SECTIONS, BeyondLimitsError, Indirection, SectionOutline

_AFTER = re.compile(r"[ \t\r]*,?[ \t\r]*(?:#.*)?")


class TextSpot(NamedTuple):
    """A 0-based row and column, in characters."""

    row: int
    column: int


class _OpenKey(NamedTuple):
    path: str | None
    start: TextSpot
    number: int  # its place among the definitions; -1 without a path
    floor: int  # the row of the content before it


@dataclass(slots=True)
class _OpenValue:
    """A mapping or list that is open. `path` is None where its members cannot be named; `end` is that of its last."""

    is_mapping: bool
    path: str | None
    key: _OpenKey | None = None
    end: TextSpot | None = None
    seen: set[str] = field(default_factory=set)


@dataclass(slots=True)
class KeyTree:
    """`rows` is the text; `has_comments` says whether a comment may be glued to a key."""

    format: str
    rows: Sequence[str]
    has_comments: bool = False
    _frames: list[_OpenValue] = field(default_factory=list)
    _definitions: list[SymbolDefinition | None] = field(default_factory=list)
    _doubled: set[str] = field(default_factory=set)
    _elsewhere: dict[str, Indirection] = field(default_factory=dict)
    _floor: int = -1  # the last row that has content

    def begin(self, row: int) -> None:
        """Begin a document, whose first line is below `row` (-1: at the top)."""
        self._floor = row

    def open(self, *, is_mapping: bool) -> None:
        """Open a mapping or a list. Raises BeyondLimitsError where it is nested too deep."""
        if len(self._frames) >= MOST_NESTED:
            raise BeyondLimitsError
        self._frames.append(_OpenValue(is_mapping, self._value_path()))

    def close(self, start: TextSpot, end: TextSpot | None = None) -> None:
        """Close the innermost one, which began at `start`; without `end` it ends where its last member does."""
        frame = self._frames.pop()
        self._end_value(None, start, end or frame.end or start)

    def scalar(self, text: str, start: TextSpot, end: TextSpot) -> None:
        """Take the scalar `text` as the next key or value."""
        self._end_value(text, start, end)

    def alias(self, start: TextSpot, end: TextSpot) -> None:
        """Take a node that stands for another one."""
        path = self._value_path()
        if path:
            self._elsewhere[path] = Indirection(start.row, "an alias")
        self._end_value(None, start, end)

    def merge(self, start: TextSpot) -> None:
        """Say that the next key merges other mappings into this one."""
        frame = self._frames[-1] if self._frames else None
        if frame is not None and frame.is_mapping and frame.key is None and frame.path is not None:
            self._elsewhere[frame.path] = Indirection(start.row, "a merge key")

    def outline(self) -> SectionOutline:
        """Return all keys that have a path, in their order."""
        definitions = tuple(item for item in self._definitions if item is not None)
        return SectionOutline(self.format, definitions, frozenset(self._doubled), self._elsewhere)

    def _value_path(self) -> str | None:
        """The path of the value that comes next: "" for the whole text."""
        if not self._frames:
            return ""
        frame = self._frames[-1]
        return frame.key.path if frame.is_mapping and frame.key is not None else None

    def _end_value(self, text: str | None, start: TextSpot, end: TextSpot) -> None:
        frame = self._frames[-1] if self._frames else None
        if frame is not None and frame.is_mapping and frame.key is None:
            frame.key = self._key(frame, text, start)
        elif frame is not None and frame.key is not None:
            key, frame.key = frame.key, None
            if key.path is not None:
                self._definitions[key.number] = self._definition(key, max(end, key.start))
        if frame is not None:
            frame.end = max(end, frame.end or end)
        self._floor = max(self._floor, end.row)

    def _key(self, frame: _OpenValue, text: str | None, start: TextSpot) -> _OpenKey:
        path = joined(frame.path, text) if text is not None else None
        if path is None:
            return _OpenKey(None, start, -1, self._floor)
        if path in frame.seen:
            self._doubled.add(path)
        frame.seen.add(path)
        self._definitions.append(None)
        if len(self._definitions) > MOST_SECTIONS:
            raise BeyondLimitsError
        return _OpenKey(path, start, len(self._definitions) - 1, self._floor)

    def _definition(self, key: _OpenKey, end: TextSpot) -> SymbolDefinition:
        row, column = key.start
        before = self.rows[row][:column]
        is_alone = not before.strip()
        first, stop = row, end.row + 1
        if self.has_comments and is_alone:
            first = glued_above(self.rows, row, column, key.floor)
            stop = _with_comments_below(self.rows, stop, column)
        fault = "" if is_alone else f"shares line {row + 1} with other text"
        if not fault and not _AFTER.fullmatch(self.rows[end.row], end.column):
            fault = f"shares line {end.row + 1} with other text"
        return key_definition(key.path or "", row, Extent(first, stop, before.encode() if is_alone else b""), fault)


def key_definition(path: str, row: int, extent: Extent, fault: str = "", kind: str = "key") -> SymbolDefinition:
    """Return a key at a row as `mtor show` lists it."""
    return SymbolDefinition(
        path=path,
        kind=kind,
        line=row,
        header="",
        parameters="",
        extent=extent,
        depth=len(as_parts(path) or [path]) - 1,
        fault=fault,
    )


def glued_above(rows: Sequence[str], row: int, column: int, floor: int) -> int:
    """Return the first row of the comments right above `row`, at its column and below the row `floor`."""
    while row - 1 > floor and _comment_column(rows[row - 1]) == column:
        row -= 1
    return row


def _with_comments_below(rows: Sequence[str], stop: int, column: int) -> int:
    """The row after the last comment that is indented further than the key, empty lines between."""
    at = stop
    while at < len(rows):
        found = _comment_column(rows[at])
        if found is not None and found > column:
            stop = at + 1
        elif rows[at].strip():
            break
        at += 1
    return stop


def _comment_column(line: str) -> int | None:
    bare = line.lstrip(" \t")
    return len(line) - len(bare) if bare.startswith("#") else None
