"""Taking a webhook in: reduced and stored, in one transaction. What is stored is acted on, whatever crashes."""

from __future__ import annotations

import hashlib
import logging
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from mtor_action.github.answers import Answer
from mtor_action.github.client import is_repository_name
from mtor_bot.deliveries import once
from mtor_bot.deliveries.event import as_plain, from_plain
from mtor_bot.deliveries.reduce import reduce
from mtor_bot.jobs.workflows import DELIVERIES_QUEUE, DELIVERY_WORKFLOW

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mtor_bot.context import Bot

WORKFLOW = DELIVERY_WORKFLOW
CAME_AT = "came_at"  # beside an event's own fields: when it came in
logger = logging.getLogger(__name__)
_GUID = re.compile(r"[A-Za-z0-9-]{1,80}")


class Taken(NamedTuple):
    """A webhook that is to be stored: its workflow's id, and the event in its plain form."""

    workflow_id: str
    event: dict[str, Any]


def take(bot: Bot, event_name: str, guid: str, payload: Any) -> Taken | None:
    """What is to be stored of a webhook whose signature was right; None if it is none of ours.

    `event_name` is X-GitHub-Event, `guid` X-GitHub-Delivery.
    """
    event = reduce(event_name, payload, bot.settings.trigger_label)
    name = Answer(payload).text("repository", "full_name")
    if event is None:
        if name and not is_repository_name(name):
            logger.warning("a webhook is ignored: its repository has a name that GitHub gives none")
        return None
    name = guid if _GUID.fullmatch(guid) else hashlib.sha256(guid.encode("utf-8", "replace")).hexdigest()
    return Taken(f"delivery-{name}", {**as_plain(event), CAME_AT: bot.clock.now()})


def store(bot: Bot, taken: Iterable[Taken]) -> None:
    """Store them all or none. Raises only if the database cannot be written.

    A delivery that is known is stored no second time, whether it was acted on or is still to be; of one comment only
    the first delivery is.
    """
    now = bot.clock.now()
    with bot.engine.begin() as connection:
        # In one order, so that replicas that store the same do not wait for each other.
        for each in sorted(taken, key=lambda each: each.workflow_id):
            if once.claim(connection, from_plain(each.event), each.workflow_id, now):
                bot.workflows.enqueue(connection, DELIVERIES_QUEUE, WORKFLOW, each.workflow_id, each.event)
            else:
                logger.warning("a comment came again under another id", extra={"delivery": each.workflow_id})


def receive(bot: Bot, event_name: str, guid: str, payload: Any) -> bool:
    """Take and store one webhook; False if it is none of ours, and nothing is stored."""
    taken = take(bot, event_name, guid, payload)
    if taken is not None:
        store(bot, [taken])
    return taken is not None
