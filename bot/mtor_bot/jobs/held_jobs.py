"""Jobs that come after others: held until those are green, or blocked once one of them cannot get green any more.

Whatever may have changed that looks again: the end of a job, a closed issue or pull request, every reconciliation. The
state of the others is read from GitHub and from the rows each time and stored nowhere, so a crash loses nothing. If the
text was edited meanwhile, the job ends; if an issue blocks it since, that one is waited for too.
"""

from __future__ import annotations

import json
import logging
from functools import partial

import sqlalchemy as sa

from mtor_action.github.client import Client
from mtor_action.github.failures import GitHubError
from mtor_action.job_start.predecessors_on_github import (
    PredecessorState,
    QueueOrder,
    join_results,
    predecessor,
)
from mtor_action.job_start.waiting_spec import check_waiting
from mtor_action.report.report import Outcome
from mtor_bot.bot import Bot
from mtor_bot.database.schema import JOBS
from mtor_bot.jobs import job_rows
from mtor_bot.jobs.cancel import end_with
from mtor_bot.jobs.job_record import Job, JobResult, JobState

_GREEN = frozenset({Outcome.CLEAN, Outcome.FIXED, Outcome.EMPTY})
_STEP = "Get it green or take it out of `after`, then write `/mtor retry`."
logger = logging.getLogger(__name__)


def release(bot: Bot, repository_id: int | None = None, number: int | None = None) -> None:
    """Look again at every held job, of one repository or of all; with `number`, at those that come after that issue.

    What GitHub refuses is left to the next look.
    """
    for job in job_rows.held(bot.engine, repository_id):
        if number is not None and number not in job.after:
            continue
        try:
            with bot.clients.repository(job.place) as client:
                client.forget_reads()
                look_again(bot, client, job)
        except GitHubError as error:
            logger.warning("a held job could not be looked at", extra={"job": job.id, "why": error.message})


def look_again(bot: Bot, client: Client, job: Job) -> None:
    """Let the held job wait on, let it be admitted, or end it: blocked, or edited meanwhile. Raises GitHubError."""
    if not job.held or job.state is not JobState.WAITING:
        return
    now = check_waiting(client, job.number, job.pins, job.after)
    if now.refusal:
        end_with(bot, job, JobResult(Outcome.REJECTED, now.refusal, now.next_step), JobState.WAITING)
        return
    if now.after != job.after:
        job_rows.change(bot.engine, job.id, after=json.dumps(now.after))
    known = partial(_latest_state, bot, job.repository_id)
    order = QueueOrder(job.number, tuple(predecessor(client, issue, known(issue)) for issue in now.after))
    if order.of(PredecessorState.RED):
        end_with(bot, job, JobResult(Outcome.BLOCKED, order.obstacle, _STEP), JobState.WAITING)
    elif order.obstacle:
        job_rows.change(bot.engine, job.id, waits_for=order.obstacle)
    elif clash := join_results(client, order):
        reason = f"It comes after several issues whose results do not merge: {clash} conflicts with those before it."
        end_with(bot, job, JobResult(Outcome.BLOCKED, reason, "Put one of them `after` the other."), JobState.WAITING)
    else:
        _let_go(bot, job, now.after)


def _latest_state(bot: Bot, repository_id: int, number: int) -> PredecessorState | None:
    """Return how far the latest job of an issue is; None if it has none."""
    job = job_rows.latest(bot.engine, repository_id, number)
    if job is None:
        return None
    if job.outcome is None:
        return PredecessorState.UNDER_WAY
    return PredecessorState.GREEN if job.outcome in _GREEN else PredecessorState.RED


def _let_go(bot: Bot, job: Job, after: tuple[int, ...]) -> None:
    is_held = sa.and_(JOBS.c.id == job.id, JOBS.c.held, JOBS.c.state == JobState.WAITING.value)
    with bot.engine.begin() as connection:
        if connection.execute(sa.update(JOBS).where(is_held).values(held=False, waits_for="")).rowcount:
            words = f"all that it comes after is green: {', '.join(f'#{number}' for number in after)}"
            job_rows.note(connection, job.id, JobState.WAITING, words, bot.clock.now())
