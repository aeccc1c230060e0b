"""The choice of the name that was probably meant."""

from __future__ import annotations

from collections.abc import Iterable


def edit_distance(left: str, right: str) -> int:
    """Return how many insertions, deletions, replacements and swaps of neighbours turn one word into the other."""
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        current = [i]
        for j, b in enumerate(right, 1):
            cost = min(row[j] + 1, current[j - 1] + 1, row[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            current.append(cost)
        before, row = row, current
    return row[-1]


def nearest(name: str, candidates: Iterable[str]) -> str:
    """Return the known name closest to `name`, or "" if none is close: `on` has nothing in common with `ci`."""
    ranked = sorted((edit_distance(name.lower(), candidate), candidate) for candidate in candidates)
    close = [(distance, candidate) for distance, candidate in ranked[:1] if distance < len(candidate)]
    return close[0][1] if close and close[0][0] <= max(2, len(name) // 3) else ""
