"""Taking a webhook in: it is reduced and stored in one transaction, and acted on later, whatever crashes.

What the server acknowledges goes through the inbox; what the bot found by itself goes straight on the queue.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from mtor_action.github.answers import Answer
from mtor_action.github.client import is_repository_name
from mtor_bot.behaviours.table import from_plain, read_webhook
from mtor_bot.bot import Bot
from mtor_bot.events import deduplication
from mtor_bot.events.event import Event, as_plain
from mtor_bot.queue.durable_queue import DELIVERIES_QUEUE, DELIVERY_WORKFLOW
from mtor_bot.queue.inbox import KeptDelivery

CAME_AT = "came_at"  # beside an event's own fields: when it came in
logger = logging.getLogger(__name__)
_GUID = re.compile(r"[A-Za-z0-9-]{1,80}")


@dataclass(frozen=True, slots=True)
class IncomingWebhook:
    """A webhook to be stored, and the id of the durable workflow that will act on it.

    `came_at` is when it was received, in seconds since the epoch.
    """

    durable_workflow_id: str
    event: Event
    came_at: float

    def stored_form(self) -> dict[str, object]:
        """Return the arguments of the durable workflow, as plain values."""
        return {**as_plain(self.event), CAME_AT: self.came_at}


def take(bot: Bot, event_name: str, guid: str, payload: Any) -> IncomingWebhook | None:
    """Return the part of a correctly signed webhook that is stored, None if no behaviour acts on it.

    `event_name` is X-GitHub-Event, `guid` X-GitHub-Delivery.
    """
    event = read_webhook(event_name, payload, bot.settings.trigger_label)
    name = Answer(payload).text("repository", "full_name")
    if event is None:
        if name and not is_repository_name(name):
            logger.warning("a webhook is ignored: its repository has a name that GitHub gives none")
        return None
    name = guid if _GUID.fullmatch(guid) else hashlib.sha256(guid.encode("utf-8", "replace")).hexdigest()
    return IncomingWebhook(f"delivery-{name}", event, bot.clock.now())


def keep(bot: Bot, webhooks: Iterable[IncomingWebhook]) -> None:
    """Store all webhooks in the inbox, or none; they are put on the queue soon. Raises if the database refuses."""
    bot.inbox.keep(KeptDelivery(webhook.durable_workflow_id, webhook.stored_form()) for webhook in webhooks)


def store(bot: Bot, webhooks: Iterable[IncomingWebhook]) -> None:
    """Put all webhooks on the queue, or none. Raises only if the database cannot be written."""
    kept = [KeptDelivery(webhook.durable_workflow_id, webhook.stored_form()) for webhook in webhooks]
    # In one order, so that replicas that store the same do not wait for each other.
    kept.sort(key=lambda delivery: delivery.durable_workflow_id)
    with bot.engine.begin() as connection:
        enqueue(bot, connection, kept)


def enqueue(bot: Bot, connection: sa.Connection, deliveries: Iterable[KeptDelivery]) -> None:
    """Put deliveries, which are sorted by id, on the queue with the transaction.

    A delivery that is known is put there no second time, whether it was acted on or is still to be; of one comment only
    the first delivery is.
    """
    now = bot.clock.now()
    for kept in deliveries:
        name, event = kept.durable_workflow_id, from_plain(kept.plain)
        # What a later release stored keeps its place until a later release is back.
        if event is None or deduplication.claim(connection, event, name, now):
            bot.queue.enqueue(connection, DELIVERIES_QUEUE, DELIVERY_WORKFLOW, name, kept.plain)
        else:
            logger.warning("a comment came again under another id", extra={"delivery": name})


def receive(bot: Bot, event_name: str, guid: str, payload: Any) -> bool:
    """Store one webhook; return False, with nothing stored, if no behaviour acts on it."""
    webhook = take(bot, event_name, guid, payload)
    if webhook is not None:
        store(bot, [webhook])
    return webhook is not None
