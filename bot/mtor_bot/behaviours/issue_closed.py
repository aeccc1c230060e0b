"""Closing an issue, or taking the label of a job under way off it, cancels its jobs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mtor_action.access.accounts import Sender, read_sender
from mtor_action.github.answers import Answer
from mtor_action.github.payloads import read_number, read_time
from mtor_action.on_issues.state_labels import UNDER_WAY
from mtor_bot.bot import Bot
from mtor_bot.events.event import RepositoryEvent
from mtor_bot.events.payload import PULL_UPDATED, read_place
from mtor_bot.github_app.own_on_github import is_app, is_ours
from mtor_bot.jobs.admission import admit
from mtor_bot.jobs.cancel import CancelRequest, cancel_issue
from mtor_bot.jobs.held_jobs import release


@dataclass(frozen=True, slots=True)
class IssueClosed(RepositoryEvent):
    """An issue or pull request was closed, deleted or moved to another repository; `at` as for Commented."""

    WEBHOOKS: ClassVar[frozenset[tuple[str, str]]] = frozenset(
        {("issues", "closed"), ("issues", "deleted"), ("issues", "transferred")}
    )
    sender: Sender
    number: int
    at: float = 0.0

    @classmethod
    def read(cls, payload: Answer, _trigger_label: str) -> IssueClosed | None:
        """Return the event, None without a repository or a number."""
        place, number = read_place(payload), read_number(payload)
        if place is None or not number:
            return None
        at = read_time(payload, "issue.closed_at", "issue.updated_at", "pull_request.closed_at", PULL_UPDATED)
        return cls(place, read_sender(payload.at("sender")), number, at)


@dataclass(frozen=True, slots=True)
class Unlabeled(RepositoryEvent):
    """An issue or pull request lost a label of a job under way; `at` as for Commented."""

    WEBHOOKS: ClassVar[frozenset[tuple[str, str]]] = frozenset({("issues", "unlabeled"), ("pull_request", "unlabeled")})
    sender: Sender
    number: int
    at: float = 0.0

    @classmethod
    def read(cls, payload: Answer, _trigger_label: str) -> Unlabeled | None:
        """Return the event, None unless the label is that of a job under way."""
        place, number = read_place(payload), read_number(payload)
        if place is None or not number or payload.text("label", "name").casefold() not in UNDER_WAY:
            return None
        at = read_time(payload, "issue.updated_at", PULL_UPDATED)
        return cls(place, read_sender(payload.at("sender")), number, at)


def issue_closed(bot: Bot, event: IssueClosed | Unlabeled) -> None:
    """Cancel the jobs, unless mtor itself closed the issue or took the label off. Raises GitHubError."""
    # Event runs move the labels by GITHUB_TOKEN, while a repository moves over to the App or back.
    if isinstance(event, Unlabeled) and is_ours(bot.clients.account(), event.sender.id, event.sender.login):
        return
    cancel_jobs(bot, event.place.repository_id, event.number, event.sender, event.at)
    release(bot, event.place.repository_id, event.number)
    admit(bot)


def cancel_jobs(bot: Bot, repository_id: int, number: int, sender: Sender, at: float) -> None:
    """Cancel the jobs asked for before `at`. No write access is needed: only the work is lost."""
    if not is_app(bot.clients.account(), sender.id, sender.login):
        cancel_issue(bot, repository_id, number, CancelRequest(sender.login or "somebody", at))
