"""Where a hunk belongs: the place whose lines are its SEARCH, and one deterministic second look.

Exact lines first. If none match, the same lines under one uniform indentation shift, or differing only in trailing
white space. Never a similarity threshold: what is merely alike is shown to the author, not edited.
"""

from __future__ import annotations

from collections import Counter
from enum import Enum
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_BLANKS = b" \t"
MOST_PLACES = 2_000
_MOST_COMPARISONS = 1_000_000
_MOST_LINES = 5_000


class Look(Enum):
    """How a place was found; the value is what the report says of it."""

    EXACT = ""
    TRAILING = "trailing white space differs"
    INDENTED = "indented further"
    DEDENTED = "indented less"


class Match(NamedTuple):
    """Lines `start` up to `start + length` (0-based). `shift` is the indentation that the file has more or less."""

    start: int
    length: int
    look: Look = Look.EXACT
    shift: bytes = b""

    def shifted(self, line: bytes) -> bytes | None:
        """A line of the REPLACE side as it must stand in the file; None if it cannot be shifted."""
        if self.look is Look.INDENTED and line.strip(_BLANKS):
            return self.shift + line
        if self.look is Look.DEDENTED and line.strip(_BLANKS):
            return line.removeprefix(self.shift) if line.startswith(self.shift) else None
        return line


def find_exact(lines: Sequence[bytes], needle: Sequence[bytes], most: int = MOST_PLACES) -> list[Match]:
    """The first `most` places, overlapping ones too, where the lines are equal."""
    return [Match(start, len(needle)) for start in islice(_starts(lines, needle), most)]


def find_adjusted(lines: Sequence[bytes], needle: Sequence[bytes]) -> list[Match]:
    """Every place of the second look. Linear in the file for each look."""
    most = min(MOST_PLACES, max(2, _MOST_COMPARISONS // max(1, len(needle))))
    bare = [line.rstrip(_BLANKS) for line in lines]
    trailing = islice(_starts(bare, [line.rstrip(_BLANKS) for line in needle]), most)
    found = [Match(start, len(needle), Look.TRAILING) for start in trailing]
    stripped = [line.lstrip(_BLANKS) for line in lines]
    for start in islice(_starts(stripped, [line.lstrip(_BLANKS) for line in needle]), most):
        shift = _uniform_shift(lines[start : start + len(needle)], needle)
        if shift is not None:
            found.append(Match(start, len(needle), *shift))
    return sorted(found, key=lambda match: match.start)


def _starts(lines: Sequence[bytes], needle: Sequence[bytes]) -> Iterator[int]:
    if not lines or not needle:
        return
    # bytes.find is linear however repetitive both are; comparing slices of lists is not.
    text = b"\n%b\n" % b"\n".join(lines)
    wanted = b"\n%b\n" % b"\n".join(needle)
    number = counted = 0
    offset = text.find(wanted)
    while offset >= 0:
        number += text.count(b"\n", counted, offset)
        counted = offset
        yield number
        offset = text.find(wanted, offset + 1)


def _uniform_shift(lines: Sequence[bytes], needle: Sequence[bytes]) -> tuple[Look, bytes] | None:
    shifts = {_shift(line, wanted) for line, wanted in zip(lines, needle, strict=True) if wanted.strip(_BLANKS)}
    if len(shifts) != 1:
        return None
    return shifts.pop()


def _shift(line: bytes, wanted: bytes) -> tuple[Look, bytes] | None:
    have, want = (
        line[: len(line) - len(line.lstrip(_BLANKS))],
        wanted[: len(wanted) - len(wanted.lstrip(_BLANKS))],
    )
    if have.endswith(want) and len(have) > len(want):
        return Look.INDENTED, have[: len(have) - len(want)]
    if want.endswith(have) and len(want) > len(have):
        return Look.DEDENTED, want[: len(want) - len(have)]
    return None


def closest_region(lines: Sequence[bytes], needle: Sequence[bytes]) -> tuple[int, int] | None:
    """The region that shares the longest run of lines with the needle (white space aside), as a half-open range."""
    from difflib import SequenceMatcher

    wanted = [line.strip() for line in needle]
    bare = [line.strip() for line in lines]
    times = Counter(wanted)
    if sum(times[line] for line in bare) > _MOST_COMPARISONS:
        return _closest_line(lines, wanted)
    found = SequenceMatcher(None, bare, wanted, autojunk=False).find_longest_match()
    if found.size and any(wanted[found.b : found.b + found.size]):
        start = max(0, found.a - found.b)
        return start, min(len(lines), start + len(needle))
    return _closest_line(lines, wanted)


def _closest_line(lines: Sequence[bytes], wanted: Sequence[bytes]) -> tuple[int, int] | None:
    from difflib import get_close_matches

    first = next((line for line in wanted if line), b"").decode("utf-8", "replace")
    texts = [line.strip().decode("utf-8", "replace") for line in lines[:_MOST_LINES]]
    near = get_close_matches(first[:200], sorted({text[:200] for text in texts if text}), n=1, cutoff=0.6)
    if not near:
        return None
    start = next(index for index, text in enumerate(texts) if text[:200] == near[0])
    return start, min(len(lines), start + len(wanted))
