"""The lines that differ between two texts, as ranges, and those ranges with context around them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

_LARGE_LINES = 2_000  # beyond this, difflib's exact search takes too long
_MOST_LINES = 20_000  # and beyond this, its quick one too


class Range(NamedTuple):
    """Old lines `old_start` up to `old_end` became new lines `new_start` up to `new_end`; 0-based, half-open."""

    old_start: int
    old_end: int
    new_start: int
    new_end: int


def changed_ranges(old: Sequence[bytes], new: Sequence[bytes]) -> list[Range]:
    """Return the ranges in which the two differ, in order."""
    from difflib import SequenceMatcher

    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    left, right = old[start : len(old) - end], new[start : len(new) - end]
    if max(len(left), len(right)) > _MOST_LINES:
        return [Range(start, len(old) - end, start, len(new) - end)]
    matcher = SequenceMatcher(None, left, right, autojunk=max(len(left), len(right)) > _LARGE_LINES)
    return [
        Range(i1 + start, i2 + start, j1 + start, j2 + start)
        for tag, i1, i2, j1, j2 in matcher.get_opcodes()
        if tag != "equal"
    ]


def _common(old: Sequence[bytes], new: Sequence[bytes]) -> int:
    pairs = enumerate(zip(old, new, strict=False))
    return next((number for number, (left, right) in pairs if left != right), min(len(old), len(new)))


def with_context(ranges: Sequence[Range], context: int, length: int) -> list[list[Range]]:
    """Return the ranges of each hunk of a text of `length` old lines: those whose context would touch are together."""
    groups: list[list[Range]] = []
    for span in ranges:
        if groups and span.old_start - context <= min(length, groups[-1][-1].old_end + context):
            groups[-1].append(span)
        else:
            groups.append([span])
    return groups


def widened(group: Sequence[Range], context: int, length: int) -> Range:
    """Return one range over a group, with up to `context` equal lines before and after it."""
    first, last = group[0], group[-1]
    before, after = min(context, first.old_start), min(context, length - last.old_end)
    return Range(first.old_start - before, last.old_end + after, first.new_start - before, last.new_end + after)
