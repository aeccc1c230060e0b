"""The durable workflow of a delivery: its behaviour, tried again while GitHub has trouble.

A behaviour is one step, and may be done again after a crash: whatever it makes on GitHub, it looks for first.
"""

from __future__ import annotations

import logging
from itertools import count
from typing import TYPE_CHECKING

from mtor_action.errors import MtorError
from mtor_action.github.failures import LIMITED, TABLE, Again, GitHubError
from mtor_bot.behaviours.table import behave, from_plain
from mtor_bot.bot import Bot, running_bot
from mtor_bot.durable.receive import CAME_AT
from mtor_bot.github_app.clients import is_refused_token
from mtor_bot.github_app.kept_answers import serving_delivery
from mtor_bot.github_app.rate_limits import spread
from mtor_bot.logs import bound

if TYPE_CHECKING:
    from dbos import StepOptions

    from mtor_action.untyped import JsonObject
    from mtor_bot.events.event import Event

FIRST_WAIT_SECONDS = 10.0
MOST_WAIT_SECONDS = 900.0
MOST_TRIES = 14  # over two hours
MOST_LIMITED_TRIES = 100  # each waits until the moment that GitHub names
logger = logging.getLogger(__name__)


def process_delivery(plain: JsonObject) -> None:
    """Act on a stored event until it is done or not worth another try: the durable workflow of a delivery."""
    from dbos import DBOS

    step: StepOptions = {"name": "behave", "retries_allowed": True, "max_attempts": 3, "interval_seconds": 1.0}
    for tries in count(1):
        with bound(delivery=str(DBOS.workflow_id).removeprefix("delivery-")):
            wait_seconds = DBOS.run_step(step, act, plain, tries)
        if wait_seconds is None:
            return
        DBOS.sleep(wait_seconds)


def act(plain: JsonObject, tries: int) -> float | None:
    """Act once; return the seconds until another try is worthwhile, None if done or hopeless."""
    bot = running_bot()
    event = from_plain(plain)
    if event is None:
        logger.warning("an event of a kind that this release does not know is left out", extra={"kind": plain["kind"]})
        return None
    # A later try sees the state of things at that time, not at the delivery's.
    came_at = plain.get(CAME_AT) if tries == 1 else None
    with bot.lease.acting(), serving_delivery(came_at):
        try:
            behave(bot, event)
        except GitHubError as error:
            return _refused(bot, event, tries, error)
        except MtorError as error:
            logger.warning("a delivery came to nothing", extra={"why": error.message})
    return None


def _refused(bot: Bot, event: Event, tries: int, error: GitHubError) -> float | None:
    refused_token = is_refused_token(error)
    if refused_token:
        bot.clients.forget(event.installation())
    is_worth_retry = refused_token or TABLE[error.kind].again is not Again.NEVER
    logger.warning(
        "GitHub refused a part of a delivery", extra={"why": error.message, "again": is_worth_retry, "tries": tries}
    )
    if error.kind in LIMITED:
        is_patient = tries < MOST_LIMITED_TRIES
        return bot.clients.closed_seconds(event.installation()) + spread(bot.clock) if is_patient else None
    if not is_worth_retry or tries >= MOST_TRIES:
        return None
    return bot.clock.scaled(min(FIRST_WAIT_SECONDS * 2.0 ** (tries - 1), MOST_WAIT_SECONDS))
