"""The mails that GitHub sends to somebody who does not watch the repository, counted from what happened there.

Whoever opened a thread, is assigned, was asked for a review, commented or was mentioned is subscribed to it, and gets a
mail for each new comment, review, closing, merge and reopening by others. Being mentioned, assigned or asked for a
review is a mail by itself. Edits, labels, reactions, pins and what one does oneself send none.
https://docs.github.com/subscriptions-and-notifications/concepts/about-notifications (read 2026-11-29)
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from standins.github.issues import Issue
    from standins.github.repositories import Repository

_STATES = frozenset({"closed", "reopened"})


@dataclass(frozen=True, slots=True, order=True)
class _Act:
    """Something in a thread: who did it, and whom it names. `tells` says whether subscribers get a mail for it."""

    at: datetime
    order: int
    words: str = field(compare=False)
    by: str = field(compare=False)
    names: frozenset[str] = field(compare=False)
    tells: bool = field(compare=False, default=True)


def mails(repository: Repository, login: str) -> list[str]:
    """The mails to an account, one line each, thread by thread."""
    return [mail for issue in repository.issues.values() for mail in _of_thread(issue, login)]


def _of_thread(issue: Issue, login: str) -> Iterator[str]:
    subscribed = False
    for act in sorted(_acts(issue)):
        named = login in act.names
        if act.by != login and (named or (subscribed and act.tells)):
            yield f"#{issue.number} {act.words} by {act.by}"
        subscribed = subscribed or named or act.by == login


def _acts(issue: Issue) -> Iterator[_Act]:
    yield _Act(issue.created_at, 0, "opened", issue.user.login, _mentioned(issue.body), tells=False)
    for number, comment in enumerate(issue.comments):
        yield _Act(comment.created_at, number, "comment", comment.user.login, _mentioned(comment.body))
    for number, event in enumerate(issue.timeline.events):
        by = event.actor.user.login
        if event.event in _STATES:
            yield _Act(event.created_at, number, event.event, by, frozenset())
        elif event.event == "assigned":
            names = frozenset({str(event.parts["assignee"]["login"])})
            yield _Act(event.created_at, number, "assigned", by, names, tells=False)
    if issue.pull:
        asked = frozenset(user.login for user in issue.pull.requested)
        yield _Act(issue.created_at, 1, "review asked", issue.user.login, asked, tells=False)
        for number, review in enumerate(issue.pull.reviews):
            yield _Act(review.submitted_at, number, "review", review.user.login, _mentioned(review.body))


def _mentioned(text: str | None) -> frozenset[str]:
    """The accounts that a text mentions; not within code, where GitHub notifies nobody."""
    prose = re.sub(r"```.*?```|`[^`]*`", "", text or "", flags=re.DOTALL)
    return frozenset(re.findall(r"(?<![\w/`])@([A-Za-z0-9](?:[\w-]{0,38}))", prose))
