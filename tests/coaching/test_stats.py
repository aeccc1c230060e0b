"""What a note seems to do, with the caveat where the numbers are small."""

from __future__ import annotations

from mtor_action.coaching.note import Note
from mtor_action.coaching.runs import RunRecord
from mtor_action.coaching.stats import Side, effects, table

NOTE = Note(id="a", text="A")


def _runs(count: int, injected: tuple[str, ...], *, green: int, tokens: int, outcome: str = "clean") -> list[RunRecord]:
    return [RunRecord("j", "2026-11-23", outcome, injected, (), tokens, number < green) for number in range(count)]


def test_runs_with_and_without_a_note_are_compared() -> None:
    runs = [*_runs(20, ("a",), green=15, tokens=100), *_runs(40, ("b",), green=10, tokens=300)]
    effect = effects([NOTE], runs)[0]
    assert effect.with_note == Side(20, 0.75, 100.0)
    assert effect.without_note == Side(40, 0.25, 300.0)
    assert not effect.few
    assert "75%" in table([effect])
    assert "too few" not in table([effect])


def test_small_numbers_are_called_small() -> None:
    effect = effects([NOTE], _runs(19, ("a", "a"), green=19, tokens=0))[0]
    assert effect.with_note.runs == 19
    assert effect.without_note == Side(0, None, None)
    assert effect.few
    assert "fewer than 20 runs" in table([effect])
    assert effect.as_json()["few"] is True


def test_runs_that_no_note_could_change_do_not_count() -> None:
    runs = [
        run
        for outcome in ("rejected", "empty", "error", "cancelled")
        for run in _runs(5, ("a",), green=0, tokens=1, outcome=outcome)
    ]
    assert effects([NOTE], runs)[0].with_note.runs == 0
