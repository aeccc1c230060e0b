"""A box ticked in the issue "mtor: last night": the command of the same name, for somebody with write access."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import ClassVar

from mtor_action.access.accounts import Sender, account_of, read_sender
from mtor_action.access.command import Command, Verb
from mtor_action.access.decision import AccessVerdict, Account, Ask, AskKind
from mtor_action.github.answers import Answer
from mtor_action.github.client import Client
from mtor_action.github.payloads import read_number, read_time
from mtor_action.night.night_boxes import Box, box_named, boxes_ticked, note_answered
from mtor_action.on_issues.best_effort import best_effort
from mtor_bot.behaviours.commented import AppCommand, WrittenCommand, carry_out
from mtor_bot.bot import Bot
from mtor_bot.events import deduplication
from mtor_bot.events.event import RepositoryEvent
from mtor_bot.events.payload import read_place
from mtor_bot.github_app.own_on_github import is_ours
from mtor_bot.jobs.job_record import BOX, Trigger
from mtor_bot.rights import decision
from mtor_bot.speech.issue_lock import turn


@dataclass(frozen=True, slots=True)
class Ticked(RepositoryEvent):
    """Somebody ticked boxes of the issue `number`, which `author` wrote; `at` as for Commented.

    `boxes` are their names; `edit` tells this edit of the text from every other.
    """

    WEBHOOKS: ClassVar[frozenset[tuple[str, str]]] = frozenset({("issues", "edited")})
    sender: Sender
    author: Sender
    number: int
    boxes: tuple[str, ...]
    edit: str
    at: float = 0.0

    @classmethod
    def read(cls, payload: Answer, _trigger_label: str) -> Ticked | None:
        """Return the event, None for an edit that ticked no box."""
        place, number, boxes = read_place(payload), read_number(payload), boxes_ticked(payload)
        if place is None or not number or not boxes:
            return None
        at = read_time(payload, "issue.updated_at")
        texts = (payload.text("changes", "body", "from"), payload.text("issue", "body"), str(at))
        edit = sha256("\0".join(texts).encode("utf-8", "replace")).hexdigest()
        senders = (read_sender(payload.at("sender")), read_sender(payload.at("issue", "user")))
        return cls(place, *senders, number, tuple(map(str, boxes)), edit, at)

    def source(self) -> str:
        """Return the edit, which may have one effect."""
        return f"edit-{self.edit}"


def ticked(bot: Bot, event: Ticked) -> None:
    """Do what the boxes say, and say so beside them. Raises GitHubError.

    A tick of somebody who may not ask does nothing; the next night's text has an empty box again.
    """
    if deduplication.is_too_old(bot, event.at):
        return
    with bot.clients.repository(event.place) as client:
        if not is_ours(bot.clients.account(), event.author.id, event.author.login):
            return
        actor = account_of(client, event.sender)
        if decision(bot, client, Ask(AskKind.STEER, actor)).verdict is not AccessVerdict.DO:
            return
        boxes = [box for name in event.boxes if (box := box_named(name)) is not None]
        done: list[Box] = []
        for box in boxes:
            with best_effort(box.label):
                _carry_out(bot, client, event, actor, box)
                done.append(box)
        with turn(bot, event.place.repository_id, event.number):
            note_answered(client, event.number, done, event.sender.login)


def _carry_out(bot: Bot, client: Client, event: Ticked, actor: Account, box: Box) -> None:
    command = Command(Verb(box.verb), box.verb)
    # Ids of a kind are one row for a repository: the same tick is the same job after a crash.
    ident = int(sha256(f"{event.edit} {box}".encode()).hexdigest()[:15], 16)
    written = WrittenCommand(event.place, event.sender, box.number, Trigger(BOX, ident), f"/mtor {box.verb}", event.at)
    carry_out(AppCommand.of(bot, client, written, actor, command))
