"""A put-off edit of the status comment, which was edited too recently to be edited again."""

from __future__ import annotations

from mtor_bot.bot import Bot
from mtor_bot.speech.status_comment import StatusDue, refresh


def status_due(bot: Bot, event: StatusDue) -> None:
    """Edit the status comment to the present state of its jobs. Raises GitHubError."""
    with bot.clients.repository(event.place) as client:
        refresh(bot, client, event.place, event.number, due=event)
