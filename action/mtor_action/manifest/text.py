"""The text of a spec as lines of bytes with places.

GitHub stores CRLF and people write LF: both become LF here, and nothing else ends a line. Bodies are cut from
these bytes, so what an architect wrote reaches the disk without a round trip through a decoder.
"""

from __future__ import annotations

from array import array
from io import BytesIO
from itertools import accumulate

from mtor_action.diagnostics import Diagnostic
from mtor_action.lazy_dataclasses import NamedTuple, dataclass, field

_MOST_OF_A_KIND = 20  # a binary file given as a spec should not print a million lines


class Part(NamedTuple):
    """One text of a spec as it was received: a file, an issue's body, a comment. `name` goes into diagnostics."""

    name: str
    data: bytes


class Place(NamedTuple):
    """A place in a text: `line` and `column` are 1-based, columns count characters."""

    path: str
    line: int
    column: int = 1


class Lines:
    """A part's lines, LF only, numbered from 0 (Markdown's own numbering)."""

    __slots__ = ("_starts", "data", "name")

    def __init__(self, part: Part) -> None:
        self.name = part.name
        self.data = part.data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")
        self._starts = array("Q", accumulate(map(len, BytesIO(self.data)), initial=0))

    def __len__(self) -> int:
        return len(self._starts) - 1

    def raw(self, number: int) -> bytes:
        """Return line `number` without its ending, as bytes."""
        start, end = self._starts[number], self._starts[number + 1]
        return self.data[start : end - 1] if self.data[end - 1 : end] == b"\n" else self.data[start:end]

    def text(self, number: int) -> str:
        """Line `number` decoded; bytes that are not UTF-8 show as replacement characters."""
        return self.raw(number).decode("utf-8", "replace") if 0 <= number < len(self) else ""

    def block(self, first: int, end: int) -> bytes:
        """Return lines `first` up to but without `end`, each with its LF."""
        return self.data[self._starts[first] : self._starts[end]]

    def number_at(self, offset: int) -> int:
        """Return the line that holds the byte at `offset`."""
        from bisect import bisect_right

        return min(bisect_right(self._starts, offset), len(self)) - 1

    def start(self, number: int) -> int:
        """Return the byte offset at which line `number` begins."""
        return self._starts[number]

    def place(self, number: int, column: int = 0) -> Place:
        """Return the 1-based place of a 0-based line and column."""
        return Place(self.name, number + 1, column + 1)


@dataclass(slots=True)
class Problems:
    """Collects diagnostics for one part; a caller never stops at the first."""

    lines: Lines
    found: list[Diagnostic] = field(default_factory=list)

    def add(
        self,
        rule: str,
        line: int,
        message: str,
        *,
        column: int = 0,
        width: int = 1,
        help: str = "",  # noqa: A002
    ) -> None:
        """Record a mistake at a 0-based line and column."""
        self.found.append(
            Diagnostic(
                rule=rule,
                path=self.lines.name,
                line=line + 1,
                column=column + 1,
                message=message,
                help=help,
                source=self.lines.text(line),
                width=width,
            )
        )


def check_characters(lines: Lines, problems: Problems) -> None:
    """Report what no spec may contain: NUL, a lone CR, bytes that are not UTF-8."""
    try:
        lines.data.decode("utf-8")
    except UnicodeDecodeError as error:
        number, column = _position(lines, error.start)
        problems.add(
            "not-utf8",
            number,
            f"byte 0x{lines.data[error.start]:02x} is not UTF-8, expected UTF-8 text",
            column=column,
            help="save the spec as UTF-8",
        )
    for rule, byte, message, hint in _FORBIDDEN:
        for number, column in _places_of(lines, byte):
            problems.add(rule, number, message, column=column, help=hint)


_FORBIDDEN = (
    ("nul", b"\0", "a NUL character, expected text", "binary files cannot be written by a spec"),
    (
        "lone-cr",
        b"\r",
        "a carriage return without a line feed, expected LF or CRLF line endings",
        "convert the line endings to LF; eol=crlf writes CRLF files",
    ),
)


def _places_of(lines: Lines, byte: bytes) -> list[tuple[int, int]]:
    places: list[tuple[int, int]] = []
    offset = lines.data.find(byte)
    while offset >= 0 and len(places) < _MOST_OF_A_KIND:
        places.append(_position(lines, offset))
        offset = lines.data.find(byte, offset + 1)
    return places


def _position(lines: Lines, offset: int) -> tuple[int, int]:
    number = lines.number_at(offset)
    return number, len(lines.data[lines.start(number) : offset].decode("utf-8", "replace"))
