"""A review of mtor's own pull request by a writer: its remarks are proposed as a note for later runs.

A command in its first line, on any pull request, is obeyed as in a comment.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import ClassVar

from mtor_action.access.accounts import Sender, account_of, read_sender
from mtor_action.access.command import read_command
from mtor_action.access.decision import AccessVerdict, Ask, AskKind
from mtor_action.github.answers import Answer
from mtor_action.github.branches import taught_notes
from mtor_action.github.payloads import read_number, read_time
from mtor_bot.behaviours.commented import WrittenCommand, obey
from mtor_bot.behaviours.four_eyes import CheckDue, set_check
from mtor_bot.bot import Bot
from mtor_bot.events import deduplication
from mtor_bot.events.event import RepositoryEvent
from mtor_bot.events.payload import read_place
from mtor_bot.github_app.own_on_github import is_on_our_branch, is_ours
from mtor_bot.jobs.job_record import REVIEW, REVIEW_COMMENT, Trigger
from mtor_bot.rights import decision


@dataclass(frozen=True, slots=True)
class Reviewed(RepositoryEvent):
    """Somebody reviewed a pull request whose branch is one of mtor's, or wrote a command in a review.

    `path` is "" for a review as a whole, and `id` that of the review or remark (0: not known).
    """

    WEBHOOKS: ClassVar[frozenset[tuple[str, str]]] = frozenset(
        {("pull_request_review", "submitted"), ("pull_request_review_comment", "created")}
    )
    sender: Sender
    number: int
    author: Sender
    body: str
    url: str
    path: str = ""
    at: float = 0.0
    id: int = 0

    @classmethod
    def read(cls, payload: Answer, trigger_label: str) -> Reviewed | CheckDue | None:
        """Return the event; a review without a remark worth noting may still change the check."""
        place, remark = read_place(payload), payload.at("comment" if "comment" in payload.value else "review")
        # An approval has no remark that a later run could use.
        is_silent = not remark.text("body").strip() or remark.text("state") == "approved"
        is_lesson = not is_silent and is_on_our_branch(payload.at("pull_request"))
        if place is None or not (is_lesson or read_command(remark.text("body"))):
            return CheckDue.read(payload, trigger_label) if "review" in payload.value else None
        return cls(
            place,
            sender=read_sender(remark.at("user")),
            number=read_number(payload),
            author=read_sender(payload.at("pull_request", "user")),
            body=remark.text("body"),
            url=remark.text("html_url"),
            path=remark.text("path"),
            at=read_time(remark, "submitted_at", "created_at"),
            id=remark.number("id"),
        )

    def source(self) -> str:
        """Return the review or remark, which may have one effect."""
        return f"review-{sha256(self.url.encode('utf-8', 'replace')).hexdigest()}"


def reviewed(bot: Bot, event: Reviewed) -> None:
    """Obey the command, or keep the remarks if the reviewer may write. Raises GitHubError, MtorError."""
    if deduplication.is_too_old(bot, event.at):
        return
    with bot.clients.repository(event.place) as client:
        set_check(bot, client, event.place, event.number)
        if read_command(event.body):
            obey(bot, client, _command_in(event))
            return
        if not is_ours(bot.clients.account(), event.author.id, event.author.login):
            return
        if decision(bot, client, Ask(AskKind.STEER, account_of(client, event.sender))).verdict is not AccessVerdict.DO:
            return
        paths = (event.path,) if event.path else ()
        taught_notes.propose(client, taught_notes.ReviewRemark(event.body, event.sender.login, event.url, paths))


def _command_in(event: Reviewed) -> WrittenCommand:
    trigger = Trigger(REVIEW_COMMENT if event.path else REVIEW, event.id)
    return WrittenCommand(
        event.place, event.sender, event.number, trigger, event.body, event.at, path=event.path, url=event.url
    )
