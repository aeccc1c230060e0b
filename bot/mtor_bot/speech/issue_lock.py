"""A lock for speaking on an issue, over all threads and replicas: two who find no comment would both post one.

The turn is a row that names an executor; one that is dead loses it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from mtor_bot.bot import Bot
from mtor_bot.database.inserting import insert_new
from mtor_bot.database.schema import EXECUTORS, SPEECH

LOOK_SECONDS = 1.0
_speaking: set[tuple[int, int]] = set()
_changed = threading.Condition()


@contextmanager
def turn(bot: Bot, repository_id: int, number: int) -> Iterator[None]:
    """Hold the lock on an issue: wait until nobody else speaks there, and let nobody else begin."""
    key = (repository_id, number)
    with _changed:
        _changed.wait_for(lambda: key not in _speaking)
        _speaking.add(key)
    try:
        while not _take(bot, *key):
            time.sleep(bot.clock.scaled(LOOK_SECONDS))
        try:
            yield
        finally:
            _leave(bot, *key)
    finally:
        with _changed:
            _speaking.remove(key)
            _changed.notify_all()


def _take(bot: Bot, repository_id: int, number: int) -> bool:
    # A lock of our own executor that no thread holds was left by an error.
    alive = sa.select(EXECUTORS.c.id).where(EXECUTORS.c.id != bot.lease.id)
    free = sa.and_(SPEECH.c.repository_id == repository_id, SPEECH.c.number == number, SPEECH.c.holder.not_in(alive))
    with bot.engine.begin() as connection:
        insert_new(connection, SPEECH, repository_id=repository_id, number=number)
        return connection.execute(sa.update(SPEECH).where(free).values(holder=bot.lease.id)).rowcount == 1


def _leave(bot: Bot, repository_id: int, number: int) -> None:
    mine = sa.and_(SPEECH.c.repository_id == repository_id, SPEECH.c.number == number, SPEECH.c.holder == bot.lease.id)
    with bot.engine.begin() as connection:
        connection.execute(sa.update(SPEECH).where(mine).values(holder=""))
