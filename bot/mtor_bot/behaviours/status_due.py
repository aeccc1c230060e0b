"""A put-off edit of the status comment, which was edited too recently to be edited again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_bot.speech.status_comment import StatusDue, refresh

if TYPE_CHECKING:
    from mtor_bot.bot import Bot


def status_due(bot: Bot, event: StatusDue) -> None:
    """Edit the status comment to the present state of its jobs. Raises GitHubError."""
    with bot.clients.repository(event.place) as client:
        refresh(bot, client, event.place, event.number, due=event)
