"""A pull request of mtor's was opened or closed: those that are open hold further jobs back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_bot.behaviours.four_eyes import set_check
from mtor_bot.behaviours.issue_closed import issue_closed
from mtor_bot.github_app.ours import is_ours
from mtor_bot.jobs import pulls
from mtor_bot.jobs.admission import admit

if TYPE_CHECKING:
    from mtor_bot.context import Bot
    from mtor_bot.deliveries.event import PullRequestChanged


def pull_request_changed(bot: Bot, event: PullRequestChanged) -> None:
    """Count it and set its check, or let jobs start that waited for it, and end those that were for it.

    Raises GitHubError.
    """
    # Of events only those for a branch of mtor's are about a pull request.
    if is_ours(bot.clients.account(), event.author.id, event.author.login):
        pulls.record(bot, event.place.repository_id, event.number, is_open=event.is_open)
    if event.is_open:
        with bot.clients.repository(*event.place) as client:
            set_check(bot, client, event.place, event.number)
    else:
        issue_closed(bot, event)
        admit(bot)
