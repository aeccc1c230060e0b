"""Webhooks about workflow runs, passed on to the jobs that wait for them."""

from __future__ import annotations

from dataclasses import dataclass

from mtor_action.report.report import Outcome
from mtor_bot.bot import Bot
from mtor_bot.github_app.own_on_github import is_our_run
from mtor_bot.jobs import attempts, job_rows, workflow_runs
from mtor_bot.jobs.attempts import Attempt
from mtor_bot.jobs.cancel import stop_run
from mtor_bot.jobs.job_record import Job, JobState

# https://docs.github.com/rest/actions/workflow-runs#get-a-workflow-run
WAITING = frozenset({"queued", "requested", "waiting", "pending"})


@dataclass(frozen=True, slots=True)
class RunEvent:
    """The run of a `workflow_run` event.

    https://docs.github.com/webhooks/webhook-events-and-payloads#workflow_run
    """

    repository_id: int
    run_id: int
    run_attempt: int
    display_title: str
    event: str
    path: str
    status: str
    conclusion: str
    html_url: str


def signal_run(bot: Bot, run: RunEvent) -> str | None:
    """Adopt the run if an attempt does not know it yet, and wake its job; return the job's id.

    Only dispatched runs of our workflow count: a pull request from a fork may give its own runs any name.
    Raises GitHubError if a run that nobody wants any more could not be cancelled.
    """
    title = workflow_runs.read_title(run.display_title)
    if title is None or not is_our_run(run.event, run.path):
        return None
    attempt = attempts.find(bot.engine, *title, run.repository_id)
    if attempt is None:
        return None
    job = job_rows.job_by_id(bot.engine, attempt.job)
    if job.is_finished:
        _leave(bot, job, attempt, run)
        return job.id
    with bot.engine.begin() as connection:
        if attempts.adopt(connection, attempt, run.run_id, run.html_url):
            words = f"run {run.run_id}, by its webhook"
            job_rows.move(connection, attempt.job, [JobState.STARTING], JobState.DISPATCHED, words, bot.clock.now())
    job = job_rows.job_by_id(bot.engine, attempt.job)
    if job.is_finished:
        _leave(bot, job, attempt, run)
    elif not _is_known(job, run):
        bot.queue.wake(job.durable_workflow_id)
    return job.id


def _is_known(job: Job, run: RunEvent) -> bool:
    """Return whether the webhook only says that a run waits for a runner, which is what a dispatched job's does."""
    is_waiting = job.state is JobState.DISPATCHED and not job.cancelled_by and run.run_id == job.run_id
    return is_waiting and run.status in WAITING


def _leave(bot: Bot, job: Job, attempt: Attempt, run: RunEvent) -> None:
    """Cancel the run of an ended job if a person asked for that, or if it shows up only now."""
    is_late = attempt.run_id != run.run_id
    # A run that a person has started again is left alone.
    if (is_late or job.outcome is Outcome.CANCELLED) and run.status != "completed" and run.run_attempt == 1:
        stop_run(bot, job, run.run_id)
        if is_late:
            with bot.engine.begin() as connection:
                words = f"run {run.run_id} shows up after the end and is cancelled"
                job_rows.note(connection, job.id, job.state, words, bot.clock.now())
