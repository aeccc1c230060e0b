"""The ground under jobs is gone: the App was removed or suspended, a repository archived, deleted or moved.

A webhook that failed is sent again for three days, when it may be over long since: jobs end for what is so now.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar

from mtor_action.github.answers import Answer
from mtor_bot.bot import Bot
from mtor_bot.events.event import Event, RepositoryEvent
from mtor_bot.events.payload import read_place
from mtor_bot.jobs import job_rows, obstacles
from mtor_bot.jobs.cancel import end_installation
from mtor_bot.jobs.due_passes import look_soon
from mtor_bot.jobs.job_record import UNFINISHED
from mtor_bot.jobs.repository_now import renamed

MOST_REPOSITORIES = 10_000
_ENDS = frozenset({"deleted", "suspend", "removed"})
_BEGINS = frozenset({"created", "added", "unsuspend"})
_REPOSITORY_ENDS = frozenset({"archived", "deleted", "transferred"})


@dataclass(frozen=True, slots=True)
class InstallationChanged(Event):
    """The App was installed, removed, suspended or given other permissions, or other repositories.

    `repository_ids` are those that are gone; (): all of the installation's.
    """

    WEBHOOKS: ClassVar[frozenset[tuple[str, str]]] = frozenset(
        {
            ("installation", "created"),
            ("installation", "deleted"),
            ("installation", "suspend"),
            ("installation", "unsuspend"),
            ("installation", "new_permissions_accepted"),
            ("installation_repositories", "added"),
            ("installation_repositories", "removed"),
        }
    )
    installation_id: int
    action: str
    repository_ids: tuple[int, ...] = ()

    @classmethod
    def read(cls, payload: Answer, _trigger_label: str) -> InstallationChanged | None:
        """Return the event, None if it names no installation, or removes no repository."""
        installation_id, action = payload.number("installation", "id"), payload.text("action")
        removed = payload.items("repositories_removed")[:MOST_REPOSITORIES]
        if not installation_id or (action == "removed" and not removed):
            return None
        ids = tuple(repository.number("id") for repository in removed) if action == "removed" else ()
        return cls(installation_id, action, ids)

    def installation(self) -> int:
        """Return the id of the installation that the event is about."""
        return self.installation_id


@dataclass(frozen=True, slots=True)
class RepositoryChanged(RepositoryEvent):
    """A repository was archived, deleted, transferred or renamed."""

    WEBHOOKS: ClassVar[frozenset[tuple[str, str]]] = frozenset(
        {
            ("repository", "archived"),
            ("repository", "deleted"),
            ("repository", "transferred"),
            ("repository", "renamed"),
        }
    )
    action: str

    @classmethod
    def read(cls, payload: Answer, _trigger_label: str) -> RepositoryChanged | None:
        """Return the event, None without a repository."""
        place = read_place(payload)
        return cls(place, payload.text("action")) if place else None


def installation_changed(bot: Bot, event: InstallationChanged) -> None:
    """Ask for new tokens, end the jobs that cannot go on, and look at new repositories soon. Raises GitHubError."""
    bot.clients.forget(event.installation_id)
    if event.action in _ENDS:
        _end(bot, event.installation_id, event.repository_ids)
    elif event.action in _BEGINS:
        # There may be labels, and runs of the way without a server.
        look_soon(bot)


def repository_changed(bot: Bot, event: RepositoryChanged) -> None:
    """End the repository's jobs if they cannot go on, or note its new name. Raises GitHubError."""
    place = event.place
    if event.action in _REPOSITORY_ENDS:
        _end(bot, place.installation_id, [place.repository_id])
    else:
        renamed(bot, place.repository_id, place.repository)


def _end(bot: Bot, installation_id: int, repository_ids: Collection[int]) -> None:
    jobs = job_rows.jobs(bot.engine, UNFINISHED, installation_id=installation_id, most=None)
    for repository_id, job in {job.repository_id: job for job in jobs}.items():
        ending = obstacles.ground(bot, job) if not repository_ids or repository_id in repository_ids else None
        if ending is not None:
            end_installation(bot, installation_id, ending, [repository_id])
