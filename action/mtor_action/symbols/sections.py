"""Headings of Markdown, keys of YAML, TOML and JSON: what `edit=` with `in=` names in files that are not source code.

No grammar is loaded, and nothing is built from a file's values: an alias stays one node, a tag stays a word.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from mtor_action.symbols.lookup import SymbolFault

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mtor_action.symbols.grammar import ParsingEffort
    from mtor_action.symbols.outline import SymbolDefinition

MOST_SECTIONS = 50_000
MOST_NESTED = 200
MOST_PARTS = 50


class TextFormat(NamedTuple):
    """A format: its module, the largest file, and what a byte and a line cost of the effort: more for a slow parser."""

    name: str
    module: str
    suffixes: tuple[str, ...]
    most_bytes: int
    byte_cost: float
    line_cost: float


FORMATS = (
    TextFormat("Markdown", "markdown_headings", (".md", ".markdown"), 400_000, 0.02, 0.8),
    TextFormat("YAML", "yaml_keys", (".yml", ".yaml"), 250_000, 0.2, 0),
    TextFormat("TOML", "toml_keys", (".toml",), 500_000, 0.1, 0),
    TextFormat("JSON", "json_keys", (".json",), 2_000_000, 0.02, 0),
)


class Indirection(NamedTuple):
    """The 0-based line of an alias or a merge key, and what it is: the lines that it stands for are elsewhere."""

    row: int
    what: str


@dataclass(frozen=True, slots=True)
class SectionOutline:
    """The sections of one text in their order.

    `doubled` are the paths of keys that are there twice, so that what is inside of either has two readings.
    """

    format: str
    definitions: tuple[SymbolDefinition, ...]
    doubled: frozenset[str] = frozenset()
    elsewhere: Mapping[str, Indirection] = field(default_factory=dict)


class SectionError(Exception):
    """The text does not parse: the 0-based row, and what the parser says."""

    def __init__(self, row: int, message: str) -> None:
        super().__init__(message)
        self.row = row
        self.message = message


class BeyondLimitsError(Exception):
    """The text is nested too deeply, or has too many keys."""


def format_of(path: str) -> TextFormat | None:
    """Return the format of the file at a path, by its suffix."""
    suffix = PurePosixPath(path).suffix.lower()
    return next((item for item in FORMATS if suffix in item.suffixes), None)


def read_sections(kind: TextFormat, lines: Sequence[bytes], effort: ParsingEffort) -> SectionOutline:
    """Return the sections in these lines. Raises SectionError, and BeyondLimitsError for size, nesting and effort."""
    size = sum(map(len, lines)) + len(lines)
    cost = int(size * kind.byte_cost + len(lines) * kind.line_cost) + 1
    if size > kind.most_bytes or cost > effort.reports:
        raise BeyondLimitsError
    effort.reports -= cost
    read: Callable[[str], SectionOutline] = import_module(f"mtor_action.symbols.{kind.module}").read_sections
    return read(_text(lines))


def sections_of(
    path: str, kind: TextFormat, lines: Sequence[bytes], effort: ParsingEffort
) -> SectionOutline | SymbolFault:
    """Return the sections of the file at `path`, or why they cannot be known for sure."""
    try:
        return read_sections(kind, lines, effort)
    except SectionError as error:
        message = f'"{path}" does not parse as {kind.name}, see its line {error.row + 1}: {error.message}'
    except BeyondLimitsError:
        message = f'"{path}" is too large or too deeply nested to be parsed'
    return SymbolFault("symbol-unparsed", message, "use edit= with hunks")


def syntax_error(kind: TextFormat, lines: Sequence[bytes], effort: ParsingEffort) -> SectionError | None:
    """Return where the text does not parse; None if it does, or is beyond the limits."""
    try:
        read_sections(kind, lines, effort)
    except SectionError as error:
        return error
    except BeyondLimitsError:
        return None
    return None


def _text(lines: Sequence[bytes]) -> str:
    for row, line in enumerate(lines):
        try:
            line.decode("utf-8")
        except UnicodeDecodeError as error:
            raise SectionError(row, "it is not UTF-8") from error
    return b"\n".join([*lines, b""]).decode("utf-8")
