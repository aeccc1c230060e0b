"""The place of a hunk: where the lines are its SEARCH, and one deterministic second look.

Exact lines first. If none match, the same lines under one uniform indentation shift, or differing only in trailing
white space. Never a similarity threshold: what is merely alike is shown to the author, not edited.
"""

from __future__ import annotations

from collections import Counter
from enum import Enum
from itertools import islice
from typing import TYPE_CHECKING

from mtor_action.lazy_dataclasses import NamedTuple
from mtor_action.tree.file_text import FileText, View

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mtor_action.plan.effort import Effort

_BLANKS = b" \t"
MOST_PLACES = 2_000
_MOST_COMPARISONS = 1_000_000
_MOST_LINES = 5_000
_MOST_CHARACTERS = 200  # of a line that is compared by its characters
_COST_OF_A_CHARACTER = 2  # in comparisons of equal lines
_MOST_RATIOS = 30
_MOST_STARTS = 8  # places compared with the whole needle
_MOST_UNLIKE = 40  # lines of each that are compared by their characters
_NEAR = 0.6


class Placement(Enum):
    """The way a place was found; the value is what the report says of it."""

    EXACT = ""
    TRAILING = "trailing white space differs"
    INDENTED = "indented further"
    DEDENTED = "indented less"


class Match(NamedTuple):
    """Lines `start` up to `start + length` (0-based). `shift` is the indentation that the file has more or less."""

    start: int
    length: int
    look: Placement = Placement.EXACT
    shift: bytes = b""

    def shifted(self, line: bytes) -> bytes | None:
        """Return a line of the REPLACE side as it must be in the file; None if it cannot be shifted."""
        if self.look is Placement.INDENTED and line.strip(_BLANKS):
            return self.shift + line
        if self.look is Placement.DEDENTED and line.strip(_BLANKS):
            return line.removeprefix(self.shift) if line.startswith(self.shift) else None
        return line


def find_exact(text: FileText, needle: Sequence[bytes], most: int = MOST_PLACES) -> list[Match]:
    """Return the first `most` places, overlapping ones too, where the lines are equal."""
    return [Match(start, len(needle)) for start in islice(_starts(text, needle, View.EXACT), most)]


