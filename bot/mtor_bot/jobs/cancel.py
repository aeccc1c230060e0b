"""Ending jobs early: because a person asks for it, or because the repository is gone."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from mtor_action.github.actions.dispatched_runs import cancel_run
from mtor_bot.bot import Bot
from mtor_bot.database.schema import JOBS
from mtor_bot.jobs import job_rows
from mtor_bot.jobs.endings import cancelled
from mtor_bot.jobs.job_record import COMMENT, UNFINISHED, Job, JobResult, JobState

# Where GitHub does not say when a job was asked for, its clock is compared with ours.
SKEW_SECONDS = 60.0


def cancel(bot: Bot, job_id: str, by: str) -> bool:
    """Mark a job to be cancelled; return whether it was unfinished. Its durable workflow cancels the run."""
    job = job_rows.find(bot.engine, job_id)
    if job is None or job.is_finished:
        return False
    _note(bot, job, by)
    if not end_with(bot, job, cancelled(by), JobState.WAITING):
        bot.queue.wake(job.durable_workflow_id)
    return True


@dataclass(frozen=True, slots=True)
class CancelRequest:
    """A person's act by which older jobs end or are run again; jobs asked for later are left alone.

    `at` is when, in seconds since the epoch by GitHub's clock, 0.0 if that is not known; `comment_id` 0: no comment.
    """

    by: str
    at: float = 0.0
    comment_id: int = 0

    def is_older_than(self, job: Job) -> bool:
        """Return whether the job was asked for after this act; in the same second, by GitHub's clock, it was not."""
        if self.comment_id and job.trigger.kind == COMMENT:
            return job.trigger.id > self.comment_id
        skew_seconds = 0.0 if job.trigger.is_dated else SKEW_SECONDS
        return 0.0 < self.at < job.created_at - skew_seconds


def cancel_issue(bot: Bot, repository_id: int, number: int, word: CancelRequest) -> list[str]:
    """Cancel the unfinished jobs of an issue or pull request that are older than the request; return their ids."""
    jobs = [job for job in job_rows.unfinished(bot.engine, repository_id, number) if not word.is_older_than(job)]
    return [job.id for job in jobs if cancel(bot, job.id, word.by)]


def end_installation(
    bot: Bot, installation_id: int, result: JobResult, repository_ids: Collection[int] = ()
) -> list[str]:
    """Give all unfinished jobs of an installation, or of some repositories, the same end; return their ids.

    For what leaves no way to go on: uninstalled, suspended, archived, transferred, deleted.
    """
    bot.clients.forget(installation_id)
    jobs = job_rows.jobs(bot.engine, UNFINISHED, installation_id=installation_id, most=None)
    concerned = [job for job in jobs if not repository_ids or job.repository_id in repository_ids]
    ended = []
    for job in concerned:
        if end_with(bot, job, result, *UNFINISHED):
            bot.queue.wake(job.durable_workflow_id)
            ended.append(job.id)
    return ended


def stop_run(bot: Bot, job: Job, run_id: int) -> None:
    """Cancel a run that its job no longer wants. Raises GitHubError."""
    with bot.clients.repository(job.place) as client:
        cancel_run(client, run_id)


def _note(bot: Bot, job: Job, by: str) -> None:
    first = sa.and_(JOBS.c.id == job.id, JOBS.c.cancelled_by == "")
    with bot.engine.begin() as connection:
        if connection.execute(sa.update(JOBS).where(first).values(cancelled_by=by)).rowcount:
            job_rows.note(connection, job.id, job.state, f"cancellation asked for by {by}", bot.clock.now())


def end_with(bot: Bot, job: Job, result: JobResult, *states: JobState) -> bool:
    """Give the job its end if it is in one of these states; one that waited gets a durable workflow to announce it."""
    with bot.engine.begin() as connection:
        if not job_rows.finish_within(connection, job.id, result, bot.clock.now(), states):
            return False
        bot.queue.start(connection, job.id, job.durable_workflow_id)
    return True
