"""Moving deliveries from the inbox to the durable queue: at once while it is quiet, a few a second during a burst."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from mtor_bot.bot import Bot
from mtor_bot.durable.receive import enqueue
from mtor_bot.queue.inbox import BURST_SECONDS

MOVED_AT_ONCE = 16
# What a predecessor left is taken up before anything else, except for a backlog that would hold up the start.
MOVED_AT_START = 256
# A burst of webhooks has the database to itself for so long; then some deliveries are moved all the same.
MOST_WAIT_SECONDS = 1.0
# How often a replica looks for what another one, which has ended, left.
LOOK_SECONDS = 5.0
JOIN_SECONDS = 5.0
logger = logging.getLogger(__name__)


def move(bot: Bot, most: int = MOVED_AT_ONCE) -> int:
    """Put the oldest deliveries of the inbox on the durable queue, all or none; return how many."""
    with bot.engine.begin() as connection:
        kept = bot.inbox.take_out(connection, most)
        enqueue(bot, connection, kept)
    return len(kept)


@contextmanager
def moving(bot: Bot) -> Iterator[None]:
    """Move deliveries in a thread until the block ends; what is left then is moved by the next process."""
    move(bot, MOVED_AT_START)
    stop = threading.Event()
    thread = threading.Thread(target=_keep_moving, args=(bot, stop), daemon=True, name="mtor-inbox")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        bot.inbox.arrived.set()
        thread.join(JOIN_SECONDS)


def _keep_moving(bot: Bot, stop: threading.Event) -> None:
    """Move what is there, then wait for more; a failure is logged and tried again."""
    while not stop.is_set():
        bot.inbox.arrived.clear()
        try:
            is_empty = move(bot) == 0
        except Exception:
            logger.exception("deliveries could not be put on the queue and are tried again")
            is_empty = True
        if is_empty:
            bot.inbox.arrived.wait(LOOK_SECONDS)
        else:
            _give_way(bot, stop)


def _give_way(bot: Bot, stop: threading.Event) -> None:
    """Wait until a burst has ended, MOST_WAIT_SECONDS at most."""
    give_up = time.monotonic() + MOST_WAIT_SECONDS
    while bot.inbox.is_in_burst() and time.monotonic() < give_up and not stop.wait(BURST_SECONDS):
        pass
