"""The hunks of an `edit` block, placed in a file's text or inside of one definition of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.lazy_dataclasses import dataclass
from mtor_action.plan.edits import Edited, Miss, apply_hunk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mtor_action.manifest.bodies.hunks import Hunk
    from mtor_action.manifest.file_blocks.operations import EditFile
    from mtor_action.plan.matched_files import OpenText
    from mtor_action.plan.symbol_texts import SymbolTexts


@dataclass(frozen=True, slots=True)
class EditFault:
    """A hunk that was not applied. `is_unplaced`: all that it lacks is a place, which an implementer may find."""

    miss: Miss
    hunk: Hunk
    is_unplaced: bool = True


def plan_edit(opened: OpenText, edit: EditFile, symbols: SymbolTexts | None, edited: Edited) -> Iterator[EditFault]:
    """Apply the hunks in order, and yield those that cannot be. `symbols` is needed for an edit with `in=` only."""
    if edit.within is not None and symbols is not None:
        yield from _plan_inside(opened, edit, symbols, edited)
        return
    yield from _placed(opened, edit, lambda hunk: apply_hunk(opened.text, hunk, edit.count, edited))


def _placed(opened: OpenText, edit: EditFile, place: Callable[[Hunk], Miss | None]) -> Iterator[EditFault]:
    """Place each hunk that can be placed at all, in order; yield the faults."""
    for hunk in edit.hunks:
        fault = _fault(opened, edit, hunk)
        if fault is None and (miss := place(hunk)) is not None:
            fault = EditFault(miss, hunk)
        if fault is not None:
            yield fault


def _plan_inside(opened: OpenText, edit: EditFile, symbols: SymbolTexts, edited: Edited) -> Iterator[EditFault]:
    from mtor_action.plan.scoped_hunks import filled_in, inside_of
    from mtor_action.symbols.lookup import SymbolFault

    inside = inside_of(opened.text, edit, symbols)
    if isinstance(inside, SymbolFault):
        is_unplaced = inside.rule != "unseen"  # what the author did not see is nobody's to overwrite
        message = inside.message if is_unplaced else f'"{edit.path}": {inside.message}'
        miss = Miss(inside.rule, message, inside.help)
        yield from (EditFault(miss, hunk, is_unplaced) for hunk in edit.hunks[: None if is_unplaced else 1])
        return

    def place(hunk: Hunk) -> Miss | None:
        whole = filled_in(inside.text, hunk, edited)
        return whole if isinstance(whole, Miss) else apply_hunk(inside.text, whole, edit.count, edited)

    yield from _placed(opened, edit, place)
    inside.put_back()


def _fault(opened: OpenText, edit: EditFile, hunk: Hunk) -> EditFault | None:
    if opened.is_utf8 or all(line.isascii() for line in hunk.replace):
        return None
    message = f'"{edit.path}" is not UTF-8 and the hunk adds text beyond ASCII'
    return EditFault(
        Miss("not-utf8", message, "convert the file to UTF-8 first, or write ASCII"), hunk, is_unplaced=False
    )
