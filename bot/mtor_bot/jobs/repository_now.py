"""The present place of a repository, found by its id, which survives a rename or a transfer."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from mtor_action.github.failures import RequestFailureKind, Tolerance
from mtor_bot.bot import Bot
from mtor_bot.database.schema import JOBS, REPOSITORIES
from mtor_bot.jobs.job_record import Job


@dataclass(frozen=True, slots=True)
class RepositoryNow:
    """A repository as GitHub describes it now."""

    full_name: str
    default_branch: str
    archived: bool


def repository_now(bot: Bot, job: Job) -> RepositoryNow | None:
    """Return the job's repository as it is now, None if the installation does not see it. Notes a new name.

    Raises GitHubError.
    """
    # No token can be made for a repository that the installation does not hold.
    absent = Tolerance(RequestFailureKind.NOT_FOUND, RequestFailureKind.INVALID)
    with absent, bot.clients.repository(job.place) as client:
        answer = client.call("GET", f"/repositories/{job.repository_id}")
        client.keep_id("", answer)
        now = RepositoryNow(answer.text("full_name"), answer.text("default_branch"), answer.flag("archived"))
        if now.full_name != job.repository:
            renamed(bot, job.repository_id, now.full_name)
        return now
    return None


def renamed(bot: Bot, repository_id: int, full_name: str) -> None:
    """Note a repository's new name (OWNER/REPO)."""
    unfinished = sa.and_(JOBS.c.repository_id == repository_id, JOBS.c.told_at.is_(None))
    with bot.engine.begin() as connection:
        connection.execute(sa.update(REPOSITORIES).filter_by(id=repository_id).values(full_name=full_name))
        connection.execute(sa.update(JOBS).where(unfinished).values(repository=full_name))
