"""Hunks inside of one definition, heading or key, where its name is shorter than the lines that place them in the file.

In a workflow file, a changelog or a row of tests the same lines appear again and again, so a hunk takes many lines of
context; inside of one section the changed line alone is often the only one of its kind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mtor_action.authoring.line_ranges import Range, changed_ranges
from mtor_action.authoring.minimal_hunks import minimal_hunks
from mtor_action.symbols.grammar import ParsingEffort
from mtor_action.symbols.lookup import SymbolFault, outline_of
from mtor_action.symbols.sections import format_of, sections_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mtor_action.symbols.outline import SymbolDefinition

_MOST_SCOPES = 400  # that are looked at for one change of a file
_MOST_OFFERED = 6
_MOST_RANGES = 60
_ATTRIBUTE_BYTES = 4  # " in="


class Hunks(NamedTuple):
    """The lines of SEARCH and of REPLACE, hunk by hunk."""

    pairs: tuple[tuple[Sequence[bytes], Sequence[bytes]], ...]

    @property
    def size(self) -> int:
        """Return the bytes of all lines, each with its line feed."""
        return sum(len(line) + 1 for pair in self.pairs for lines in pair for line in lines)


class ScopedEdit(NamedTuple):
    """The definition, heading or key, its form in a spec, and the hunks inside of it."""

    path: str
    form: str
    hunks: Hunks


def scoped_edits(path: str, old: Sequence[bytes], new: Sequence[bytes]) -> list[ScopedEdit]:
    """Return edits that each make a part of the change, shorter than hunks for the whole file: the best ones first."""
    ranges = changed_ranges(old, new)
    if not ranges or len(ranges) > _MOST_RANGES:
        return []
    spans = minimal_hunks(old, ranges)
    whole = dict(spans) if spans else {}
    edits: list[tuple[int, ScopedEdit]] = []
    for item in _scopes(path, old)[:_MOST_SCOPES]:
        inside = [span for span in ranges if _is_inside(span, item)]
        hunks = _hunks_in(item, inside, old, new) if inside else None
        if hunks is None:
            continue
        form = min((item.form, *item.also), key=len) if not item.depth else item.form
        before = sum(_size(whole.get(span), old, new) for span in inside)
        saved = before - hunks.size - len(form) - _ATTRIBUTE_BYTES
        if saved > 0:
            edits.append((saved, ScopedEdit(item.path, form, hunks)))
    return [edit for _, edit in sorted(edits, key=lambda pair: -pair[0])[:_MOST_OFFERED]]


def _scopes(path: str, lines: Sequence[bytes]) -> list[SymbolDefinition]:
    kind = format_of(path)
    effort = ParsingEffort()
    outline = sections_of(path, kind, lines, effort) if kind else outline_of(path, lines, effort)
    if isinstance(outline, SymbolFault):
        return []
    return [item for item in outline.definitions if not item.twin and not item.fault]


def _is_inside(span: Range, item: SymbolDefinition) -> bool:
    extent = item.extent
    return extent.start <= span.old_start and span.old_end <= extent.stop and span.old_start < extent.stop


def _hunks_in(
    item: SymbolDefinition, spans: Sequence[Range], old: Sequence[bytes], new: Sequence[bytes]
) -> Hunks | None:
    start, stop = item.extent.start, item.extent.stop
    moved = [span._replace(old_start=span.old_start - start, old_end=span.old_end - start) for span in spans]
    part = old[start:stop]
    hunks = minimal_hunks(part, moved)
    if hunks is None:
        return None
    pairs = ((part[at.old_start : at.old_end], new[at.new_start : at.new_end]) for _, at in hunks)
    return Hunks(tuple(pairs))


def _size(around: Range | None, old: Sequence[bytes], new: Sequence[bytes]) -> int:
    """Return the bytes of a hunk for the whole file; where there is none, of one that is too long."""
    return sum(len(line) + 1 for line in _lines(around, old, new)) if around is not None else 2_000


def _lines(around: Range, old: Sequence[bytes], new: Sequence[bytes]) -> Iterator[bytes]:
    yield from old[around.old_start : around.old_end]
    yield from new[around.new_start : around.new_end]
