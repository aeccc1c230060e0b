"""The empty lines between definitions: as many as the file has between them already."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.symbols.extent import Extent
    from mtor_action.symbols.outline import Outline, SymbolDefinition

_BLANKS = b" \t"


def gap_beside(lines: Sequence[bytes], definition: SymbolDefinition, outline: Outline) -> int:
    """Return how many empty lines a new neighbour of the definition is away from it."""
    extent = definition.extent
    after = _blank_below(lines, extent.stop)
    if extent.stop + after < len(lines) and _indent(lines[extent.stop + after]) == extent.indent and after:
        return after
    before = _blank_above(lines, extent.start)
    above = extent.start - before - 1
    has_sibling = any(item.depth == definition.depth and item.extent.stop == above + 1 for item in outline.definitions)
    if has_sibling:
        return before
    if extent.stop + after < len(lines) and _indent(lines[extent.stop + after]) == extent.indent:
        return after
    return _usual(definition, outline)


def gap_inside(lines: Sequence[bytes], definition: SymbolDefinition, outline: Outline) -> int:
    """Return how many empty lines a new last member is away from what is above it."""
    interior = definition.interior
    if interior is None:
        return 0
    above = interior.stop - 1
    if not lines[above].strip(_BLANKS):
        return 0
    members = [item for item in outline.definitions if _is_member(item, definition)]
    last = max(members, key=lambda item: item.extent.stop, default=None)
    if last is None:
        return 0 if interior.indent is None else 1
    return gap_beside(lines, last, outline) if last.extent.stop == interior.stop else 1


def _is_member(item: SymbolDefinition, container: SymbolDefinition) -> bool:
    inside = container.extent.start <= item.extent.start and item.extent.stop <= container.extent.stop
    return inside and item.depth == container.depth + 1


def closed_gap(lines: Sequence[bytes], extent: Extent) -> tuple[int, int]:
    """Return the lines to take out, so that its neighbours are as far apart as it was from the first."""
    start, stop = extent.start, extent.stop
    below = _blank_below(lines, stop)
    is_last = stop + below >= len(lines) or len(_indent(lines[stop + below])) < len(extent.indent)
    above = _blank_above(lines, start)
    if is_last or _indent(lines[stop + below]) != extent.indent:
        return start - above, stop
    return start, stop + below


def unit_of(lines: Sequence[bytes]) -> bytes:
    """Return one step of indentation: that of the first indented line, else four blanks."""
    first = next((line for line in lines if line[:1] in (b" ", b"\t") and line.strip()), b"    x")
    return b"\t" if first.startswith(b"\t") else _indent(first)[:8]


def _usual(definition: SymbolDefinition, outline: Outline) -> int:
    if definition.extent.stop - definition.extent.start == 1:
        return 0
    return 2 if outline.grammar.language == "python" and not definition.depth else 1


def _indent(line: bytes) -> bytes:
    return line[: len(line) - len(line.lstrip(_BLANKS))]


def _blank_below(lines: Sequence[bytes], at: int) -> int:
    end = at
    while end < len(lines) and not lines[end].strip(_BLANKS):
        end += 1
    return end - at


def _blank_above(lines: Sequence[bytes], at: int) -> int:
    start = at
    while start and not lines[start - 1].strip(_BLANKS):
        start -= 1
    return at - start
