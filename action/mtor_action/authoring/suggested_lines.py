"""Whole lines of a file replaced by others, byte for byte; and where lines are in a later version of the file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mtor_action.authoring.line_ranges import changed_ranges
from mtor_action.tree.file_text import FileText


class LineSpan(NamedTuple):
    """Lines `first` to `last` of a file, 1-based, both included."""

    first: int
    last: int

    def overlaps(self, other: LineSpan) -> bool:
        """Return whether the two have a line in common."""
        return self.first <= other.last and other.first <= self.last


class Replacement(NamedTuple):
    """The lines that take the place of a span, without line endings; () deletes the span."""

    span: LineSpan
    lines: tuple[bytes, ...]


def replaced(content: bytes, replacements: Sequence[Replacement]) -> bytes:
    """Return the file with the spans replaced; they do not overlap and lie within it.

    A new line ends as the line in its place did, the ones beyond as the last of them. BOM and a missing final newline
    stay as they are.
    """
    text = FileText.read(content)
    for span, new_lines in sorted(replacements, reverse=True):
        lines = list(new_lines)
        if text.bom and span.first == 1 and lines:
            lines[0] = lines[0].removeprefix(text.bom)
        old_ends = text.ends[span.first - 1 : span.last]
        ends = [old_ends[min(number, len(old_ends) - 1)] for number in range(len(lines))]
        text.splice(span.first - 1, span.last, lines, ends)
    if not text.lines:
        return text.bom
    return text.write()


def span_in(old: bytes, new: bytes, span: LineSpan) -> LineSpan | None:
    """Return where the span of `old` is in `new`; None if one of its lines changed, or a line came between them."""
    before, after = FileText.read(old).lines, FileText.read(new).lines
    start, end = span.first - 1, span.last
    if not 0 <= start < end <= len(before):
        return None
    shift = 0
    for change in changed_ranges(before, after):
        if change.old_start >= end:
            break
        if change.old_end > start:
            return None
        shift = change.new_end - change.old_end
    return LineSpan(span.first + shift, span.last + shift)
