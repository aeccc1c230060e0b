"""Figures of pull requests and runs, compared with a count by hand."""

from __future__ import annotations

from datetime import date

from mtor_action.coaching.form_results import FormResult, Result
from mtor_action.coaching.runs import RunRecord
from mtor_action.outcomes.figures import ModelRecord, Week, models, total, weeks
from mtor_action.outcomes.outcomes_table import outcomes_table
from mtor_action.outcomes.pull_outcomes import PullOutcome, PullState

FIRST, SECOND = "2026-11-16", "2026-11-23"  # Mondays


def pull(number: int, opened: str, state: PullState, ended: str = "", **more: object) -> PullOutcome:
    return PullOutcome(number, number, f"title {number}", opened, state, ended, **more)  # type: ignore[arg-type]


def asked(model: str, result: Result, turns: int = 2) -> FormResult:
    return FormResult(model, "question", turns, result)


PULLS = [
    pull(1, f"{FIRST}T00:00:00Z", PullState.MERGED, "2026-11-25T00:00:00Z", by_people=False),
    pull(2, "2026-11-22T23:59:59Z", PullState.MERGED, "2026-11-24T00:00:00Z", reverted="2026-11-26T00:00:00Z"),
    pull(3, f"{SECOND}T00:00:00Z", PullState.OPEN),
    pull(4, "2026-11-24T08:00:00Z", PullState.CLOSED, "2026-11-24T09:00:00Z"),
    pull(5, "2026-11-15T23:59:59Z", PullState.MERGED, "2026-11-16T00:00:00Z", by_people=True),  # before the first
]
RUNS = [
    RunRecord("a", "2026-11-17T01:00:00Z", "clean", green_without_model=True),
    RunRecord("b", "2026-11-22", "fixed", tokens=900, usd=0.25, forms=(asked("m1", Result.REPAIRED),)),
    RunRecord("c", "2026-11-23T00:00:00Z", "stalled", tokens=100, forms=(asked("m1", Result.FAILED),)),
    RunRecord("d", "2026-11-24T00:00:00Z", "rejected"),
    RunRecord("e", "2026-11-24T00:00:00Z", "error", forms=(asked("m2", Result.REFUSED, 0),)),
    RunRecord("f", "no day", "clean"),
]


def test_each_week_has_its_own_pull_requests_and_runs() -> None:
    assert weeks(PULLS, RUNS, date(2026, 11, 18), date(2026, 11, 23)) == [
        Week(FIRST, opened=2, merged=2, reverted=1, untouched=1, runs=2, clean=1, tokens=900, usd=0.25),
        Week(SECOND, opened=2, open=1, closed=1, runs=1, tokens=100, unpriced=1),
    ]


def test_the_sum_is_that_of_the_weeks_and_shares_follow_from_it() -> None:
    whole = total(weeks(PULLS, RUNS, date(2026, 11, 18), date(2026, 11, 23)))
    assert (whole.opened, whole.merged, whole.runs, whole.tokens) == (4, 2, 3, 1000)
    assert whole.green_without_model == 1 / 3
    assert (whole.tokens_a_merge, whole.usd_a_merge) == (500, 0.125)
    assert total([]).tokens_a_merge is None


def test_a_model_that_could_not_be_asked_has_no_rate() -> None:
    assert models(RUNS) == [ModelRecord("m1", asked=2, repaired=1)]


def test_the_table_says_what_is_an_estimate_and_what_is_few() -> None:
    rows = weeks(PULLS, RUNS, date(2026, 11, 18), date(2026, 11, 23))
    assert outcomes_table(rows, models(RUNS)).splitlines() == [
        "week        opened  merged  open  closed  reverted  untouched  runs  clean  tokens    usd  █ merged  ░ open  x closed",  # noqa: E501
        "2026-11-16       2       2     -       -         1          1     2      1     900   0.25  ██",
        "2026-11-23       2       -     1       1         -          -     1      -     100  0.00+  ░x",
        "together         4       2     1       1         1          1     3      1   1,000  0.25+",
        "",
        "merged     2 of 4 (50%, few) of the pull requests",
        "untouched  1 of 2 (50%, few) of those: nobody added a commit",
        "reverted   1 of 2 (50%, few) of those, within 14 days",
        "clean      1 of 3 (33%, few) of the runs were green without a model",
        "cost       500 tokens, 0.125 USD (an estimate, from a price list) for each merged pull request, failed runs included",  # noqa: E501
        "           + 1 runs used models whose price is not known",
        "",
        "model  asked  repaired  rate",
        "m1         2         1   50%",
    ]


def test_a_week_of_hundreds_does_not_break_the_line() -> None:
    many = [pull(number, f"{FIRST}T00:00:00Z", PullState.OPEN) for number in range(1, 500)]
    text = outcomes_table(weeks([*many, *PULLS], [], date(2026, 11, 16), date(2026, 11, 29)), [])
    plots = [line.split()[-1] for line in text.splitlines()[1:3]]
    assert [len(plot) for plot in plots] == [25, 2]
