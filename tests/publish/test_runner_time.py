"""Runner minutes beside tokens: in the comment, the pull request, the summary, by GitHub's times or our own clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mtor_action.report.report import Outcome
from mtor_action.report.runner_minutes import billed
from publishing import reported, staged

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from publishing import Stage


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with staged(tmp_path) as stage:
        yield stage


def told(stage: Stage) -> str:
    """The comment and the pull request, which has what the comment leaves out."""
    (comment,) = stage.issue.comments
    pulls = [issue.body or "" for issue in stage.repository.issues.values() if issue.pull]
    return "\n".join([comment.body, *pulls])


def minutes(total: str, work: int, publish: int) -> str:
    return f"{total} as GitHub bills private repositories (work {work}, publish {publish}; an estimate)"


def test_each_job_is_rounded_up_by_github_s_own_times(stage: Stage) -> None:
    work = stage.run.job("work")
    stage.github.clock.advance(190)
    work.end("success")
    stage.hand_over()
    assert stage.publish(**stage.app()) == 0
    line = minutes("5 minutes", 4, 1)
    assert line in told(stage)
    assert line in (stage.repository.issues[2].body or "")
    assert line in (stage.folder / "summary").read_text()


def test_where_runs_may_not_be_read_the_jobs_own_clocks_count(stage: Stage) -> None:
    stage.github.faults.refuse("GET */attempts/1/jobs", 403, "Resource not accessible by integration", times=-1)
    stage.hand_over(report=reported(Outcome.CLEAN, seconds=61.0))
    assert stage.publish(**stage.app()) == 0
    assert minutes("3 minutes", 2, 1) in told(stage)


@pytest.mark.parametrize("outcome", [Outcome.ERROR, Outcome.REJECTED, Outcome.EMPTY])
def test_what_opens_no_pull_request_costs_minutes_too(stage: Stage, outcome: Outcome) -> None:
    stage.hand_over(outcome)
    stage.publish()
    assert minutes("2 minutes", 1, 1) in told(stage)


def test_what_the_artifact_says_of_minutes_is_not_believed(stage: Stage) -> None:
    forged = {"jobs": {"work": 1e300, "bill @everyone": 6e6}, "minutes": 99, "estimate": False}
    stage.hand_over(report=reported(Outcome.CLEAN, runner=forged))
    assert stage.publish() == 0
    assert minutes("2 minutes", 1, 1) in told(stage)
    assert "everyone" not in told(stage)


@pytest.mark.parametrize(("seconds", "whole"), [(0.0, 1), (60.0, 1), (60.1, 2), (float("nan"), 1), (float("inf"), 1)])
def test_minutes_are_whole_and_at_least_one(seconds: float, whole: int) -> None:
    assert billed(seconds) == whole
