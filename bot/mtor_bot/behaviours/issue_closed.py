"""Closing an issue, or taking the label of a job under way off it, cancels its jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_bot.github_app.ours import is_app
from mtor_bot.jobs.cancel import Word, cancel_issue

if TYPE_CHECKING:
    from mtor_bot.context import Bot
    from mtor_bot.deliveries.event import IssueClosed, PullRequestChanged, Unlabeled


def issue_closed(bot: Bot, event: IssueClosed | Unlabeled | PullRequestChanged) -> None:
    """Cancel, unless it was ourselves. Whoever may close or label may stop: it costs nothing but the work."""
    if not is_app(bot.clients.account(), event.sender.id, event.sender.login):
        word = Word(event.sender.login or "somebody", event.at)
        cancel_issue(bot, event.place.repository_id, event.number, word)
