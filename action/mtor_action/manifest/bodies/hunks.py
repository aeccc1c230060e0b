"""SEARCH/REPLACE hunks, the body of an `edit=` block.

    hunk   = "<"*n " SEARCH"  LF lines  "="*n LF lines  ">"*n " REPLACE"      n ≥ 7, the same within a hunk
    body   = hunk (blank lines hunk)*

A body line that looks like a marker of the hunk's own length is an error, never a guess: longer markers say it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from mtor_action.lazy_dataclasses import NamedTuple
from mtor_action.lazy_patterns import lazy_pattern

_OPEN = lazy_pattern(rb"(<{7,}) SEARCH")
_MARKERISH = lazy_pattern(rb"[ \t]*(?:<{5,}|={5,}|>{5,})(?:[ \t].*|[A-Za-z].*)?", re.DOTALL)


class Hunk(NamedTuple):
    """Lines without their endings; `line` is the 0-based line of the opening marker."""

    search: tuple[bytes, ...]
    replace: tuple[bytes, ...]
    line: int


class _Body:
    """Reads one body; `fault(rule, line, message, help)` takes 0-based lines."""

    def __init__(self, lines: Sequence[bytes], first: int, fault: Callable[[str, int, str, str], None]) -> None:
        self.lines = lines
        self.first = first
        self.fault = fault
        self.at = 0

    def hunks(self) -> list[Hunk]:
        hunks: list[Hunk] = []
        while self.at < len(self.lines):
            line = self.lines[self.at]
            opening = _OPEN.fullmatch(line.rstrip(b" \t"))
            if opening:
                hunk = self._hunk(len(opening[1]))
                if hunk is not None:
                    hunks.append(hunk)
                continue
            if line.strip():
                self._stray(line)
                self._skip_to_next_opening()
            self.at += 1
        return hunks

    def _stray(self, line: bytes) -> None:
        if _MARKERISH.fullmatch(line):
            self.fault(
                "marker",
                self.first + self.at,
                f'a malformed marker, expected "{"<" * 7} SEARCH" at the line\'s start',
                f'a hunk is "{"<" * 7} SEARCH", "{"=" * 7}", "{">" * 7} REPLACE", each alone on its line, unindented',
            )
        else:
            self.fault(
                "hunk-text",
                self.first + self.at,
                f'text outside a hunk, expected "{"<" * 7} SEARCH"',
                "lines with - and + belong in a `diff patch` block, below --- a/PATH and +++ b/PATH"
                if line.startswith((b"-", b"+", b"@@", b"diff --git "))
                else "only blank lines are allowed between hunks; use write=PATH to give the whole file",
            )

    def _skip_to_next_opening(self) -> None:
        # One fault for a run of stray lines; the next real hunk is still read.
        while self.at + 1 < len(self.lines) and not _OPEN.fullmatch(self.lines[self.at + 1].rstrip(b" \t")):
            self.at += 1

    def _hunk(self, length: int) -> Hunk | None:
        opened = self.at
        self.at += 1
        search = self._until(b"=" * length, b"=" * length, opened, length)
        if search is None:
            return None
        replace = self._until(b">" * length + b" REPLACE", b">" * length, opened, length)
        if replace is None:
            return None
        return self._sound(Hunk(tuple(search), tuple(replace), self.first + opened))

    def _until(self, marker: bytes, start: bytes, opened: int, length: int) -> list[bytes] | None:
        """Return the lines up to `marker`, which is consumed; None, after a fault, if there is none."""
        begun = self.at
        while self.at < len(self.lines):
            line = self.lines[self.at].rstrip(b" \t")
            self.at += 1
            if line == marker:
                return list(self.lines[begun : self.at - 1])
            if _OPEN.fullmatch(line) and len(line) == length + 7:
                self.at -= 1
                break
            if _looks_like_marker(line, length):
                self._look_alike(length)
        self._unclosed(marker, start, opened, begun)
        return None

    def _look_alike(self, length: int) -> None:
        self.fault(
            "marker",
            self.first + self.at - 1,
            f"this line looks like a marker of the hunk's own length ({length}), expected longer markers",
            f"if it is content, write all three markers of this hunk with {length + 1} characters or more",
        )

    def _unclosed(self, marker: bytes, start: bytes, opened: int, begun: int) -> None:
        near = next((i for i in range(begun, min(self.at, len(self.lines))) if _almost(self.lines[i], start)), None)
        hint = (
            f"line {self.first + near + 1} has another length, an indentation or other words"
            if near is not None
            else ""
        )
        self.fault(
            "marker",
            self.first + opened,
            f'this hunk has no "{marker.decode()}", expected it alone on its line',
            hint,
        )

    def _sound(self, hunk: Hunk) -> Hunk | None:
        if not hunk.search:
            self.fault(
                "empty-search",
                hunk.line,
                "an empty SEARCH, expected the lines to replace",
                "create=PATH makes a new file, write=PATH replaces a whole one",
            )
            return None
        if hunk.search == hunk.replace:
            self.fault("no-change", hunk.line, "SEARCH equals REPLACE, expected a difference", "remove the hunk")
            return None
        return hunk


def read_hunks(lines: Sequence[bytes], first: int, fault: Callable[[str, int, str, str], None]) -> list[Hunk]:
    """Return the hunks of a body whose first line is the 0-based line `first` of its text."""
    return _Body(lines, first, fault).hunks()


def is_hunks(lines: Sequence[bytes]) -> bool:
    """Return whether the lines begin with a hunk's first marker and end with its last."""
    filled = [line.rstrip() for line in lines if line.strip()]
    opening = _OPEN.fullmatch(filled[0]) if filled else None
    return opening is not None and filled[-1] == b">" * len(opening[1]) + b" REPLACE"


def _looks_like_marker(line: bytes, length: int) -> bool:
    sign = line[:1]
    if sign not in (b"<", b"=", b">") or not line.startswith(sign * length) or line.startswith(sign * (length + 1)):
        return False
    label = line[length:]
    return not label.strip() or (sign != b"=" and label[:1] in (b" ", b"\t"))


def _almost(line: bytes, start: bytes) -> bool:
    bare = line.strip()
    return bare.startswith(start[:1] * 5) and bool(_MARKERISH.fullmatch(line)) and bare[:1] == start[:1]
