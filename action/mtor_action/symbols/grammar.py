"""The languages whose definitions can be named: the table grammars.toml, and a parser for one of them."""

from __future__ import annotations

import re
import threading
import time
import tomllib
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module, invalidate_caches
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from mtor_action.errors import MtorError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tree_sitter import Parser, Tree

    from mtor_action.untyped import TomlTable

MOST_BYTES = 2_000_000  # of a file that is parsed
# A parser keeps every reading of `a<b<c<…` until the statement ends; 20,000 of them took it 19 GB.
MOST_OPEN_BRACKETS = 1_000
_MOST_OPEN_ANGLES = 200
_BRACKETS = re.compile(rb"[()\[\]{}<>;]")
# The last resort against input that no other limit foresees.
_MOST_SECONDS = 10.0
_CHUNK = 1_024
# A scanner that looks for the end of a string from every place of a file reads it again each time. Ordinary code is
# read once or twice; a broken Lua file of 17 KB was read 11,500 times.
_READS = 2_000
_READS_A_CHUNK = 30
# A parser reports after every hundred steps. Ordinary code takes 0.004 reports a byte, the densest list 0.07; the time
# for a text of nothing but errors is quadratic.
_REPORTS = 4_000
_REPORTS_A_BYTE = 0.1
_MOST_REPORTS = 200_000  # of all files of a spec


class GrammarMissingError(Exception):
    """The grammar's package is not installed; carries its name."""


@dataclass(slots=True)
class ParsingEffort:
    """What the parsing for one spec may still take, in reports of the parser: counted, so that every machine agrees."""

    reports: int = _MOST_REPORTS


@dataclass(frozen=True, slots=True)
class Grammar:
    """One row of the table; grammars.toml says what each field is."""

    language: str
    package: str
    module: str
    entry: str
    suffixes: tuple[str, ...]
    source: str
    separator: str = "."
    offside: bool = False
    package_folder: bool = False
    definitions: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    bodied: frozenset[str] = frozenset()
    containers: frozenset[str] = frozenset()
    through: frozenset[str] = frozenset()
    wraps: frozenset[str] = frozenset()
    leading: frozenset[str] = frozenset()
    strings: frozenset[str] = frozenset()
    imports: frozenset[str] = frozenset()

    def parse(self, source: bytes, effort: ParsingEffort) -> Tree | None:
        """Return the tree of a file's bytes, without their BOM; None beyond a limit of size, nesting or effort.

        The tree has no text: a node's bytes are those of `source`, from its `start_byte` to its `end_byte`.
        Raises GrammarMissingError where the grammar is not installed, MtorError where it cannot be installed.
        """
        parser = _parser(self.package, self.module, self.entry)
        if parser is None:
            raise GrammarMissingError(self.package)
        return None if is_beyond_limits(source) else _bounded(parser, source, effort)

    def is_installed(self) -> bool:
        """Return whether it can parse; nothing is installed for that."""
        return _imported(self.module, self.entry) is not None

    def install(self) -> None:
        """Install it if it is missing and can be had: see `install_missing_with`."""
        with suppress(MtorError):
            _parser(self.package, self.module, self.entry)


@cache
def grammars() -> Mapping[str, Grammar]:
    """Return the table by the names of its languages."""
    text = (Path(__file__).parent / "grammars.toml").read_text(encoding="utf-8")
    rows: TomlTable = tomllib.loads(text)
    merged = {name: {**rows.get(row.get("like", ""), {}), **row} for name, row in rows.items()}
    return {name: _grammar(name, row) for name, row in merged.items()}


def grammar_of(path: str) -> Grammar | None:
    """Return the grammar for a path by its suffix, whether or not it is installed."""
    suffix = PurePosixPath(path).suffix.lower()
    return next((grammar for grammar in grammars().values() if suffix and suffix in grammar.suffixes), None)


def is_beyond_limits(source: bytes) -> bool:
    """Return whether a parser might take too much time or memory for these bytes."""
    if len(source) > MOST_BYTES:
        return True
    brackets = angles = 0
    for match in _BRACKETS.finditer(source):
        sign = match[0]
        if sign in b"([{":
            brackets += 1
        elif sign in b")]}":
            brackets = max(0, brackets - 1)
        if sign == b"<":
            angles += 1
        elif sign in b";{}":
            angles = 0
        elif sign == b">":
            angles = max(0, angles - 1)
        if brackets > MOST_OPEN_BRACKETS or angles > _MOST_OPEN_ANGLES:
            return True
    return False


_SETS = ("bodied", "containers", "through", "wraps", "leading", "strings", "imports")


def _grammar(name: str, row: TomlTable) -> Grammar:
    values: TomlTable = {
        key: frozenset(value) if key in _SETS else value for key, value in row.items() if key != "like"
    }
    values["suffixes"] = tuple(row["suffixes"])
    values["only"] = {kind: tuple(kinds) for kind, kinds in row.get("only", {}).items()}
    return Grammar(language=name, **values)


_installers: list[Callable[[str], None]] = []


def install_missing_with(install: Callable[[str], None]) -> None:
    """Let a grammar be installed, by the name of its package, the moment it is needed: on a runner, which has none."""
    _installers[:] = [install]
    _parser.cache_clear()


@cache
def _parser(package: str, module: str, entry: str) -> Parser | None:
    parser = _imported(module, entry)
    if parser is None and _installers:
        _installers[0](package)
        invalidate_caches()
        parser = _imported(module, entry)
    return parser


def _imported(module: str, entry: str) -> Parser | None:
    try:
        from tree_sitter import Language, Parser

        language = import_module(module)
    except ImportError:
        return None
    return Parser(Language(getattr(language, entry)()))


# While a parser asks for the next piece, another thread may run: of two in one parser, neither comes back.
_parsing = threading.Lock()


def _bounded(parser: Parser, source: bytes, effort: ParsingEffort) -> Tree | None:
    with _parsing:
        return _parsed(parser, source, effort)


def _parsed(parser: Parser, source: bytes, effort: ParsingEffort) -> Tree | None:
    left = min(effort.reports, int(_REPORTS + _REPORTS_A_BYTE * len(source)))
    used, reads = 0, _READS + _READS_A_CHUNK * len(source) // _CHUNK
    end = time.thread_time() + _MOST_SECONDS
    # tree-sitter 0.26.1 never frees what a callback returns, only lets go of its bytes before it asks again:
    # https://github.com/tree-sitter/py-tree-sitter/blob/v0.26.1/tree_sitter/binding/parser.c (parser_read_wrapper)
    piece = bytearray()

    def is_beyond(_offset: int, _has_error: bool) -> bool:
        nonlocal used
        used += 1
        return used > left or reads < 0 or time.thread_time() > end

    def chunk(offset: int, _point: object) -> bytearray:
        nonlocal reads
        reads -= 1
        piece[:] = source[offset : offset + _CHUNK]
        return piece

    parser.reset()
    try:
        return parser.parse(chunk, encoding="utf8", progress_callback=is_beyond)
    except ValueError:  # as the library says that it was stopped
        return None
    finally:
        piece.clear()
        effort.reports -= used
