"""Jobs that remake a pull request of mtor's: what is stored for one, and when mtor starts one by itself.

By itself mtor carries the same head to the same commit once, and a pull request a few times in a night. There is one
such job at a time, and its end looks again, so a burst of pushes to the base is one run. A job that never began because
mtor is paused does not count. Only such a job shows that mtor is paused, so the next one follows an hour later.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial

import sqlalchemy as sa

from mtor_action.coaching.note import BRANCH
from mtor_action.errors import CommandError, MtorError
from mtor_action.github.answers import Answer
from mtor_action.github.branches.repositories import OUR_BRANCHES, branch_head
from mtor_action.github.client import Client
from mtor_action.github.failures import LIMITED, GitHubError
from mtor_action.github.pulls.published_change import PublishedChange
from mtor_action.github.texts.pins import is_text
from mtor_action.job_start.joined_starts import renew_start
from mtor_action.job_start.remakes import MovedPull, Remake, is_mtors, moved_pull, reason_to_ask, remake_of
from mtor_action.on_issues.remake_runs import (
    MOST_OF_ALL,
    MOST_OF_ONE,
    NIGHT_SECONDS,
    ask_for_a_person,
    offer_text,
)
from mtor_bot.bot import Bot
from mtor_bot.database.schema import JOBS, TRIGGERS
from mtor_bot.github_app.clients import is_refused_token
from mtor_bot.github_app.installed_repository import InstalledRepository
from mtor_bot.github_app.own_on_github import is_ours
from mtor_bot.jobs import job_rows
from mtor_bot.jobs.job_record import BASE_MOVED, Job, JobRequest, Trigger

PAUSED_SECONDS = 3600.0
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RemakeAsked:
    """Who asked ("" for nobody: the base moved), by what, and when; `at` as in JobRequest."""

    trigger: Trigger
    by: str = ""
    at: float = 0.0


def job_of_pull(bot: Bot, repository_id: int, change: PublishedChange) -> Job | None:
    """Return the job of a spec that led to the pull request, None where it is not known here."""
    jobs = [job for job in job_rows.about(bot.engine, repository_id, [change.issue]) if is_text(job.pins)]
    led = [job for job in jobs if job.pull_request == change.number]
    candidates = led or [job for job in jobs if job.number == change.issue]
    return candidates[-1] if candidates else None


def remake_request(
    client: Client,
    place: InstalledRepository,
    remake: Remake,
    made_by: Job | None,
    asked: RemakeAsked,
) -> JobRequest:
    """Return the request for the job; `made_by` led to the pull request, and its authors are this one's.

    Raises GitHubError.
    """
    change = remake.moved.change
    return JobRequest(
        installation_id=place.installation_id,
        repository_id=place.repository_id,
        repository=place.repository,
        number=change.number,
        is_pull_request=True,
        title=remake.texts.title,
        digest=remake.digest,
        pins=remake.pins,
        requester=asked.by,
        trigger=asked.trigger,
        target_branch=change.head_ref,
        base_ref=change.base_ref,
        coaching=branch_head(client, BRANCH) or "",
        authors=made_by.authors if made_by else (),
        asked_at=asked.at,
    )


def look_at_pulls(bot: Bot, client: Client, place: InstalledRepository, *, only_stacked: bool = False) -> list[str]:
    """Enter a job for each open pull request of mtor's that has to be remade; return their ids.

    `only_stacked`: only those that go into another's branch. Raises GitHubError for a rate limit or a refused token,
    and where the pull requests cannot be listed.
    """
    client.forget_reads()
    ours = partial(is_ours, bot.clients.account())
    pulls = [pull for pull in client.pages("pulls") if is_mtors(pull, ours)][::-1]
    if only_stacked:
        pulls = [pull for pull in pulls if pull.text("base", "ref").startswith(OUR_BRANCHES)]
    return [job for pull in pulls for job in _look_at_one(bot, client, place, pull)]


def _look_at_one(bot: Bot, client: Client, place: InstalledRepository, pull: Answer) -> list[str]:
    """Look at a pull request about which GitHub may refuse something; only a rate limit ends the pass."""
    number = pull.number("number")
    try:
        try:
            return _remade(bot, client, place, pull)
        except CommandError as error:
            ask_for_a_person(client, number, pull.text("head", "sha"), f"{error.message}: {error.hint}")
    except MtorError as error:
        if isinstance(error, GitHubError) and (error.kind in LIMITED or is_refused_token(error)):
            raise
        logger.warning("a pull request cannot be remade", extra={"number": number, "why": error.message})
    return []


def _remade(bot: Bot, client: Client, place: InstalledRepository, pull: Answer) -> list[str]:
    """Enter the job, if the pull request needs one; return its id. Raises MtorError."""
    ours = partial(is_ours, bot.clients.account())
    if pull.text("base", "ref").startswith(f"{OUR_BRANCHES}start-"):
        renew_start(client, pull)
    moved = moved_pull(client, pull.number("number"), ours)
    return _start(bot, client, place, moved) if moved is not None and moved.is_needed else []


def _start(bot: Bot, client: Client, place: InstalledRepository, moved: MovedPull) -> list[str]:
    if job_rows.unfinished(bot.engine, place.repository_id, moved.number):
        return []  # its end looks again
    if reason := reason_to_ask(client, moved.change):
        ask_for_a_person(client, moved.number, moved.change.head, offer_text(moved, reason))
        return []
    made_by = job_of_pull(bot, place.repository_id, moved.change)
    remake = remake_of(client, moved, made_by.pins if made_by else ())
    if _is_enough(bot, place.repository_id, moved.number):
        return []
    trigger = Trigger(BASE_MOVED, int(remake.digest[:15], 16) + _paused_before(bot, place.repository_id, remake))
    request = remake_request(client, place, remake, made_by, RemakeAsked(trigger))
    entered = job_rows.request(bot.engine, request, bot.clock.now())
    return [entered.job.id] if entered.new and not entered.job.is_finished else []


def _paused_before(bot: Bot, repository_id: int, remake: Remake) -> int:
    """Return how many jobs for the same were entered while mtor was paused: each leaves the trigger to the next."""
    same = sa.and_(JOBS.c.repository_id == repository_id, JOBS.c.number == remake.moved.number)
    query = sa.select(sa.func.count()).where(same, JOBS.c.digest == remake.digest, JOBS.c.paused)
    with bot.engine.connect() as connection:
        return int(connection.execute(query).scalar_one())


def _is_enough(bot: Bot, repository_id: int, number: int) -> bool:
    """Return whether nothing further is remade by itself for now: of this pull request, or in this repository."""
    now = bot.clock.now()
    since = now - bot.clock.scaled(NIGHT_SECONDS)
    never_began = sa.exists().where(JOBS.c.id == TRIGGERS.c.job, JOBS.c.paused)
    by_itself = sa.select(sa.func.count()).select_from(TRIGGERS).where(sa.not_(never_began))
    by_itself = by_itself.where(TRIGGERS.c.kind == BASE_MOVED, TRIGGERS.c.accepted_at > since)
    by_itself = by_itself.where(TRIGGERS.c.repository_id == repository_id)
    with bot.engine.connect() as connection:
        if job_rows.is_paused(connection, repository_id, now - bot.clock.scaled(PAUSED_SECONDS)):
            return True
        of_all = connection.execute(by_itself).scalar_one()
        of_one = connection.execute(by_itself.where(TRIGGERS.c.number == number)).scalar_one()
    return of_one >= MOST_OF_ONE or of_all >= MOST_OF_ALL
