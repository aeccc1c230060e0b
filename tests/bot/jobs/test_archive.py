"""Old histories: one row a job, nothing lost, and everything about the job still there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from bot.queued import a_queue, a_request
from mtor_action.report.report import Outcome
from mtor_bot.database.schema import HISTORY, JOBS, OLD_HISTORIES, TURNS
from mtor_bot.jobs import job_rows
from mtor_bot.jobs.archive import ARCHIVE_SECONDS, archive
from mtor_bot.jobs.job_record import JobResult, JobState, Trigger

if TYPE_CHECKING:
    from mtor_bot.bot import Bot
    from mtor_bot.jobs.job_record import Job


def ended(bot: Bot, number: int, told_at: float | None) -> Job:
    """A job that ended, and was announced at that moment (None: not yet)."""
    job = job_rows.request(bot.engine, a_request(number=number), 1.0).job
    job_rows.finish(bot.engine, job.id, JobResult(Outcome.CLEAN, f"It is number {number}: ✓"), 2.0)
    job_rows.change(bot.engine, job.id, told_at=told_at)
    return job_rows.job_by_id(bot.engine, job.id)


def lines(bot: Bot) -> int:
    with bot.engine.connect() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(HISTORY)).scalar_one())


def test_the_history_of_an_old_job_is_one_row_and_reads_the_same(database_url: str) -> None:
    with a_queue(database_url) as bot:
        now = bot.clock.now()
        old = ended(bot, 1, now - ARCHIVE_SECONDS - 10)
        young, silent = ended(bot, 2, now - ARCHIVE_SECONDS + 1000), ended(bot, 3, None)
        waiting = job_rows.request(bot.engine, a_request(number=4), 1.0).job
        jobs = [old, young, silent, waiting]
        before = [job_rows.history(bot.engine, job.id) for job in jobs]
        assert (archive(bot), archive(bot)) == (1, 0)
        assert [job_rows.history(bot.engine, job.id) for job in jobs] == before
        assert [job_rows.job_by_id(bot.engine, job.id) for job in jobs] == jobs
        assert lines(bot) == sum(map(len, before[1:]))


def test_what_was_archived_still_keeps_a_label_from_acting_twice(database_url: str) -> None:
    with a_queue(database_url) as bot:
        old = ended(bot, 1, bot.clock.now() - 2 * ARCHIVE_SECONDS)
        assert archive(bot) == 1
        again = job_rows.request(bot.engine, a_request(number=1), 5.0)
        assert (again.job.id, again.new) == (old.id, True)
        assert job_rows.latest(bot.engine, 1, 1) == old
        anew = job_rows.request(bot.engine, a_request(number=1, trigger=Trigger("label", 99)), 5.0)
        assert anew.job.id != old.id


def test_a_line_that_comes_late_is_the_last_and_is_archived_too(database_url: str) -> None:
    with a_queue(database_url) as bot:
        old = ended(bot, 1, bot.clock.now() - 2 * ARCHIVE_SECONDS)
        assert archive(bot) == 1
        with bot.engine.begin() as connection:
            job_rows.note(connection, old.id, JobState.FINISHED, "a run shows up late", 9.0)
        assert [line.note for line in job_rows.history(bot.engine, old.id)][-1] == "a run shows up late"
        assert archive(bot) == 1
        assert [line.note for line in job_rows.history(bot.engine, old.id)][-1] == "a run shows up late"
        assert lines(bot) == 0


def test_jobs_that_ended_at_one_moment_are_all_archived(database_url: str) -> None:
    with a_queue(database_url) as bot:
        moment = bot.clock.now() - 2 * ARCHIVE_SECONDS
        for number in range(1, 8):
            ended(bot, number, moment)
        assert [archive(bot, 3) for _ in range(4)] == [3, 3, 1, 0]
        assert lines(bot) == 0
        with bot.engine.connect() as connection:
            assert connection.execute(sa.select(TURNS.c.at).filter_by(name="archive")).scalar_one() == moment


def test_a_job_that_is_deleted_takes_its_archived_history_along(database_url: str) -> None:
    with a_queue(database_url) as bot:
        old = ended(bot, 1, bot.clock.now() - 2 * ARCHIVE_SECONDS)
        archive(bot)
        with bot.engine.begin() as connection:
            connection.execute(sa.delete(JOBS).filter_by(id=old.id))
        with bot.engine.connect() as connection:
            assert connection.execute(sa.select(OLD_HISTORIES)).all() == []
