from __future__ import annotations

import pytest

from mtor_action.report.report import Outcome
from mtor_bot.jobs.endings import Ending, Finish, JobEnding, Republish, Retry, decide
from mtor_bot.jobs.job_record import JobResult

LOST = "The hosted runner: GitHub Actions 2 lost communication with the server. Anything in your workflow …"
SHUT = "The runner has received a shutdown signal. This can happen when the runner service is stopped."
UNPAID = (
    "The job was not started because recent account payments have failed or your spending limit needs to be increased."
)
CLEAN = JobResult(Outcome.CLEAN, pull_request=7)
WORKED, PUBLISHED = JobEnding("work", "success"), JobEnding("publish", "success")


def failed(*annotations: str, name: str = "work", conclusion: str = "failure") -> JobEnding:
    return JobEnding(name, conclusion, annotations)


@pytest.mark.parametrize(
    ("conclusion", "jobs", "expected"),
    [
        ("failure", (failed(LOST),), Retry),
        ("cancelled", (failed(SHUT, conclusion="cancelled"),), Retry),
        ("failure", (failed("Process completed with exit code 1.", LOST),), Retry),
        ("startup_failure", (), Retry),
        ("failure", (WORKED, failed(name="publish")), Republish),
        ("cancelled", (WORKED, failed(LOST, name="publish", conclusion="cancelled")), Republish),
        ("timed_out", (WORKED, failed(name="publish", conclusion="timed_out")), Republish),
        ("failure", (failed(UNPAID),), Outcome.ERROR),
        ("failure", (failed("Process completed with exit code 1."),), Outcome.ERROR),
        ("failure", (failed(), JobEnding("publish", "skipped")), Outcome.ERROR),
        ("cancelled", (failed("The run was canceled by @alice.", conclusion="cancelled"),), Outcome.CANCELLED),
        ("timed_out", (failed(conclusion="timed_out"),), Outcome.ERROR),
        ("action_required", (), Outcome.ERROR),
        ("success", (WORKED, PUBLISHED), Outcome.ERROR),
        ("something new", (), Outcome.ERROR),
        ("", (), Outcome.ERROR),
    ],
)
def test_what_follows_from_an_end_without_a_result(
    conclusion: str, jobs: tuple[JobEnding, ...], expected: type | Outcome
) -> None:
    decision = decide(Ending(conclusion, jobs), attempt=1, republished=0, cancelled_by="")
    if isinstance(expected, Outcome):
        assert isinstance(decision, Finish)
        assert decision.result.outcome is expected
        assert decision.result.reason
        assert decision.result.next_step
    else:
        assert isinstance(decision, expected)


@pytest.mark.parametrize("conclusion", ["success", "failure", "cancelled", "timed_out"])
def test_a_valid_result_is_the_result_however_the_run_ended(conclusion: str) -> None:
    ending = Ending(conclusion, (failed(LOST),), CLEAN)
    assert decide(ending, attempt=1, republished=0, cancelled_by="alice") == Finish(CLEAN)


def test_retries_are_three_attempts_with_growing_waits() -> None:
    ending = Ending("failure", (failed(LOST),))
    first, second, last = (decide(ending, attempt=number, republished=0, cancelled_by="") for number in (1, 2, 3))
    assert isinstance(first, Retry)
    assert isinstance(second, Retry)
    assert second.wait_seconds > first.wait_seconds > 0
    assert isinstance(last, Finish)
    assert last.result.outcome is Outcome.ERROR
    assert LOST in last.result.reason


def test_publishing_is_done_again_twice_and_the_work_never() -> None:
    ending = Ending("failure", (WORKED, failed(LOST, name="publish")))
    decisions = [decide(ending, attempt=1, republished=number, cancelled_by="") for number in (0, 1, 2)]
    assert [type(decision) for decision in decisions] == [Republish, Republish, Finish]


def test_what_a_person_cancelled_is_not_done_again() -> None:
    decision = decide(Ending("cancelled", (failed(SHUT),)), attempt=1, republished=0, cancelled_by="alice")
    assert isinstance(decision, Finish)
    assert decision.result == JobResult(Outcome.CANCELLED, "Cancelled by alice.")
