"""Lines put in place of others in a file, from several places of an answer at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class LineEdit:
    """`lines` in place of the lines `first` to before `end` of the file, from 1; none are replaced where both agree."""

    first: int
    end: int
    lines: list[str]


def edited(lines: Sequence[str], edits: Sequence[LineEdit]) -> list[str] | None:
    """Return the file's lines with all edits; None if two of them change the same lines.

    What is inserted at a line comes before what replaces it; insertions at one line keep their order.
    """
    new_lines: list[str] = []
    at = 1
    for edit in sorted(edits, key=lambda each: (each.first, each.end > each.first)):
        if edit.first < at:
            return None
        new_lines += [*lines[at - 1 : edit.first - 1], *edit.lines]
        at = edit.end
    return [*new_lines, *lines[at - 1 :]]
