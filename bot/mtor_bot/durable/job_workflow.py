"""The durable workflow of a job. It knows nothing but the job's id: rows say where the job is, each step moves it on.

A step that is done again after a crash finds in the rows how far it came, so that a step's record in the queue's
library only saves time. Every release can therefore resume the workflows of every other.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from mtor_action.github.failures import LIMITED, TABLE, Again, GitHubError
from mtor_action.on_issues.best_effort import best_effort
from mtor_bot.bot import Bot, running_bot
from mtor_bot.github_app.clients import is_refused_token
from mtor_bot.github_app.rate_limits import spread
from mtor_bot.jobs import job_rows, obstacles
from mtor_bot.jobs.admission import admit
from mtor_bot.jobs.dispatch import dispatch
from mtor_bot.jobs.follow import follow
from mtor_bot.jobs.held_jobs import release
from mtor_bot.jobs.job_record import Job, JobState
from mtor_bot.jobs.remake_jobs import look_at_pulls
from mtor_bot.logs import bound
from mtor_bot.queue.durable_queue import WAKE
from mtor_bot.speech.end_announcement import tell
from mtor_bot.speech.status_comment import show

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dbos import StepOptions


FIRST_WAIT_SECONDS = 30.0
MOST_WAIT_SECONDS = 900.0
MOST_FAULTS_TELLING = 10
logger = logging.getLogger(__name__)


def move_on(job_id: str) -> None:
    """Move a job on until it has ended and its end was announced."""
    from dbos import DBOS

    # A fault of ours is tried again; a workflow that ends by one is replaced by the next reconciliation.
    step: StepOptions = {"name": "step", "retries_allowed": True, "max_attempts": 5, "interval_seconds": 1.0}
    with bound(job=job_id):
        while (wait_seconds := DBOS.run_step(step, advance, job_id)) is not None:
            if wait_seconds > 0:
                DBOS.recv(WAKE, timeout_seconds=wait_seconds)


def advance(job_id: str) -> float | None:
    """Take a job's next step; return the seconds until there is more to do, None if there never is."""
    bot = running_bot()
    with bot.lease.acting():
        job = job_rows.job_by_id(bot.engine, job_id)
        if job.told_at is not None:
            return None
        try:
            wait_seconds = _STEPS[job.state](bot, job)
        except GitHubError as error:
            return _refused(bot, job, error)
        _moved(bot, job)
        return wait_seconds


def _moved(bot: Bot, before: Job) -> None:
    """Set the count of faults back after a step that worked, and update the status of an unfinished job."""
    if before.faults:
        job_rows.change(bot.engine, before.id, faults=0)
    job = job_rows.job_by_id(bot.engine, before.id)
    if not job.is_finished:
        _update_status(bot, job)


def _wait(_bot: Bot, _job: Job) -> None:
    """Do nothing: admission starts a job's workflow, and no started job goes back to waiting."""


def _update_status(bot: Bot, job: Job) -> None:
    """Bring the status on GitHub up to date, in one try: a failure is only logged."""
    if job.shown == job.state.value:
        return
    try:
        with bot.clients.repository(job.place) as client:
            show(bot, client, job)
    except GitHubError as error:
        logger.warning("the state of a job could not be shown", extra={"job": job.id, "why": error.message})
        if error.kind in LIMITED:
            return
    job_rows.change(bot.engine, job.id, shown=job.state.value)


def _announce(bot: Bot, job: Job) -> float:
    """Announce on GitHub how the job ended, then let the next one start."""
    with bot.clients.repository(job.place) as client:
        tell(bot, client, job)
        with best_effort("pull requests that are stacked"):
            # What was pushed may be what others are stacked on; and the base may have moved on meanwhile.
            look_at_pulls(bot, client, job.place, only_stacked=not job.trigger.is_nobodys)
    release(bot, job.repository_id, job.number)
    return _settle(bot, job, "said so on GitHub")


def _settle(bot: Bot, job: Job, words: str) -> float:
    now = bot.clock.now()
    admit(bot)
    with bot.engine.begin() as connection:
        job_rows.move(connection, job.id, [JobState.FINISHED], JobState.FINISHED, words, now, told_at=now)
    return 0.0


def _refused(bot: Bot, job: Job, error: GitHubError) -> float:
    """Handle a refusal or failure of GitHub: wait and try again, or end the job with the reason."""
    logger.warning("GitHub refused a step of a job", extra={"job": job.id, "why": error.message})
    if is_refused_token(error):
        bot.clients.forget(job.installation_id)
    if error.kind in LIMITED:
        return _when_open(bot, job)
    given_up = job.is_finished and job.faults >= MOST_FAULTS_TELLING
    if (TABLE[error.kind].again is not Again.NEVER or is_refused_token(error)) and not given_up:
        return _later(bot, job)
    if job.is_finished:
        return _settle(bot, job, f"could not say so on GitHub: {error.message}")
    try:
        result = obstacles.diagnose(bot, job, error)
    except GitHubError as unasked:
        return _when_open(bot, job) if unasked.kind in LIMITED else _later(bot, job)
    job_rows.finish(bot.engine, job.id, result, bot.clock.now())
    return 0.0


def _when_open(bot: Bot, job: Job) -> float:
    """Return the seconds until GitHub may be asked again. A limit is not a fault: no job is given up for it."""
    return bot.clients.closed_seconds(job.installation_id) + spread(bot.clock)


def _later(bot: Bot, job: Job) -> float:
    job_rows.change(bot.engine, job.id, faults=job.faults + 1)
    return bot.clock.scaled(min(FIRST_WAIT_SECONDS * 2**job.faults, MOST_WAIT_SECONDS))


_STEPS: Mapping[JobState, Callable[[Bot, Job], float | None]] = {
    JobState.WAITING: _wait,
    JobState.STARTING: dispatch,
    JobState.DISPATCHED: follow,
    JobState.RUNNING: follow,
    JobState.FINISHED: _announce,
}
