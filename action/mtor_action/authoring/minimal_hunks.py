"""The least context that places a change: as few old lines as are found exactly once."""

from __future__ import annotations

from collections.abc import Sequence

from mtor_action.authoring.line_ranges import Range

_MOST_CONTEXT = 12  # lines above and below together


def minimal_hunks(old: Sequence[bytes], ranges: Sequence[Range]) -> list[tuple[Range, Range]] | None:
    """Return each changed range with the range around it that is unique among the old lines; None if one is not.

    The ranges around do not reach into other changes: lines above are written before, lines below are still to come.
    """
    joined = b"\n%b\n" % b"\n".join(old)
    hunks = []
    for number, span in enumerate(ranges):
        above = ranges[number - 1].old_end if number else 0
        below = ranges[number + 1].old_start if number + 1 < len(ranges) else len(old)
        around = _least_unique(old, joined, span, (above, below))
        if around is None:
            return None
        hunks.append((span, around))
    return hunks


def _least_unique(old: Sequence[bytes], joined: bytes, span: Range, limits: tuple[int, int]) -> Range | None:
    for context in range(_MOST_CONTEXT + 1):
        unique = []
        for before in range(context + 1):
            start, end = span.old_start - before, span.old_end + context - before
            if limits[0] <= start < end <= limits[1] and _is_unique(joined, old[start:end]):
                unique.append((sum(map(len, old[start:end])), -before, start, end))
        if unique:
            _, _, start, end = min(unique)
            shift = span.old_start - start, end - span.old_end
            return Range(start, end, span.new_start - shift[0], span.new_end + shift[1])
    return None


def _is_unique(joined: bytes, lines: Sequence[bytes]) -> bool:
    needle = b"\n%b\n" % b"\n".join(lines)
    first = joined.find(needle)
    return first >= 0 and joined.find(needle, first + 1) < 0
