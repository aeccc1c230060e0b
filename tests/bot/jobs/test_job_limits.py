from __future__ import annotations

from collections import Counter
from dataclasses import replace

from mtor_bot.jobs.job_limits import Limits, Load, Waiting, decide

WIDE = Limits(jobs=100, per_repository=100, per_day=100, open_pulls=100)


def jobs(*places: tuple[int, str]) -> list[Waiting]:
    return [Waiting(f"{position}", repository, branch, "") for position, (repository, branch) in enumerate(places)]


def started(waiting: list[Waiting], limits: Limits, load: Load | None = None) -> list[str]:
    return [job for job, sentence in decide(waiting, load or Load(), limits).items() if not sentence]


def test_everything_starts_within_the_limits() -> None:
    assert started(jobs((1, "a"), (1, "b"), (2, "a")), WIDE) == ["0", "1", "2"]


def test_one_job_at_a_time_pushes_to_a_branch() -> None:
    verdicts = decide(jobs((1, "a"), (1, "a"), (2, "a")), Load(), WIDE)
    assert list(verdicts.values()) == ["", "Another job is at work on the branch a.", ""]


def test_a_branch_at_work_holds_back_the_first_that_waits() -> None:
    assert started(jobs((1, "a"), (1, "b")), WIDE, Load(branches={(1, "a")}, active=Counter({1: 1}))) == ["1"]


def test_the_limit_of_a_repository_holds_back_its_own_jobs_only() -> None:
    waiting = jobs((1, "a"), (1, "b"), (1, "c"), (2, "d"))
    assert started(waiting, replace(WIDE, per_repository=2)) == ["0", "1", "3"]
    assert "at a time in this repository" in decide(waiting, Load(), replace(WIDE, per_repository=2))["2"]


def test_the_overall_limit_keeps_the_order() -> None:
    waiting = jobs((1, "a"), (2, "b"), (3, "c"))
    assert started(waiting, replace(WIDE, jobs=2)) == ["0", "1"]
    assert decide(waiting, Load(), replace(WIDE, jobs=2))["2"] == "The limit of 2 jobs at a time is reached."


def test_the_limit_of_a_day_counts_what_ended_too() -> None:
    waiting = jobs((1, "a"), (2, "b"))
    assert started(waiting, replace(WIDE, per_day=5), Load(today=4)) == ["0"]
    assert "24 hours" in decide(waiting, Load(today=4), replace(WIDE, per_day=5))["1"]


def test_open_pull_requests_hold_back_jobs_that_would_open_another() -> None:
    load = Load(pulls=Counter({1: 3}))
    waiting = [*jobs((1, "a"), (2, "b")), Waiting("on a pull request", 1, "c", "", is_pull_request=True)]
    assert started(waiting, replace(WIDE, open_pulls=3), load) == ["1", "on a pull request"]
    assert "merge or close some" in decide(waiting, load, replace(WIDE, open_pulls=3))["0"]
