"""The ground under jobs is gone: the App was removed or suspended, a repository archived, deleted or moved.

A webhook that failed is sent again for three days, when it may be over long since: jobs end for what is so now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_bot.jobs import obstacles, store
from mtor_bot.jobs.cancel import end_installation
from mtor_bot.jobs.job import UNFINISHED
from mtor_bot.jobs.repositories import renamed

if TYPE_CHECKING:
    from collections.abc import Collection

    from mtor_bot.context import Bot
    from mtor_bot.deliveries.event import InstallationChanged, RepositoryChanged

_ENDS = frozenset({"deleted", "suspend", "removed"})
_REPOSITORY_ENDS = frozenset({"archived", "deleted", "transferred"})


def installation_changed(bot: Bot, event: InstallationChanged) -> None:
    """Ask for new tokens, and end the jobs that cannot go on. Raises GitHubError."""
    bot.clients.forget(event.installation_id)
    if event.action in _ENDS:
        _end(bot, event.installation_id, event.repository_ids)


def repository_changed(bot: Bot, event: RepositoryChanged) -> None:
    """End the repository's jobs if they cannot go on, or note its new name. Raises GitHubError."""
    place = event.place
    if event.action in _REPOSITORY_ENDS:
        _end(bot, place.installation_id, [place.repository_id])
    else:
        renamed(bot, place.repository_id, place.repository)


def _end(bot: Bot, installation_id: int, repository_ids: Collection[int]) -> None:
    jobs = store.jobs(bot.engine, UNFINISHED, installation_id=installation_id, most=None)
    for repository_id, job in {job.repository_id: job for job in jobs}.items():
        gone = obstacles.ground(bot, job) if not repository_ids or repository_id in repository_ids else None
        if gone is not None:
            end_installation(bot, installation_id, gone, [repository_id])
