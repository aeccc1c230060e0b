"""The ground under jobs is gone: the App was removed or suspended, a repository archived, deleted or moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_bot.jobs.cancel import end_installation
from mtor_bot.jobs.obstacles import ARCHIVED, REPOSITORY_GONE, SUSPENDED, UNINSTALLED
from mtor_bot.jobs.repositories import renamed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mtor_bot.context import Bot
    from mtor_bot.deliveries.event import InstallationChanged, RepositoryChanged
    from mtor_bot.jobs.job import Result

_ENDS: Mapping[str, Result] = {
    "deleted": UNINSTALLED,
    "suspend": SUSPENDED,
    "removed": REPOSITORY_GONE,
}
_REPOSITORY_ENDS: Mapping[str, Result] = {
    "archived": ARCHIVED,
    "deleted": REPOSITORY_GONE,
    "transferred": REPOSITORY_GONE,
}


def installation_changed(bot: Bot, event: InstallationChanged) -> None:
    """End the jobs, or only ask for new tokens."""
    if event.action in _ENDS:
        end_installation(bot, event.installation_id, _ENDS[event.action], event.repository_ids)
    else:
        bot.clients.forget(event.installation_id)


def repository_changed(bot: Bot, event: RepositoryChanged) -> None:
    """End the repository's jobs, or note its new name."""
    place = event.place
    if event.action in _REPOSITORY_ENDS:
        end_installation(bot, place.installation_id, _REPOSITORY_ENDS[event.action], [place.repository_id])
    else:
        renamed(bot, place.repository_id, place.repository)
