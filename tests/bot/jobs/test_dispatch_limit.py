"""A run that GitHub never shows: asked for three times at most, whatever is killed in between, then said so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from bot.bots import scene, until
from bot.queued import a_queue, a_request
from mtor_action.report.report import Outcome
from mtor_bot.database.schema import ATTEMPTS
from mtor_bot.jobs import attempts, job_rows, workflow_runs
from mtor_bot.jobs.admission import admit
from mtor_bot.jobs.job_record import JobState
from mtor_bot.jobs.run_webhooks import RunEvent, signal_run
from standins.github.faults import Manner

if TYPE_CHECKING:
    from pathlib import Path

    from bot.bots import Scene
    from bot.postgres import Postgres
    from standins.github.runs import Run

DISPATCH = "POST */dispatches"
ACCEPTED: dict[str, Any] = {"status": 204, "body": None}


def sent(here: Scene) -> int:
    return len(here.github.said("POST", "*/dispatches"))


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (ACCEPTED, "is `run-name` in .github/workflows/mtor.yml as `mtor init` wrote it?"),
        ({"status": 502}, "failed or did not answer"),
        ({"status": 503, "headers": {"retry-after": "1"}}, "failed or did not answer"),
        ({"manner": Manner.RESET}, "failed or did not answer"),
    ],
)
def test_a_run_that_is_never_shown_is_asked_for_three_times_and_the_end_says_so(
    tmp_path: Path, fault: dict[str, Any], words: str
) -> None:
    with scene(tmp_path) as here:
        here.github.faults.add(DISPATCH, **{**fault, "times": -1})
        issue = here.repository.issue("Title", "body", by="alice")
        here.start().ready()
        job = here.told(here.ask(issue))
        assert sent(here) == 3
        assert job.outcome is Outcome.ERROR
        assert job.reason.startswith(f"GitHub shows no run called `{workflow_runs.title(1, f'{job.id}.1')}`")
        assert words in job.reason
        assert "/mtor retry" in job.next_step
        assert "shows no run called" in issue.comments[-1].body
        assert issue.label_names == ["mtor:failed"]


def test_the_count_survives_kills_around_the_request(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        here.github.faults.add(DISPATCH, **{**ACCEPTED, "times": -1})
        job = here.ask(here.repository.issue("Title", "body", by="alice"))
        for number in (1, 2, 3):
            bot = here.start().ready()
            until(lambda number=number: sent(here) >= number)  # type: ignore[misc]
            bot.kill()
        here.start().ready()
        assert here.told(job).outcome is Outcome.ERROR
        assert sent(here) == 3


def test_the_count_goes_over_to_the_replica_that_takes_over(tmp_path: Path, postgres: Postgres) -> None:
    with scene(tmp_path, postgres.database()) as here:
        here.github.faults.add(DISPATCH, **{**ACCEPTED, "times": -1})
        first, second = here.start(), here.start()
        for each in (first, second):
            each.ready()
        job = here.ask(here.repository.issue("Title", "body", by="alice"))
        until(lambda: sent(here) >= 1 and here.bot.queue.executors())
        (at_work,) = here.bot.queue.executors()
        next(each for each in (first, second) if each.id == at_work).kill()
        assert here.told(job).outcome is Outcome.ERROR
        assert sent(here) == 3


def test_requests_that_github_certainly_refused_do_not_count(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        here.github.faults.secondary_limit(DISPATCH, times=4)
        here.github.faults.add(DISPATCH, 502, times=2)
        job = here.ask(here.repository.issue("Title", "body", by="alice"))
        here.start().ready()
        here.until(job, lambda now: now.run_id)
        assert len(here.repository.runs) == 1
        assert attempts.dispatched(here.bot.engine, job) == 3


def test_runs_that_show_up_after_the_end_are_cancelled_and_revive_nothing(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        here.github.faults.add(DISPATCH, 502, after_effect=True, times=-1)
        here.github.faults.run_list_lag_seconds = 360_000.0
        here.start().ready()
        job = here.told(here.ask(here.repository.issue("Title", "body", by="alice")))
        late = list(here.repository.runs.values())
        assert len(late) == 3
        for run in late * 2:
            assert signal_run(here.bot, event(run)) == job.id
        assert [run.conclusion for run in late] == ["cancelled"] * 3
        after = here.job(job.id)
        assert (after.state, after.outcome, after.run_id) == (JobState.FINISHED, Outcome.ERROR, None)
        assert any("shows up after the end" in line for line in here.notes(job))


def test_a_run_that_shows_up_between_two_requests_is_adopted(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        here.github.faults.add(DISPATCH, 502, after_effect=True)
        here.github.faults.add(DISPATCH, 502, times=-1)
        here.github.faults.run_list_lag_seconds = 360_000.0
        here.start().ready()
        job = here.ask(here.repository.issue("Title", "body", by="alice"))
        until(lambda: sent(here) >= 2)
        here.github.faults.run_list_lag_seconds = 0.0
        (run,) = here.repository.runs.values()
        assert here.until(job, lambda now: now.run_id).run_id == run.id
        assert sent(here) <= 3


def test_each_run_that_was_asked_for_counts_for_the_day(database_url: str) -> None:
    with a_queue(database_url, max_jobs_per_day=4) as bot:
        first = job_rows.request(bot.engine, a_request(number=1), 1.0).job
        assert admit(bot) == [first.id]
        attempts.change(bot.engine, attempts.last(bot.engine, first), dispatches=3)
        ids = [job_rows.request(bot.engine, a_request(number=number), 1.0).job.id for number in (2, 3)]
        assert admit(bot) == ids[:1]
        assert job_rows.job_by_id(bot.engine, ids[1]).waits_for == "The limit of 4 jobs in 24 hours is reached."
        with bot.engine.begin() as connection:
            connection.execute(sa.update(ATTEMPTS).values(dispatches=1))
        assert admit(bot) == ids[1:]


def event(run: Run) -> RunEvent:
    return RunEvent(
        run.repository.id,
        run.id,
        run.attempt,
        run.display_title,
        "workflow_dispatch",
        workflow_runs.PATH,
        run.status,
        "",
        run.html_url,
    )
