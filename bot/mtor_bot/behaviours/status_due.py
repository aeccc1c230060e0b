"""The status comment was edited too recently to be edited again; now it may be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_bot.speech.status_comment import StatusDue, refresh

if TYPE_CHECKING:
    from mtor_bot.bot import Bot


def status_due(bot: Bot, event: StatusDue) -> None:
    """Show what is true now. Raises GitHubError."""
    with bot.clients.repository(event.place) as client:
        refresh(bot, client, event.place, event.number, due=event)
