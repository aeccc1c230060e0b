"""A unified diff in a reply → SEARCH/REPLACE hunks, which the edit tool places by their text alone.

Line numbers and counts that models write are rarely right, so they are not read.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_HEADER = re.compile(r"^(?:diff --git |index [0-9a-f]+\.\.|new file mode |deleted file mode |\\ No newline)")
_NAME = re.compile(r"^(?P<side>---|\+\+\+) (?:[abiwco]/)?(?P<path>\S[^\t]*?)[ \t]*(?:\t.*)?$")
_AT = re.compile(r"^@@.*")
_MARKER = re.compile(r"^(?:<{7,}|={7,}|>{7,})", re.MULTILINE)


def is_diff(body: str) -> bool:
    """Return whether a block's body is a unified diff: a hunk header, or both file names, and lines with signs."""
    lines = body.split("\n")
    name_sides = [match["side"] for line in lines if (match := _NAME.match(line))]
    has_header = any(_AT.match(line) for line in lines) or name_sides[:2] == ["---", "+++"]
    return has_header and any(line[:1] in "+-" and not _NAME.match(line) for line in lines if line)


def edits_of(body: str) -> list[tuple[str, str]]:
    """Return (path, hunks) for each file of the diff, in order; the path is "" where the diff names none."""
    edits: list[tuple[str, str]] = []
    for path, lines in _files(body.split("\n")):
        hunks = [hunk for old, new in _hunks(lines) if (hunk := _hunk(old, new))]
        if hunks:
            edits.append((path, "\n".join(hunks)))
    return edits


def _files(lines: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    path, body = "", list[str]()
    for line in lines:
        name = _NAME.match(line)
        if name is None:
            if not _HEADER.match(line):
                body.append(line)
            continue
        if name["side"] == "---" and body:
            yield path, body
            body = []
        if name["path"] != "/dev/null":
            path = name["path"]
    yield path, body


def _hunks(lines: Sequence[str]) -> Iterator[tuple[list[str], list[str]]]:
    """Yield the old and the new lines of each hunk; a blank line is context that lost its space."""
    old: list[str] = []
    new: list[str] = []
    for line in [*lines, "@@"]:
        if _AT.match(line):
            yield _trimmed(old, new)
            old, new = [], []
        else:
            # Context may have lost its sign, as long as the line does not look like one that has it.
            sign, text = (line[:1] or " "), line[1:]
            if sign not in " +-":
                sign, text = " ", line
            if sign in " -":
                old.append(text)
            if sign in " +":
                new.append(text)


def _trimmed(old: list[str], new: list[str]) -> tuple[list[str], list[str]]:
    while old and new and old[-1] == new[-1] == "":
        old, new = old[:-1], new[:-1]
    while old and new and old[0] == new[0] == "":
        old, new = old[1:], new[1:]
    return old, new


def _hunk(old: list[str], new: list[str]) -> str:
    if old == new:
        return ""
    longest = max((len(match.group()) for match in _MARKER.finditer("\n".join([*old, *new]))), default=6)
    size = max(7, longest + 1)
    parts = [f"{'<' * size} SEARCH", *old, "=" * size, *new, f"{'>' * size} REPLACE"]
    return "\n".join(parts)
