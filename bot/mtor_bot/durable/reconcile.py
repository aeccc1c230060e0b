"""Repairs after lost webhooks, crashes and other people's deletions, made every few minutes by one replica.

The parts are independent: one that fails is logged and repeated with the next pass.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime

import sqlalchemy as sa

from mtor_action.github.failures import GitHubError, RequestFailureKind
from mtor_action.report.report import Outcome
from mtor_bot.bot import Bot
from mtor_bot.database.schema import JOBS, PULLS, REPOSITORIES
from mtor_bot.durable.lost_events import redeliver, relabel
from mtor_bot.durable.mornings import keep_mornings
from mtor_bot.events import deduplication
from mtor_bot.github_app.installed_repository import InstalledRepository
from mtor_bot.github_app.own_on_github import is_our_pull
from mtor_bot.jobs import job_rows, open_pulls
from mtor_bot.jobs.admission import admit
from mtor_bot.jobs.archive import archive_some
from mtor_bot.jobs.due_passes import PASS_SECONDS, RECONCILE, take_turn
from mtor_bot.jobs.held_jobs import release
from mtor_bot.jobs.job_record import JobResult, durable_workflow_id
from mtor_bot.jobs.remake_jobs import look_at_pulls
from mtor_bot.server_settings import PollingSettings

# Each replica checks this often for a due pass.
LOOK_SECONDS = 60.0
MOST_GENERATIONS = 5
# Longer than GitHub offers to deliver again: a delivery that is known is not processed twice.
FORGET_SECONDS = 14 * 24 * 3600.0
BROKEN = JobResult(
    Outcome.ERROR, "mtor itself failed on this job, again and again.", "The bot's log says why; then `/mtor retry`."
)
logger = logging.getLogger(__name__)
# The failure of each part, by its name. A process runs one pass at a time.
_failing: dict[str, RequestFailureKind] = {}


def reconcile(bot: Bot) -> None:
    """Do a pass if one is due and no other replica is doing it."""
    previous = take_turn(bot, RECONCILE, PASS_SECONDS)
    if previous is None:
        return
    parts: dict[str, Callable[[], object]] = {
        "rescue": lambda: rescue(bot),
        "order": lambda: release(bot),
        "admission": lambda: admit(bot),
        "deliveries": lambda: redeliver(bot, previous),
        "labels": lambda: relabel(bot),
        "pull requests": lambda: count_pulls(bot),
        "bases": lambda: follow_bases(bot),
        "mornings": lambda: keep_mornings(bot),
        "old durable workflows": lambda: forget(bot),
        "old comments": lambda: deduplication.forget(bot),
        "old histories": lambda: archive_some(bot),
    }
    if isinstance(bot.settings, PollingSettings):
        # An App that nobody can reach has no deliveries.
        del parts["deliveries"]
    for name, part in parts.items():
        try:
            with bot.lease.acting():
                part()
        except GitHubError as error:
            _say_once(name, error)
        except Exception:
            logger.exception("a part of reconciling failed", extra={"part": name})
        else:
            _failing.pop(name, None)


def _say_once(part: str, error: GitHubError) -> None:
    """Log a refusal of GitHub (an older server, a proxy) when it begins, not with every pass."""
    if _failing.get(part) != error.kind:
        _failing[part] = error.kind
        about = {"part": part, "why": error.message, "hint": error.hint}
        logger.warning("GitHub refused a part of reconciling; said once until that changes", extra=about)


def rescue(bot: Bot) -> list[str]:
    """Give each started job whose durable workflow broke a new one; return the ids of those jobs."""
    jobs = job_rows.unsettled(bot.engine)
    at_work = bot.queue.at_work([job.durable_workflow_id for job in jobs])
    # Read again: a job may have ended, with its durable workflow, in between.
    fresh = (job_rows.job_by_id(bot.engine, job.id) for job in jobs if job.durable_workflow_id not in at_work)
    broken = [job for job in fresh if job.told_at is None]
    for job in broken:
        logger.warning(
            "a job's durable workflow broke and is replaced", extra={"job": job.id, "generation": job.generation}
        )
        if job.generation >= MOST_GENERATIONS:
            job_rows.finish(bot.engine, job.id, BROKEN, bot.clock.now())
        with bot.engine.begin() as connection:
            unchanged = sa.and_(JOBS.c.id == job.id, JOBS.c.generation == job.generation)
            connection.execute(sa.update(JOBS).where(unchanged).values(generation=job.generation + 1))
            bot.queue.start(connection, job.id, durable_workflow_id(job.id, job.generation + 1))
    return [job.id for job in broken]


def count_pulls(bot: Bot) -> None:
    """Count mtor's open pull requests in each repository that ever had a job; back-pressure depends on it."""
    with bot.engine.connect() as connection:
        repositories = connection.execute(sa.select(REPOSITORIES)).all()
    for row in repositories:
        try:
            with bot.clients.repository(InstalledRepository(row.installation_id, 0, row.full_name)) as client:
                listed = list(client.pages("pulls", params={"state": "open"}))
        except GitHubError as error:
            logger.info("a repository is left out", extra={"repository": row.full_name, "why": error.message})
            continue
        numbers = [pull.number("number") for pull in listed if is_our_pull(bot.clients.account(), pull)]
        open_pulls.replace(bot, row.id, numbers)


def follow_bases(bot: Bot) -> None:
    """Start what remakes pull requests of mtor's whose base moved, in each repository that has open ones."""
    with bot.engine.connect() as connection:
        has_pulls = sa.select(PULLS.c.repository_id)
        repositories = connection.execute(sa.select(REPOSITORIES).where(REPOSITORIES.c.id.in_(has_pulls))).all()
    for row in repositories:
        place = InstalledRepository(row.installation_id, row.id, row.full_name)
        try:
            with bot.clients.repository(place) as client:
                look_at_pulls(bot, client, place)
        except GitHubError as error:
            logger.info("a repository is left out", extra={"repository": row.full_name, "why": error.message})
    admit(bot)


def forget(bot: Bot) -> None:
    """Delete the queue library's records of durable workflows that ended long ago."""
    before = datetime.fromtimestamp(bot.clock.now() - bot.clock.scaled(FORGET_SECONDS), UTC).isoformat()
    while bot.queue.forget(before):
        pass
