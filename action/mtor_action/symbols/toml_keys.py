"""The tables and keys of a TOML text: tomllib says whether it is TOML, a scan of its statements where each one is.

A table goes from its header to the next one. Keys inside of inline tables and arrays have no name.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple

from mtor_action.symbols.extent import Extent
from mtor_action.symbols.key_tree import glued_above, key_definition
from mtor_action.symbols.section_paths import path_of
from mtor_action.symbols.sections import (
    MOST_PARTS,
    MOST_SECTIONS,
    BeyondLimitsError,
    SectionError,
    SectionOutline,
)

if TYPE_CHECKING:
    from mtor_action.symbols.outline import SymbolDefinition

_SKIPPED = re.compile(r"(?:[ \t\r\n]|#[^\n]*+)*+")
_HEADER = re.compile(r"\[(?P<array>\[)?")
_PART = re.compile(
    r"""[ \t]*+(?:(?P<bare>[A-Za-z0-9_-]++)|(?P<basic>"(?:[^"\\\n]|\\.)*+")|'(?P<literal>[^'\n]*+)')"""
    r"[ \t]*+(?P<dot>\.)?"
)
_IN_VALUE = re.compile(
    r'"""(?:[^"\\]|\\[\s\S]|"(?!""))*+"""(?:""|")?' + r"|'''(?:[^']|'(?!''))*+'''(?:''|')?"
    r'|"(?:[^"\\\n]|\\.)*+"' + r"|'[^'\n]*+'|#[^\n]*+|(?P<open>[\[{])|(?P<close>[\]}])|(?P<end>\n)"
    r"|(?P<plain>[^\"'#\[\]{}\n]++)"
)
_AT_LINE = re.compile(r"at line (?P<line>[0-9]+)")
_MOST_DOTS = 200  # between two commas of an inline table: tomllib's time for a dotted key is quadratic


class _Statement(NamedTuple):
    """A header or a key: its names, the row that it begins at, the row after its last."""

    names: list[str]
    row: int
    stop: int
    is_table: bool


@dataclass(slots=True)
class _TomlScanner:
    text: str
    at: int = 0
    row: int = 0
    statements: list[_Statement] = field(default_factory=list)

    def scan(self) -> None:
        """Collect the statements; a text that is not TOML ends the scan, and is refused afterwards."""
        table: list[str] = []
        while True:
            self._to(_end(_SKIPPED, self.text, self.at))
            if self.at >= len(self.text) or len(self.statements) > MOST_SECTIONS:
                return
            row = self.row
            header = _HEADER.match(self.text, self.at)
            if header:
                self._to(header.end())
            names = self._names()
            if not names:
                return
            self._to_line_end()
            if header:
                table = names
            whole = names if header else [*table, *names]
            self.statements.append(_Statement(whole, row, self.row, bool(header)))

    def _to(self, end: int) -> None:
        self.row += self.text.count("\n", self.at, end)
        self.at = end

    def _names(self) -> list[str]:
        names: list[str] = []
        while True:
            part = _PART.match(self.text, self.at)
            if part is None:
                return []
            self._to(part.end())
            names.append(_name(part))
            if len(names) > MOST_PARTS:
                raise BeyondLimitsError
            if not part["dot"]:
                return names

    def _to_line_end(self) -> None:
        """Go behind the line end that is outside of every bracket and string."""
        depth = dots = 0
        while self.at < len(self.text):
            match = _IN_VALUE.match(self.text, self.at)
            if match is None:  # a string that is not closed
                self._to(len(self.text))
                return
            self._to(match.end())
            depth += bool(match["open"]) - bool(match["close"])
            if match["end"] and depth <= 0:
                return
            dots = _dots(match["plain"] or "", dots)
            if dots > _MOST_DOTS:
                raise BeyondLimitsError


def _dots(plain: str, before: int) -> int:
    """The dots since the last comma or equals sign; the most of any such run if a run is too long."""
    first, *others = re.split("[,=]", plain)
    counts = [before + first.count("."), *(other.count(".") for other in others)]
    return max(counts) if max(counts) > _MOST_DOTS else counts[-1]


def _name(part: re.Match[str]) -> str:
    if part["bare"] is not None:
        return part["bare"]
    if part["literal"] is not None:
        return part["literal"]
    if "\\" not in part["basic"]:
        return part["basic"][1:-1]
    try:
        return str(tomllib.loads(f"k = {part['basic']}")["k"])
    except ValueError:  # the whole text is refused for it, too
        return ""


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at


def read_sections(text: str) -> SectionOutline:
    """Return the tables and keys of the text. Raises SectionError and BeyondLimitsError."""
    scanner = _TomlScanner(text)
    scanner.scan()
    if len(scanner.statements) > MOST_SECTIONS:
        raise BeyondLimitsError
    _check(text)
    rows = text.split("\n")
    definitions = _definitions(scanner.statements, rows)
    paths = [item.path for item in definitions]
    doubled = frozenset(path for path, times in Counter(paths).items() if times > 1)
    return SectionOutline("TOML", tuple(definitions), doubled)


def _check(text: str) -> None:
    try:
        tomllib.loads(text)
    except RecursionError as error:
        raise BeyondLimitsError from error
    except ValueError as error:
        match = _AT_LINE.search(str(error))
        row = int(match["line"]) - 1 if match else text.rstrip("\n").count("\n")
        raise SectionError(row, str(error).partition(" (at ")[0]) from error


def _definitions(statements: list[_Statement], rows: list[str]) -> list[SymbolDefinition]:
    definitions: list[SymbolDefinition] = []
    floor, stop_of_table = -1, _stops_of_tables(statements, rows)
    for at, statement in enumerate(statements):
        path = path_of(statement.names)
        column = len(rows[statement.row]) - len(rows[statement.row].lstrip(" \t"))
        first = glued_above(rows, statement.row, column, floor)
        stop = stop_of_table[at] if statement.is_table else statement.stop
        floor = statement.stop - 1
        if path is not None:
            extent = Extent(first, stop, rows[statement.row][:column].encode())
            kind = "table" if statement.is_table else "key"
            definitions.append(key_definition(path, statement.row, extent, kind=kind))
    return definitions


def _stops_of_tables(statements: list[_Statement], rows: list[str]) -> dict[int, int]:
    """The row after each table: above the next header and its comments, without empty lines."""
    stops: dict[int, int] = {}
    tables = [at for at, statement in enumerate(statements) if statement.is_table]
    for at, following in zip_longest(tables, tables[1:]):
        stop = len(rows)
        if following is not None:
            header = statements[following]
            column = len(rows[header.row]) - len(rows[header.row].lstrip(" \t"))
            stop = glued_above(rows, header.row, column, statements[following - 1].stop - 1)
        while not rows[stop - 1].strip():
            stop -= 1
        stops[at] = stop
    return stops
