"""What each active note seems to have changed, as rows for the issue and the page; the caveat belongs below them."""

from __future__ import annotations

from collections.abc import Sequence

from mtor_action.coaching.note import NoteState
from mtor_action.coaching.stats import FEW, Effect
from mtor_action.neutral import one_line

CAVEAT = (
    "Green is without the model. What a note got and what it did not get also differ in other ways."
    f" *: fewer than {FEW} runs on one side, too few to say anything."
)
_LONGEST_TEXT = 100
_MOST_NOTES = 20


def effect_rows(effects: Sequence[Effect]) -> list[tuple[str, ...]]:
    """Return note, runs, share green and mean tokens, the last three with and without it; the most used first.

    Only active notes that some run got: the others changed nothing.
    """
    used = [effect for effect in effects if effect.note.state is NoteState.ACTIVE and effect.with_note.runs]
    used.sort(key=lambda effect: -effect.with_note.runs)
    return [_row(effect) for effect in used[:_MOST_NOTES]]


def _row(effect: Effect) -> tuple[str, ...]:
    name = f"{one_line(effect.note.text, _LONGEST_TEXT)}{' *' if effect.few else ''}"
    return (name, *effect.cells)
