"""The trigger label: run the issue's spec. The label is consumed, so that adding it again asks again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.errors import MtorError
from mtor_action.github.failures import GitHubError
from mtor_bot.authorisation.decision import Ask, Verdict, Wish
from mtor_bot.behaviours.labelled_issues import foresee, recent_label_event
from mtor_bot.behaviours.rights import account_of, decision, turn_away
from mtor_bot.behaviours.spec_texts import of_issue
from mtor_bot.behaviours.starting import Wanted, refuse, start
from mtor_bot.jobs.job import Trigger
from mtor_bot.jobs.label_events import newest_label_event
from mtor_bot.jobs.missed import moment
from mtor_bot.speech.answer import error_text
from mtor_bot.speech.labels import take_off

if TYPE_CHECKING:
    from mtor_action.github.client import Client
    from mtor_bot.context import Bot
    from mtor_bot.deliveries.event import Labeled


def labeled(bot: Bot, event: Labeled) -> None:
    """Act on the label, whoever set it. Raises GitHubError."""
    with bot.clients.repository(*event.place) as client:
        actor = account_of(client, event.sender)
        # Whose text it is comes later: it is not fetched for somebody who may not ask.
        verdict = decision(bot, client, Ask(Wish.STEER, actor)).verdict
        if verdict is Verdict.IGNORE:
            return
        number, label = event.number, bot.settings.trigger_label
        if verdict is Verdict.REACT:
            turn_away(bot, client, number, 0)
        else:
            foresee(client, number, label)
            trigger, asked_at = _trigger(bot, client, number)
            wanted = Wanted(event.place, number, actor, trigger, asked_at=asked_at)
            try:
                start(bot, client, wanted, of_issue(client, number))
            except GitHubError:
                raise
            except MtorError as error:
                refuse(bot, client, wanted, error_text(error))
        take_off(client, number, label)


def _trigger(bot: Bot, client: Client, number: int) -> tuple[Trigger, float]:
    """The event by which the label was set, which is the same for a webhook and for what reconciling finds; and when.

    0.0 where GitHub does not say when.
    """
    label = bot.settings.trigger_label
    event = recent_label_event(client, number, label) or newest_label_event(client, number, label)
    if event is not None:
        return Trigger("label", event.number("id")), moment(event.text("created_at"))
    # Where it is not listed (yet), only the unfinished job keeps a second one away.
    return Trigger("unlisted-label", int(bot.clock.now() * 1000)), 0.0
