"""Event → behaviour: the table of contents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mtor_action.errors import MtorError
from mtor_action.github.failures import GitHubError
from mtor_bot.behaviours.commented import commented
from mtor_bot.behaviours.four_eyes import check_due
from mtor_bot.behaviours.installation_changed import installation_changed, repository_changed
from mtor_bot.behaviours.issue_closed import issue_closed
from mtor_bot.behaviours.labeled import labeled
from mtor_bot.behaviours.pull_request_changed import pull_request_changed
from mtor_bot.behaviours.reviewed import reviewed
from mtor_bot.behaviours.run_changed import run_changed
from mtor_bot.behaviours.status_due import status_due
from mtor_bot.deliveries import event as events
from mtor_bot.deliveries import once

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mtor_bot.context import Bot
    from mtor_bot.deliveries.event import Event

BEHAVIOURS: Mapping[type[Event], Callable[[Bot, Any], None]] = {
    events.Labeled: labeled,
    events.Unlabeled: issue_closed,
    events.Commented: commented,
    events.Reviewed: reviewed,
    events.IssueClosed: issue_closed,
    events.PullRequestChanged: pull_request_changed,
    events.CheckDue: check_due,
    events.RunChanged: run_changed,
    events.InstallationChanged: installation_changed,
    events.RepositoryChanged: repository_changed,
    events.StatusDue: status_due,
}


def behave(bot: Bot, event: Event) -> None:
    """Do what is to be done about an event, once for a comment or a review. Raises GitHubError, MtorError."""
    if once.is_done(bot, event):
        return
    try:
        BEHAVIOURS[type(event)](bot, event)
    except GitHubError:
        # It may be done again.
        raise
    except MtorError:
        once.mark_done(bot, event)
        raise
    once.mark_done(bot, event)
