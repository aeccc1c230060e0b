"""Two bots on one Postgres: shared work, one killed for good, one paused until others do its work."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from bot.bots import Scene, scene, statuses, until, works
from mtor_action.report.report import Outcome
from mtor_bot.jobs.job_record import JobState
from mtor_bot.queue.lease import EXIT_LOST

if TYPE_CHECKING:
    from pathlib import Path

    from bot.bots import BotProcess
    from bot.postgres import Postgres
    from mtor_bot.jobs.job_record import Job


def workers(here: Scene) -> list[str]:
    return sorted(here.bot.queue.executors())


def worker(here: Scene, job: Job) -> BotProcess:
    """The bot that is at the job."""
    until(lambda: here.job(job.id).run_id and workers(here))
    (executor,) = workers(here)
    return next(process for process in here.processes if process.id == executor)


def test_two_replicas_share_many_jobs_and_each_is_done_once(tmp_path: Path, postgres: Postgres) -> None:
    with scene(tmp_path, postgres.database(), max_jobs=8, max_jobs_per_repository=8) as here:
        here.github.play(works)
        for process in [here.start(), here.start()]:
            process.ready()
        issues = [here.repository.issue(f"Title {number}", "body", by="alice") for number in range(12)]
        jobs = [here.ask(issue, event=issue.number) for issue in issues]
        assert {here.told(job).outcome for job in jobs} == {Outcome.CLEAN}
        assert sorted(run.inputs["job"] for run in here.repository.runs.values()) == sorted(job.id for job in jobs)
        assert [len(statuses(issue)) for issue in issues] == [1] * len(issues)


def test_what_a_killed_replica_was_at_is_taken_up_by_the_other(tmp_path: Path, postgres: Postgres) -> None:
    with scene(tmp_path, postgres.database()) as here:
        issue = here.repository.issue("Title", "body", by="alice")
        for process in [here.start(), here.start()]:
            process.ready()
        job = here.ask(issue)
        dead = worker(here, job)
        dead.kill()
        (run,) = here.repository.runs.values()
        works(run)
        assert here.told(job).outcome is Outcome.CLEAN
        assert len(here.repository.runs) == 1
        assert len(statuses(issue)) == 1


def test_a_replica_that_was_paused_while_others_took_its_work_ends_itself(tmp_path: Path, postgres: Postgres) -> None:
    with scene(tmp_path, postgres.database()) as here:
        issue = here.repository.issue("Title", "body", by="alice")
        for process in [here.start(), here.start()]:
            process.ready()
        job = here.ask(issue)
        paused = worker(here, job)
        paused.send(signal.SIGSTOP)
        until(lambda: workers(here) not in ([], [paused.id]))
        paused.send(signal.SIGCONT)
        assert paused.wait() == EXIT_LOST
        (run,) = here.repository.runs.values()
        works(run)
        assert here.told(job).outcome is Outcome.CLEAN
        assert len(here.repository.runs) == 1
        assert len(statuses(issue)) == 1


def test_a_stopped_bot_leaves_its_jobs_to_its_successor(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        issue = here.repository.issue("Title", "body", by="alice")
        first = here.start().ready()
        job = here.ask(issue)
        here.until(job, lambda now: now.state is JobState.DISPATCHED)
        first.send(signal.SIGTERM)
        assert first.wait() == 0
        (run,) = here.repository.runs.values()
        works(run)
        here.start().ready()
        assert here.told(job).outcome is Outcome.CLEAN
        assert len(here.repository.runs) == 1


def test_an_upgrade_takes_up_jobs_whose_workflow_had_another_form(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        issue = here.repository.issue("Title", "body", by="alice")
        old = here.start(MTOR_TEST_OLD_FORM="1").ready()
        job = here.ask(issue)
        here.until(job, lambda now: now.state is JobState.DISPATCHED)
        old.send(signal.SIGTERM)
        assert old.wait() == 0
        here.start().ready()
        (run,) = here.repository.runs.values()
        works(run)
        ended = here.told(job)
        assert (ended.outcome, ended.generation) == (Outcome.CLEAN, 2)
        assert len(here.repository.runs) == 1
        assert len(statuses(issue)) == 1


def test_a_second_bot_on_a_sqlite_file_waits_for_the_first_to_end(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        first = here.start().ready()
        second = here.start()
        first.kill()
        assert second.ready().id != first.id
