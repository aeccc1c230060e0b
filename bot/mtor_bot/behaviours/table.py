"""Event → behaviour: the table of contents, and the webhooks that are read, which follow from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mtor_action.errors import MtorError
from mtor_action.github.answers import Answer
from mtor_action.github.failures import GitHubError
from mtor_bot.behaviours.checks_ended import ChecksEnded, checks_ended
from mtor_bot.behaviours.commented import Commented, commented
from mtor_bot.behaviours.four_eyes import CheckDue, check_due
from mtor_bot.behaviours.installation_changed import (
    InstallationChanged,
    RepositoryChanged,
    installation_changed,
    repository_changed,
)
from mtor_bot.behaviours.issue_closed import IssueClosed, Unlabeled, issue_closed
from mtor_bot.behaviours.labeled import Labeled, labeled
from mtor_bot.behaviours.pull_request_changed import PullRequestChanged, pull_request_changed
from mtor_bot.behaviours.reviewed import Reviewed, reviewed
from mtor_bot.behaviours.run_changed import RunChanged, run_changed
from mtor_bot.behaviours.status_due import status_due
from mtor_bot.behaviours.ticked import Ticked, ticked
from mtor_bot.bot import Bot
from mtor_bot.events import deduplication
from mtor_bot.events import event as stored_form
from mtor_bot.events.event import Event
from mtor_bot.speech.status_comment import StatusDue

BEHAVIOURS: Mapping[type[Event], Callable[[Bot, Any], None]] = {
    Labeled: labeled,
    Unlabeled: issue_closed,
    Commented: commented,
    Reviewed: reviewed,
    Ticked: ticked,
    IssueClosed: issue_closed,
    PullRequestChanged: pull_request_changed,
    CheckDue: check_due,
    RunChanged: run_changed,
    ChecksEnded: checks_ended,
    InstallationChanged: installation_changed,
    RepositoryChanged: repository_changed,
    StatusDue: status_due,
}
KINDS: Mapping[str, type[Event]] = {kind.__name__: kind for kind in BEHAVIOURS}
WEBHOOKS: Mapping[tuple[str, str], type[Event]] = {
    webhook: kind for kind in BEHAVIOURS for webhook in sorted(kind.WEBHOOKS)
}
# Every App gets these, subscribed or not: https://docs.github.com/webhooks/webhook-events-and-payloads#installation
ALWAYS_SENT = frozenset({"installation", "installation_repositories"})
SUBSCRIPTIONS = tuple(sorted({name for name, _action in WEBHOOKS} - ALWAYS_SENT))
"""The events that the App has to be subscribed to."""


def read_webhook(name: str, payload: Any, trigger_label: str) -> Event | None:
    """Return the event of a webhook called `name` (X-GitHub-Event), None if no behaviour acts on it.

    Never raises, whatever the payload holds.
    """
    answer = Answer(payload)
    kind = WEBHOOKS.get((name, answer.text("action")))
    return kind.read(answer, trigger_label) if kind else None


def from_plain(plain: Mapping[str, Any]) -> Event | None:
    """Return the event that `as_plain` made plain, None for a kind that this release does not know."""
    return stored_form.from_plain(plain, KINDS)


def behave(bot: Bot, event: Event) -> None:
    """Act on an event, once for a comment or a review. Raises GitHubError, MtorError."""
    if deduplication.is_done(bot, event):
        return
    try:
        BEHAVIOURS[type(event)](bot, event)
    except GitHubError:
        # It may be done again.
        raise
    except MtorError:
        deduplication.mark_done(bot, event)
        raise
    deduplication.mark_done(bot, event)
