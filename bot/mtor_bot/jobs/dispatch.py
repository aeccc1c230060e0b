"""Have GitHub start a run once: store the intent, send the request, store the run's id.

Whatever is lost in between, the run is looked for by its name before the request is sent a second time. If GitHub's
lists lag longer than that, there may be two runs, of which the one with the higher id leaves at once (`twin_runs`).
GitHub may carry out three requests at most, since each may be a whole run that nobody sees. They are counted in the
transaction before each is sent, so that no crash and no other replica loses the count.
https://docs.github.com/rest/actions/workflows#create-a-workflow-dispatch-event
"""

from __future__ import annotations

from dataclasses import replace

from mtor_action.github.actions.dispatched_runs import post_dispatch
from mtor_action.github.client import Client
from mtor_action.github.failures import TABLE, Again, GitHubError
from mtor_action.github.texts.pins import encode
from mtor_bot.bot import Bot
from mtor_bot.jobs import attempts, job_rows, obstacles, workflow_runs
from mtor_bot.jobs.attempts import Attempt
from mtor_bot.jobs.endings import MOST_DISPATCHES, cancelled, not_shown
from mtor_bot.jobs.follow import first_look_seconds
from mtor_bot.jobs.job_record import Job, JobResult, JobState
from mtor_bot.jobs.repository_now import repository_now
from mtor_bot.jobs.start_query import seen_ready

# Waits after a request with an unknown outcome, and after one confirmed without the run's id.
LOOK_SECONDS = 60.0
CONFIRMED_LOOK_SECONDS = 300.0
PAUSE_SECONDS = 5.0


def dispatch(bot: Bot, job: Job) -> float:
    """Make one move of a job that is starting; return the seconds until the next. Raises GitHubError."""
    attempt = attempts.last(bot.engine, job)
    if attempt.run_id is not None:
        return _adopt(bot, job, attempt, attempt.run_id, attempt.run_url)
    if attempt.intended_at is not None:
        wait_seconds = _look(bot, job, attempt)
        if wait_seconds is not None:
            return wait_seconds
    if job.cancelled_by:
        return _finish(bot, job, cancelled(job.cancelled_by))
    if attempts.dispatched(bot.engine, job) >= MOST_DISPATCHES:
        return _finish(bot, job, not_shown(workflow_runs.title(job.number, attempt.name), accepted=attempt.accepted))
    early = attempt.not_before - bot.clock.now()
    return early if early > 0 else _begin(bot, job, attempt)


def _look(bot: Bot, job: Job, attempt: Attempt) -> float | None:
    """Find the run of a request that may have been sent; None once it would have been listed."""
    with bot.clients.repository(job.place) as client:
        run = workflow_runs.find(client, workflow_runs.title(job.number, attempt.name))
    if run:
        return _adopt(bot, job, attempt, run.id, run.html_url)
    look_seconds = CONFIRMED_LOOK_SECONDS if attempt.accepted else LOOK_SECONDS
    is_early = bot.clock.since(attempt.intended_at or 0.0) < look_seconds
    return bot.clock.scaled(PAUSE_SECONDS) if is_early else None


def _begin(bot: Bot, job: Job, attempt: Attempt) -> float:
    repository = seen_ready(bot, job)
    if repository is not None:
        with bot.clients.repository(replace(job.place, repository=repository.full_name)) as client:
            return _send(bot, client, job, attempt, repository.default_branch)
    repository = repository_now(bot, job)
    if repository is None:
        return _finish(bot, job, obstacles.absent(bot, job))
    with bot.clients.repository(replace(job.place, repository=repository.full_name)) as client:
        obstacle = obstacles.before_dispatch(client, job, repository)
        if obstacle:
            return _finish(bot, job, obstacle)
        return _send(bot, client, job, attempt, repository.default_branch)


def _send(bot: Bot, client: Client, job: Job, attempt: Attempt, ref: str) -> float:
    dispatches = attempt.dispatches + 1
    attempt = attempts.change(bot.engine, attempt, intended_at=bot.clock.now(), accepted=False, dispatches=dispatches)
    try:
        run_id, run_url = _post(client, job, attempt, ref)
    except GitHubError as error:
        if TABLE[error.kind].again is Again.UNSURE:
            return bot.clock.scaled(PAUSE_SECONDS)
        # Certainly not carried out, so it is not counted.
        attempts.change(bot.engine, attempt, intended_at=None, dispatches=dispatches - 1)
        raise
    if run_id:
        _adopt(bot, job, attempt, run_id, run_url)
        # It has only just begun to wait for a runner: its webhook, or the first poll, tells when that changes.
        return first_look_seconds(bot)
    attempts.change(bot.engine, attempt, accepted=True)
    return bot.clock.scaled(PAUSE_SECONDS)


def _post(client: Client, job: Job, attempt: Attempt, ref: str) -> tuple[int, str]:
    """Send the request; return the run's id and page, 0 and "" if GitHub does not name the run yet."""
    inputs = {
        "issue": str(job.number),
        "job": job.id,
        "attempt": str(attempt.attempt),
        "spec": encode(job.pins),
        "requester": job.requester,
        "coaching": job.coaching,
    }
    answer = post_dispatch(client, workflow_runs.FILE, ref, inputs)
    return answer.number("workflow_run_id"), answer.text("html_url")


def _adopt(bot: Bot, job: Job, attempt: Attempt, run_id: int, run_url: str) -> float:
    with bot.engine.begin() as connection:
        attempts.adopt(connection, attempt, run_id, run_url)
        job_rows.move(connection, job.id, [JobState.STARTING], JobState.DISPATCHED, f"run {run_id}", bot.clock.now())
    return 0.0


def _finish(bot: Bot, job: Job, result: JobResult) -> float:
    job_rows.finish(bot.engine, job.id, result, bot.clock.now())
    return 0.0
