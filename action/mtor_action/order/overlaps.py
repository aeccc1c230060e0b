"""Lines that two specs change though neither comes after the other: the second of their merges may conflict."""

from __future__ import annotations

from difflib import SequenceMatcher
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from mtor_action.order.batch import ancestors

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mtor_action.order.batch import After
    from mtor_action.tree.changes import Change, FileState

_MOST_LINES = 20_000  # of a file; beyond it, the whole file counts


class Overlap(NamedTuple):
    """Two specs by their places; `lines` as in `12-14`, of the file before both, "" for the whole file."""

    first: int
    second: int
    path: str
    lines: str


def overlaps(after: After, changes: Mapping[int, Sequence[Change]]) -> Iterator[Overlap]:
    """Yield what pairs of specs without an order both change; `changes` are those of each spec alone."""
    before = {place: ancestors(after, [place]) for place in changes}
    by_path = {place: {change.path: change for change in own} for place, own in changes.items()}
    for first, second in combinations(sorted(changes), 2):
        if first in before[second] or second in before[first]:
            continue
        for path in sorted(by_path[first].keys() & by_path[second].keys()):
            lines = _shared_lines(by_path[first][path], by_path[second][path])
            if lines is not None:
                yield Overlap(first, second, path, lines)


def _shared_lines(one: Change, other: Change) -> str | None:
    """Return the first lines that both change, as git's merge would see it; None if there are none."""
    if one.after == other.after and one.before == other.before:
        return None  # the same change twice merges
    if None in (one.before, other.before, one.after, other.after) or one.before != other.before:
        return ""
    ranges, others = _ranges(one.before, one.after), _ranges(other.before, other.after)
    if ranges is None or others is None:
        return ""
    for start, end in ranges:
        for begin, stop in others:
            # Git's merge also conflicts where two changes touch without a line between them.
            if start <= stop and begin <= end:
                low, high = max(start, begin) + 1, min(end, stop)
                return str(low) if high <= low else f"{low}-{high}"
    return None


def _ranges(before: FileState | None, after: FileState | None) -> list[tuple[int, int]] | None:
    """Return the 0-based ranges of old lines that were replaced; None where the file is too long to compare."""
    if before is None or after is None:
        return None
    old, new = before.content.splitlines(), after.content.splitlines()
    if max(len(old), len(new)) > _MOST_LINES:
        return None
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    return [(start, end) for tag, start, end, _, _ in matcher.get_opcodes() if tag != "equal"]
