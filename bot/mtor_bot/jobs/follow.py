"""Following a run to its end: webhooks wake the job, polling is the backup, and a cancellation is passed on."""

from __future__ import annotations

from mtor_action.github.actions.dispatched_runs import cancel_run
from mtor_action.github.actions.run_endings import PAUSE_SECONDS, CancelStep, cancel_step
from mtor_action.github.client import Client
from mtor_bot.bot import Bot
from mtor_bot.jobs import attempts, job_rows, obstacles, workflow_runs
from mtor_bot.jobs.attempts import Attempt
from mtor_bot.jobs.endings import NOT_PINNED, PUBLISH, Ending, Finish, Retry, RetryDecision, cancelled, decide
from mtor_bot.jobs.job_record import Job, JobState
from mtor_bot.jobs.repository_now import repository_now
from mtor_bot.jobs.workflow_runs import WorkflowRun

FOLLOWED = (JobState.DISPATCHED, JobState.RUNNING)
# A job that takes hours is polled every few minutes, one that takes minutes more often.
LEAST_POLL_SECONDS = 30.0
MOST_POLL_SECONDS = 300.0
POLLS = 10
ARTIFACT_SECONDS = 30.0


def follow(bot: Bot, job: Job) -> float:
    """Make one move of a job whose run is known; return the seconds until the next. Raises GitHubError."""
    attempt = attempts.last(bot.engine, job)
    if attempt.run_id is None:
        # A retry was entered and the process died before the job was said to be starting.
        return _start_again(bot, job, "next attempt")
    with bot.clients.repository(job.place) as client:
        run = workflow_runs.look(client, attempt.run_id)
        if run is None:
            return _end_without_run(bot, job)
        if run.status == "completed":
            return _ended(bot, client, job, attempt, run)
        if job.cancelled_by:
            return _cancel(bot, client, job, attempt)
    if run.status == "in_progress" and job.state is JobState.DISPATCHED:
        with bot.engine.begin() as connection:
            job_rows.move(
                connection, job.id, [JobState.DISPATCHED], JobState.RUNNING, "a runner works on it", bot.clock.now()
            )
    passed = bot.clock.since(attempt.intended_at or job.created_at)
    return bot.clock.scaled(min(max(passed / POLLS, LEAST_POLL_SECONDS), MOST_POLL_SECONDS))


def first_look_seconds(bot: Bot) -> float:
    """Return how long a run that was started just now is left to its webhooks."""
    return bot.clock.scaled(LEAST_POLL_SECONDS)


def _end_without_run(bot: Bot, job: Job) -> float:
    """End a job whose run is gone: somebody deleted it, or the whole repository is gone."""
    result = cancelled(job.cancelled_by) if job.cancelled_by else obstacles.RUN_GONE
    job_rows.finish(
        bot.engine, job.id, result if repository_now(bot, job) else obstacles.absent(bot, job), bot.clock.now()
    )
    return 0.0


def _cancel(bot: Bot, client: Client, job: Job, attempt: Attempt) -> float:
    """Ask GitHub to cancel, then with force; after that, stop waiting for it."""
    now = bot.clock.now()
    if attempt.cancel_sent_at is None:
        cancel_run(client, attempt.run_id or 0)
        attempts.change(bot.engine, attempt, cancel_sent_at=now)
        return bot.clock.scaled(PAUSE_SECONDS)
    step = cancel_step(bot.clock.since(attempt.cancel_sent_at))
    if step is CancelStep.GIVE_UP:
        job_rows.finish(bot.engine, job.id, cancelled(job.cancelled_by), now)
        return 0.0
    if step is CancelStep.FORCE:
        cancel_run(client, attempt.run_id or 0, force=True)
    return bot.clock.scaled(PAUSE_SECONDS)


def _ended(bot: Bot, client: Client, job: Job, attempt: Attempt, run: WorkflowRun) -> float:
    if attempt.ended_at is None:
        attempt = attempts.change(bot.engine, attempt, ended_at=bot.clock.now())
    ending = workflow_runs.ending(client, run, attempt.named or job.id)
    if ending.result is None and ending.conclusion == "success":
        if _follow_twin(bot, client, job, attempt):
            return 0.0
        if _awaits_artifact(bot, ending, attempt):
            return bot.clock.scaled(PAUSE_SECONDS)
    number = max(attempt.attempt, attempts.dispatched(bot.engine, job))
    decision = decide(ending, attempt=number, republished=attempt.republished, cancelled_by=job.cancelled_by)
    return _carry_out(bot, client, job, attempt, decision)


def _carry_out(bot: Bot, client: Client, job: Job, attempt: Attempt, decision: RetryDecision) -> float:
    if isinstance(decision, Finish):
        job_rows.finish(bot.engine, job.id, decision.result, bot.clock.now())
        return 0.0
    if isinstance(decision, Retry) and not job.pins:
        # Without pins the next run would take the text as it is then, whoever has edited it.
        job_rows.finish(bot.engine, job.id, NOT_PINNED, bot.clock.now())
        return 0.0
    if isinstance(decision, Retry):
        not_before = bot.clock.now() + bot.clock.scaled(decision.wait_seconds)
        attempts.begin(bot.engine, job, attempt.attempt + 1, not_before)
        return _start_again(bot, job, decision.reason)
    workflow_runs.rerun_failed(client, attempt.run_id or 0)
    attempts.change(bot.engine, attempt, ended_at=None, republished=attempt.republished + 1)
    with bot.engine.begin() as connection:
        job_rows.note(connection, job.id, job.state, decision.reason, bot.clock.now())
    return bot.clock.scaled(PAUSE_SECONDS)


def _start_again(bot: Bot, job: Job, reason: str) -> float:
    with bot.engine.begin() as connection:
        job_rows.move(connection, job.id, FOLLOWED, JobState.STARTING, reason, bot.clock.now())
    return 0.0


def _follow_twin(bot: Bot, client: Client, job: Job, attempt: Attempt) -> bool:
    """Follow the run that came first, of the same name or an event run's for the same spec; return whether it does."""
    first = workflow_runs.find_first(client, job.number, attempt)
    if first is None:
        return False
    with bot.engine.begin() as connection:
        return attempts.adopt(connection, attempt, first.id, first.html_url, named=first.named)


def _awaits_artifact(bot: Bot, ending: Ending, attempt: Attempt) -> bool:
    """Return whether publishing ended well so recently that its artifact may not be listed yet."""
    published = any(job.name == PUBLISH and job.conclusion == "success" for job in ending.jobs)
    return published and bot.clock.since(attempt.ended_at or 0.0) < ARTIFACT_SECONDS
