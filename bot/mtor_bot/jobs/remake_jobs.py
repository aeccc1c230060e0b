"""Jobs that make a pull request of mtor's anew: what is entered for one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtor_action.coaching.note import BRANCH
from mtor_action.github.pins import is_text
from mtor_action.github.repositories import branch_head
from mtor_bot.jobs import job_rows
from mtor_bot.jobs.job_record import JobRequest

if TYPE_CHECKING:
    from mtor_action.github.client import Client
    from mtor_action.github.published_change import PublishedChange
    from mtor_action.planning.remakes import Remake
    from mtor_bot.bot import Bot
    from mtor_bot.github_app.installed_repository import InstalledRepository
    from mtor_bot.jobs.job_record import Job, Trigger


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
