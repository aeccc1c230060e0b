"""Ledger and runs → what a person wants to know: by week, and by model.

A pull request counts in the week in which it was opened, a run in the week in which it ran; weeks begin on Monday, UTC.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from mtor_action.coaching.form_results import Result
from mtor_action.outcomes.pull_outcomes import PullOutcome, PullState

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mtor_action.coaching.runs import RunRecord

# The others (rejected, empty, error, blocked, cancelled) never came to the point at which a model would be asked.
_DECIDED = frozenset({"clean", "fixed", "failing", "stalled"})
_DAYS_OF_A_WEEK = 7


@dataclass(frozen=True, slots=True)
class Week:
    """The figures of one week, or of several: counts, but for `usd`, an estimate from litellm's price list."""

    begins: str  # the Monday, YYYY-MM-DD
    opened: int = 0  # pull requests
    merged: int = 0  # of these, by now
    closed: int = 0  # of these, without being merged
    open: int = 0  # of these, still
    reverted: int = 0  # merged, and taken back within 14 days
    untouched: int = 0  # merged, and no person added a commit
    runs: int = 0  # whose tests decided something
    clean: int = 0  # green without a model
    tokens: int = 0  # in and out, of all runs
    usd: float = 0.0
    unpriced: int = 0  # runs that used a model whose price is not known

    @property
    def green_without_model(self) -> float | None:
        """The share of runs that were green without a model, 0 to 1; None without runs."""
        return self.clean / self.runs if self.runs else None

    @property
    def tokens_a_merge(self) -> float | None:
        """All tokens of these weeks for each merged pull request; None without one."""
        return self.tokens / self.merged if self.merged else None

    @property
    def usd_a_merge(self) -> float | None:
        """All dollars of these weeks for each merged pull request, an estimate; None without one."""
        return self.usd / self.merged if self.merged else None

    def as_json(self) -> dict[str, object]:
        """Return the counts and what is derived from them."""
        derived = ("green_without_model", "tokens_a_merge", "usd_a_merge")
        return {**asdict(self), **{name: getattr(self, name) for name in derived}}


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """One model: the runs in which it was asked, and those that it repaired."""

    model: str
    asked: int
    repaired: int

    @property
    def repair_rate(self) -> float:
        """The share of runs that it repaired, 0 to 1."""
        return self.repaired / self.asked

    def as_json(self) -> dict[str, object]:
        """Return the counts and the repair rate (0 to 1) for `--json`."""
        return {**asdict(self), "repair_rate": self.repair_rate}


def weeks(pulls: Iterable[PullOutcome], runs: Iterable[RunRecord], first: date, last: date) -> list[Week]:
    """Return the weeks from that of `first` to that of `last`, oldest first, those without anything too."""
    begins, rows = _monday(first), {}
    while begins <= last:
        rows[begins.isoformat()] = Week(begins.isoformat())
        begins += timedelta(days=_DAYS_OF_A_WEEK)
    for pull in pulls:
        if row := rows.get(_week_of(pull.opened)):
            rows[row.begins] = _with_pull(row, pull)
    for run in runs:
        if row := rows.get(_week_of(run.date)):
            rows[row.begins] = _with_run(row, run)
    return list(rows.values())


def total(rows: Sequence[Week]) -> Week:
    """Return the sum of all weeks, as if they were one."""
    whole = Week(rows[0].begins if rows else "")
    counts = [name for name in asdict(whole) if name != "begins"]
    return replace(whole, **{name: sum(getattr(row, name) for row in rows) for name in counts})


def models(runs: Iterable[RunRecord]) -> list[ModelRecord]:
    """Return the models that were asked, the most used first. One that could be asked in no form does not count."""
    asked: dict[str, int] = {}
    repaired: dict[str, int] = {}
    for run in runs:
        for model in {form.model for form in run.forms if form.turns}:
            asked[model] = asked.get(model, 0) + 1
            results = {form.result for form in run.forms if form.model == model}
            repaired[model] = repaired.get(model, 0) + (Result.REPAIRED in results)
    records = [ModelRecord(model, count, repaired[model]) for model, count in asked.items()]
    return sorted(records, key=lambda record: (-record.asked, record.model))


def _with_pull(row: Week, pull: PullOutcome) -> Week:
    is_merged = pull.state is PullState.MERGED
    return replace(
        row,
        opened=row.opened + 1,
        merged=row.merged + is_merged,
        closed=row.closed + (pull.state is PullState.CLOSED),
        open=row.open + (pull.state is PullState.OPEN),
        reverted=row.reverted + pull.was_reverted,
        untouched=row.untouched + (is_merged and pull.by_people is False),
    )


def _with_run(row: Week, run: RunRecord) -> Week:
    decided = run.outcome in _DECIDED
    return replace(
        row,
        runs=row.runs + decided,
        clean=row.clean + (decided and run.green_without_model),
        tokens=row.tokens + run.tokens,
        usd=row.usd + (run.usd or 0.0),
        unpriced=row.unpriced + (bool(run.tokens) and not run.usd),
    )


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _week_of(time: str) -> str:
    """Return the Monday of the week of an ISO 8601 time, "" for a text that is none."""
    try:
        return _monday(date.fromisoformat(time[:10])).isoformat()
    except ValueError:
        return ""
