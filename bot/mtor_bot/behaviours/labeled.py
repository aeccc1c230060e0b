"""The trigger label: run the issue's spec. The label is consumed, so that adding it again asks again."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from mtor_action.access.accounts import Sender, account_of, read_sender
from mtor_action.access.decision import AccessVerdict, Ask, AskKind
from mtor_action.errors import MtorError
from mtor_action.github.answers import Answer
from mtor_action.github.client import Client
from mtor_action.github.failures import GitHubError
from mtor_action.github.issues.label_events import is_label_event, is_same_label, newest_label_event
from mtor_action.github.payloads import moment, read_number
from mtor_action.job_start.spec_texts import of_issue
from mtor_action.on_issues.answer_texts import error_text
from mtor_action.on_issues.state_labels import take_off
from mtor_bot.behaviours.shared_reads import foresee, recent_events
from mtor_bot.behaviours.starting import StartRequest, refuse, start
from mtor_bot.bot import Bot
from mtor_bot.events.event import RepositoryEvent
from mtor_bot.events.payload import read_place
from mtor_bot.github_app.own_on_github import is_app
from mtor_bot.jobs.job_record import LABEL, UNLISTED_LABEL, Trigger
from mtor_bot.rights import decision, is_unlisted_bot
from mtor_bot.speech.turning_away import turn_away

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Labeled(RepositoryEvent):
    """An issue or pull request got the trigger label."""

    WEBHOOKS: ClassVar[frozenset[tuple[str, str]]] = frozenset({("issues", "labeled"), ("pull_request", "labeled")})
    sender: Sender
    number: int

    @classmethod
    def read(cls, payload: Answer, trigger_label: str) -> Labeled | None:
        """Return the event, None for another label."""
        place, number = read_place(payload), read_number(payload)
        if place is None or not number or not is_same_label(payload.text("label", "name"), trigger_label):
            return None
        return cls(place, read_sender(payload.at("sender")), number)


def labeled(bot: Bot, event: Labeled) -> None:
    """Start a job if whoever set the label may, and consume it; others are turned away. Raises GitHubError."""
    with bot.clients.repository(event.place) as client:
        actor = account_of(client, event.sender)
        # The text's authors are checked later: nothing is fetched for somebody who may not ask.
        decided = decision(bot, client, Ask(AskKind.STEER, actor))
        number, label = event.number, bot.settings.trigger_label
        if decided.verdict is AccessVerdict.IGNORE:
            # The label stays: an App that sets labels might set it again, endlessly.
            if is_unlisted_bot(client, actor):
                turn_away(bot, client, number, Trigger(LABEL, 0), decided.reason)
            return
        if decided.verdict is AccessVerdict.REACT:
            turn_away(bot, client, number, Trigger(LABEL, 0), decided.reason)
        else:
            foresee(client, number, label)
            events = recent_events(client, number)
            trigger, asked_at = _trigger(bot, client, number, events)
            if trigger.kind == LABEL and _is_taken_off_since(bot, events, trigger.id):
                about = {"repository": event.place.repository, "number": number}
                logger.info("the label was taken off before it was heard", extra=about)
                return
            request = StartRequest(event.place, number, actor, trigger, asked_at=asked_at)
            try:
                start(bot, client, request, of_issue(client, number))
            except GitHubError:
                raise
            except MtorError as error:
                refuse(bot, client, request, error_text(error))
        take_off(client, number, label)


def _trigger(bot: Bot, client: Client, number: int, recent: Sequence[Answer]) -> tuple[Trigger, float]:
    """Return the event that set the label, the same for a webhook as for reconciling, and its moment.

    0.0 where GitHub does not say when.
    """
    label = bot.settings.trigger_label
    listed = [event for event in recent if is_label_event(event, label)]
    event = max(listed, key=lambda event: event.number("id"), default=None) or newest_label_event(client, number, label)
    if event is not None:
        return Trigger(LABEL, event.number("id")), moment(event.text("created_at"))
    # If the event is not listed (yet), only the unfinished job prevents a second one.
    return Trigger(UNLISTED_LABEL, int(bot.clock.now() * 1000)), 0.0


def _is_taken_off_since(bot: Bot, recent: Sequence[Answer], event_id: int) -> bool:
    """Return whether somebody has taken the label off since the event that set it, but the App itself.

    An event run does so when it has answered the label.
    """
    own = bot.clients.account()
    return any(
        event.number("id") > event_id
        and is_label_event(event, bot.settings.trigger_label, "unlabeled")
        and not is_app(own, event.number("actor", "id"), event.text("actor", "login"))
        for event in recent
    )
