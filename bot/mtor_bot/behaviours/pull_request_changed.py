"""A pull request of mtor's was opened or closed: open ones hold further jobs back; branches of closed ones go."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from mtor_action.access.accounts import Sender, read_sender
from mtor_action.github.answers import Answer
from mtor_action.github.payloads import read_number, read_time
from mtor_action.github.pulls.closed_branch import delete_closed_branch, retarget
from mtor_action.on_issues.best_effort import best_effort
from mtor_bot.behaviours.four_eyes import CheckDue, set_check
from mtor_bot.behaviours.issue_closed import IssueClosed, cancel_jobs
from mtor_bot.bot import Bot
from mtor_bot.events.event import RepositoryEvent
from mtor_bot.events.payload import read_place
from mtor_bot.github_app.own_on_github import is_app, is_on_our_branch, is_ours
from mtor_bot.jobs import open_pulls
from mtor_bot.jobs.admission import admit
from mtor_bot.jobs.held_jobs import release
from mtor_bot.jobs.remake_jobs import look_at_pulls


@dataclass(frozen=True, slots=True)
class PullRequestChanged(RepositoryEvent):
    """A pull request from a branch of mtor's was opened or closed; `at` as for Commented."""

    WEBHOOKS: ClassVar[frozenset[tuple[str, str]]] = frozenset(
        {("pull_request", "opened"), ("pull_request", "reopened"), ("pull_request", "closed")}
    )
    sender: Sender
    number: int
    author: Sender
    is_open: bool
    at: float = 0.0

    @classmethod
    def read(cls, payload: Answer, trigger_label: str) -> PullRequestChanged | CheckDue | IssueClosed | None:
        """Return the event; for somebody else's pull request the one about its check, or about the jobs on it."""
        place, number, pull = read_place(payload), read_number(payload), payload.at("pull_request")
        is_open = pull.text("state") == "open"
        if place is None or not number or not is_on_our_branch(pull):
            return (CheckDue if is_open else IssueClosed).read(payload, trigger_label)
        return cls(
            place,
            sender=read_sender(payload.at("sender")),
            number=number,
            author=read_sender(pull.at("user")),
            is_open=is_open,
            at=read_time(pull, "updated_at"),
        )


def pull_request_changed(bot: Bot, event: PullRequestChanged) -> None:
    """Count it and set its check, or let jobs start that waited for it, end those that were for it, delete its branch.

    Raises GitHubError.
    """
    # Only a pull request that mtor opened is counted.
    if is_ours(bot.clients.account(), event.author.id, event.author.login):
        open_pulls.record(bot, event.place.repository_id, event.number, is_open=event.is_open)
    if event.is_open:
        with bot.clients.repository(event.place) as client:
            set_check(bot, client, event.place, event.number)
    else:
        cancel_jobs(bot, event.place.repository_id, event.number, event.sender, event.at)
        _retarget(bot, event)
        _remake(bot, event)
        release(bot, event.place.repository_id)
        admit(bot)
        _tidy(bot, event)


def _retarget(bot: Bot, event: PullRequestChanged) -> None:
    with best_effort("pull requests on a branch"), bot.clients.repository(event.place) as client:
        retarget(client, event.number)


def _remake(bot: Bot, event: PullRequestChanged) -> None:
    """Start what brings up to date those that were stacked on it, or that do not merge any more."""
    with best_effort("pull requests behind their base"), bot.clients.repository(event.place) as client:
        look_at_pulls(bot, client, event.place)


def _tidy(bot: Bot, event: PullRequestChanged) -> None:
    """Delete the branch, unless the App closed the pull request: it does so only to reopen it."""
    own = bot.clients.account()
    if is_app(own, event.sender.id, event.sender.login):
        return
    with best_effort("a branch"), bot.clients.repository(event.place) as client:
        delete_closed_branch(client, event.number, partial(is_ours, own))
