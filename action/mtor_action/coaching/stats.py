"""The effect that a note seems to have: runs that got it, compared with those that did not. It proves nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mtor_action.coaching.note import Note
    from mtor_action.coaching.runs import RunRecord

FEW = 20  # runs on one side; below it, chance alone makes large differences

# The others (rejected, empty, error, cancelled) never came to the point at which a note could matter.
_COUNTED = frozenset({"clean", "fixed", "failing", "stalled"})


class Side(NamedTuple):
    """Some runs: how many, the share green without the model (0 to 1), their mean tokens; None if there are none."""

    runs: int
    green_without_model: float | None
    mean_tokens: float | None


class Effect(NamedTuple):
    """One note: the runs that got it and those that did not."""

    note: Note
    with_note: Side
    without_note: Side

    @property
    def few(self) -> bool:
        """Return whether the numbers are too small to say anything."""
        return min(self.with_note.runs, self.without_note.runs) < FEW

    @property
    def cells(self) -> tuple[str, ...]:
        """Return runs, share green and mean tokens, each with and without the note, as a table shows them."""
        sides = (self.with_note, self.without_note)
        runs = (str(side.runs) for side in sides)
        green = ("-" if side.green_without_model is None else f"{side.green_without_model:.0%}" for side in sides)
        tokens = ("-" if side.mean_tokens is None else f"{side.mean_tokens:,.0f}" for side in sides)
        return (*runs, *green, *tokens)

    def as_json(self) -> dict[str, object]:
        """Return the fields as `mtor coach stats --json` prints them."""
        return {
            "id": self.note.id,
            "state": str(self.note.state),
            "with": self.with_note._asdict(),
            "without": self.without_note._asdict(),
            "few": self.few,
        }


def effects(notes: Iterable[Note], runs: Sequence[RunRecord]) -> list[Effect]:
    """Return one row a note, in the order of the notes. Runs in which no test decided anything do not count."""
    all_notes = list(notes)
    everything = _Sum()
    by_id = {note.id: _Sum() for note in all_notes}
    for run in runs:
        if run.outcome in _COUNTED:
            everything.add(run)
            for name in by_id.keys() & run.injected:
                by_id[name].add(run)
    return [_effect(note, by_id[note.id], everything) for note in all_notes]


def table(rows: Sequence[Effect]) -> str:
    """Return the rows for a terminal, with the caveat where one is due."""
    head = ("note", "runs with", "without", "green with", "without", "tokens with", "without")
    cells = [head, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(head))]
    lines = [
        "  ".join(_aligned(cell, width, n) for n, (cell, width) in enumerate(zip(line, widths, strict=True)))
        for line in cells
    ]
    lines.append("green: green without the model. What a note got and what it did not get also differ in other ways.")
    if any(row.few for row in rows):
        lines.append(f"* fewer than {FEW} runs on one side: too few to say anything.")
    return "\n".join(line.rstrip() for line in lines)


class _Sum:
    """Running totals of the runs on one side of a comparison."""

    def __init__(self, runs: int = 0, green: int = 0, tokens: int = 0) -> None:
        self.runs = runs
        self.green = green
        self.tokens = tokens

    def add(self, run: RunRecord) -> None:
        self.runs += 1
        self.green += run.green_without_model
        self.tokens += run.tokens

    def less(self, other: _Sum) -> _Sum:
        return _Sum(self.runs - other.runs, self.green - other.green, self.tokens - other.tokens)

    def side(self) -> Side:
        if not self.runs:
            return Side(0, None, None)
        return Side(self.runs, self.green / self.runs, self.tokens / self.runs)


def _effect(note: Note, with_note: _Sum, everything: _Sum) -> Effect:
    return Effect(note, with_note.side(), everything.less(with_note).side())


def _cells(row: Effect) -> tuple[str, ...]:
    return (f"{row.note.id} *" if row.few else row.note.id, *row.cells)


def _aligned(cell: str, width: int, column: int) -> str:
    return cell.rjust(width) if column else cell.ljust(width)