def find_adjusted(text: FileText, needle: Sequence[bytes], effort: Effort) -> list[Match] | None:
    """Every place of the second look; None where `effort` does not reach for it. Linear in the file for each look."""
    if next(_starts(text, needle, View.BARE), None) is None:
        return []
    most = min(MOST_PLACES, max(2, _MOST_COMPARISONS // max(1, len(needle))))
    matches = [
        Match(start, len(needle), Placement.TRAILING) for start in islice(_starts(text, needle, View.TRAILING), most)
    ]
    for start in islice(_starts(text, needle, View.LEADING), most):
        if not effort.take_shift(len(needle)):
            return matches if len(matches) > 1 else None  # two are too many, however many there are
        shift = _uniform_shift(text.lines[start : start + len(needle)], needle)
        if shift is not None:
            matches.append(Match(start, len(needle), *shift))
    return sorted(matches, key=lambda match: match.start)


def _starts(text: FileText, needle: Sequence[bytes], view: View) -> Iterator[int]:
    if not text.lines or not needle or not text.may_hold(needle):
        return
    # bytes.find is linear however repetitive both are; comparing slices of lists is not.
    joined = text.joined(view)
    pattern = b"\n%b\n" % b"\n".join([view.of(line) for line in needle])
    number = counted = 0
    offset = joined.find(pattern)
    while offset >= 0:
        number += joined.count(b"\n", counted, offset)
        counted = offset
        yield number
        offset = joined.find(pattern, offset + 1)


def _uniform_shift(lines: Sequence[bytes], needle: Sequence[bytes]) -> tuple[Placement, bytes] | None:
    uniform: tuple[Placement, bytes] | None = None
    for line, searched in zip(lines, needle, strict=True):
        if not searched.strip(_BLANKS):
            continue
        shift = _shift(line, searched)
        if shift is None or (uniform is not None and shift != uniform):
            return None
        uniform = shift
    return uniform


def _shift(line: bytes, searched: bytes) -> tuple[Placement, bytes] | None:
    indent, target_indent = (
        line[: len(line) - len(line.lstrip(_BLANKS))],
        searched[: len(searched) - len(searched.lstrip(_BLANKS))],
    )
    if indent.endswith(target_indent) and len(indent) > len(target_indent):
        return Placement.INDENTED, indent[: len(indent) - len(target_indent)]
    if target_indent.endswith(indent) and len(target_indent) > len(indent):
        return Placement.DEDENTED, target_indent[: len(target_indent) - len(indent)]
    return None


class NotLookedFor(Enum):
    """The reason why the closest region was not looked for."""

    TOO_MANY_MISSES = "mtor did not look for the closest region: too many hunks of this spec find no place"


def closest_region(text: FileText, needle: Sequence[bytes], effort: Effort) -> tuple[int, int] | NotLookedFor | None:
    """Return the region that is most like the whole needle (white space aside), as a half-open range of lines.

    Each line that both have speaks for the place where the needle would begin, the longer and the rarer the more.
    """
    stripped = [line.strip() for line in needle]
    bare = text.viewed(View.BARE)
    if not effort.take_region(len(bare)):
        return NotLookedFor.TOO_MANY_MISSES
    times = Counter(stripped)
    comparisons = sum(times[line] for line in bare)
    if comparisons > _MOST_COMPARISONS or not effort.take_region(comparisons):
        return _closest_line(text, stripped, effort)
    starts = _likely_starts(bare, stripped)
    if not starts:
        return _closest_line(text, stripped, effort)
    start = max(starts, key=lambda start: (_likeness(bare, stripped, start, effort), -start))
    return max(0, start), min(len(bare), start + len(needle))


def _likely_starts(bare: Sequence[bytes], stripped: Sequence[bytes]) -> list[int]:
    """Return the places for which the lines that are equal speak most."""
    at: dict[bytes, list[int]] = {}
    for number, line in enumerate(stripped):
        if line:
            at.setdefault(line, []).append(number)
    times = Counter(line for line in bare if line in at)
    votes: Counter[int] = Counter()
    for number, line in enumerate(bare):
        for other in at.get(line, ()):
            votes[number - other] += 1 + 1_000 * min(len(line), _MOST_CHARACTERS) // times[line]
    return [start for start, _ in votes.most_common(_MOST_STARTS) if start < len(bare)]


def _likeness(bare: Sequence[bytes], stripped: Sequence[bytes], start: int, effort: Effort) -> float:
    """Return how many characters the needle shares with the lines from `start` on."""
    shared = 0.0
    unlike = _MOST_UNLIKE
    for offset, line in enumerate(stripped):
        other = bare[start + offset] if 0 <= start + offset < len(bare) else b""
        if line == other:
            shared += len(line) + 1
        elif line and other and unlike and effort.take_likeness(_cost_of(line, other)):
            unlike -= 1
            shared += _alike(line, other) * len(line)
    return shared


def _cost_of(line: bytes, other: bytes) -> int:
    """Return what comparing two lines by their characters costs, in pairs of characters."""
    return min(len(line), _MOST_CHARACTERS) * min(len(other), _MOST_CHARACTERS)


def _alike(line: bytes, other: bytes) -> float:
    from difflib import SequenceMatcher

    left, right = (part.decode("utf-8", "replace")[:_MOST_CHARACTERS] for part in (line, other))
    return SequenceMatcher(None, left, right, autojunk=False).ratio()


def _closest_line(text: FileText, stripped: Sequence[bytes], effort: Effort) -> tuple[int, int] | NotLookedFor | None:
    longest = max(stripped, key=len, default=b"")
    first = longest.decode("utf-8", "replace")[:_MOST_CHARACTERS]
    lines = text.viewed(View.BARE)
    texts = [line.decode("utf-8", "replace")[:_MOST_CHARACTERS] for line in lines[:_MOST_LINES]]
    candidates = sorted({candidate for candidate in texts if candidate})
    if not effort.take_region(sum(map(len, candidates)) * _COST_OF_A_CHARACTER):
        return NotLookedFor.TOO_MANY_MISSES
    nearest = _nearest(first, candidates)
    if nearest is None:
        return None
    start = max(0, texts.index(nearest) - stripped.index(longest))
    return start, min(len(lines), start + len(stripped))


def _nearest(word: str, candidates: Sequence[str]) -> str | None:
    """Return the candidate that `difflib.get_close_matches` would name, from few exact ratios.

    An exact ratio takes the product of both lengths, so only the candidates with the highest upper bounds get one.
    """
    from difflib import SequenceMatcher

    matcher = SequenceMatcher()
    matcher.set_seq2(word)
    bounds: list[tuple[float, str]] = []
    for candidate in candidates:
        matcher.set_seq1(candidate)
        if matcher.real_quick_ratio() >= _NEAR and (bound := matcher.quick_ratio()) >= _NEAR:
            bounds.append((bound, candidate))
    best: tuple[float, str] | None = None
    for bound, candidate in sorted(bounds, reverse=True)[:_MOST_RATIOS]:
        if best is not None and bound < best[0]:
            break
        matcher.set_seq1(candidate)
        ratio = matcher.ratio()
        if ratio >= _NEAR and (best is None or (ratio, candidate) > best):
            best = ratio, candidate
    return best[1] if best else None
