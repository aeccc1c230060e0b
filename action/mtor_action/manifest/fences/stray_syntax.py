"""Manifest syntax that is not read as a block: nested, hidden, indented, or inside a body.

Every line of the text that opens a manifest block is accounted for here, so that none turns into prose in silence.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from mtor_action.lazy_dataclasses import NamedTuple
from mtor_action.manifest.fences.fenced_blocks import OPENING, Fence
from mtor_action.manifest.fences.info_string import read_info
from mtor_action.manifest.fences.near_miss import FenceKind, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mtor_action.manifest.text import Lines, Problems


_LONGEST_LEAD = 60


class Stray(NamedTuple):
    """A line that opens a manifest block by its looks; `inside` is the fence that swallowed it."""

    line: int
    column: int
    marker: str
    kind: FenceKind
    inside: Fence | None


def find_strays(lines: Lines, fences: Sequence[Fence]) -> Iterator[Stray]:
    """Yield the opening lines that are not blocks of their own."""
    own = {fence.line for fence in fences}
    starts = [fence.line for fence in fences]
    for number in _marker_lines(lines):
        if number in own:
            continue
        before = bisect_right(starts, number) - 1
        inside = fences[before] if before >= 0 and number < fences[before].end else None
        column, marker, info = _opening(lines.text(number), anywhere=inside is None)
        words = read_info(info, 0)
        kind = kind_of(words) if marker else FenceKind.PROSE
        if kind is not FenceKind.PROSE or (marker and words.words and _would_cut(marker, inside)):
            yield Stray(number, column, marker, kind, inside)


def _would_cut(marker: str, inside: Fence | None) -> bool:
    """Return whether a listing in a block's body begins here whose end would end the block too and cut the file."""
    if inside is None or not inside.closed or kind_of(inside.info) is FenceKind.PROSE:
        return False
    return not _holds(inside, marker)


def _opening(text: str, *, anywhere: bool) -> tuple[int, str, str]:
    """Return column, marker and info string of a line that opens a fence by its looks; an empty marker if it does not.

    `anywhere`: after other text too, as in a table or after a label, where a reader takes it for a block.
    """
    opening = OPENING.fullmatch(text)
    if opening is not None and (anywhere or len(opening["lead"]) <= _LONGEST_LEAD):
        return opening.start("marker"), opening["marker"], opening["info"]
    if not anywhere:
        return 0, "", ""
    before, _, info = text.rpartition("`")
    column = len(before.rstrip("`"))
    marker = text[column : len(before) + 1]
    return (column, marker, info) if len(marker) >= 3 else (0, "", "")


def _marker_lines(lines: Lines) -> list[int]:
    numbers: set[int] = set()
    for marker in (b"```", b"~~~"):
        offset = lines.data.find(marker)
        while offset >= 0:
            number = lines.number_at(offset)
            numbers.add(number)
            offset = lines.data.find(marker, lines.start(number + 1))
    return sorted(numbers)


def report_strays(strays: Sequence[Stray], problems: Problems, *, has_operations: bool) -> None:
    """Report each stray that is a mistake: held by a longer fence it is content, or an example."""
    reported: set[int] = set()
    for stray in strays:
        fence = stray.inside
        if fence is None:
            _outside(stray, problems)
        elif not _holds(fence, stray.marker):
            subject = "a fence" if stray.kind is FenceKind.PROSE else "a manifest fence"
            problems.add(
                "held-fence",
                stray.line,
                f"{subject} inside the block of line {fence.line + 1}, expected that block's fence to be longer",
                column=stray.column,
                width=len(stray.marker),
                help=f"open and close that block with {fence.marker[0] * (len(stray.marker) + 1)}, or close it where "
                "it should end",
            )
        elif not fence.closed and kind_of(fence.info) is FenceKind.PROSE:
            if fence.line not in reported:
                _swallowed(stray, fence, problems)
            reported.add(fence.line)
        elif kind_of(fence.info) is FenceKind.PROSE and not has_operations and stray.kind is not FenceKind.SETTINGS:
            problems.add(
                "nested-manifest",
                stray.line,
                f"the manifest block is inside the fence of line {fence.line + 1}, expected it at the top level",
                column=stray.column,
                width=len(stray.marker),
                help=f"remove the outer fence (lines {fence.line + 1} and {fence.end})",
            )


def _holds(fence: Fence, marker: str) -> bool:
    """Return whether a fence of that marker inside of it is content."""
    return marker[0] != fence.marker[0] or len(marker) < len(fence.marker)


def _swallowed(stray: Stray, fence: Fence, problems: Problems) -> None:
    problems.add(
        "unclosed",
        fence.line,
        f"the fence is never closed and swallows the manifest block of line {stray.line + 1}, "
        f"expected {fence.marker} alone on a line",
        column=fence.column,
        width=len(fence.marker),
    )


def _outside(stray: Stray, problems: Problems) -> None:
    problems.add(
        "not-a-block",
        stray.line,
        "this line opens a manifest block but Markdown reads no fence here, expected one at the line's start",
        column=stray.column,
        width=len(stray.marker),
        help="indent it by at most three spaces, keep it out of raw HTML, and use ~~~ if its words contain a backtick",
    )
