"""Renew this process's lease and watch the others': one that stops renewing is removed, and its work taken over.

The library recovers by itself only what was its own executor's: https://docs.dbos.dev/production/workflow-recovery
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import sqlalchemy as sa

from mtor_bot.bot import Bot
from mtor_bot.database.engine import IDLE_IN_TRANSACTION_SECONDS
from mtor_bot.database.schema import EXECUTORS

BEAT_SECONDS = 5.0
# A replica that is paused within a transaction keeps its locks for as long: before that, others could take up its work
# but not get at it.
LEASE_SECONDS = float(IDLE_IN_TRANSACTION_SECONDS)
# With a shorter lease a machine under load would be taken for dead.
LEAST_LEASE_SECONDS = 3.0
JOIN_SECONDS = 5.0
logger = logging.getLogger(__name__)


@dataclass(slots=True)
class ExecutorWatch:
    """The last beats seen of the other executors, and since when each stopped growing, in monotonic seconds."""

    bot: Bot
    lease_seconds: float
    recover: Callable[[list[str]], object]
    _seen: dict[str, tuple[int, float]] = field(default_factory=dict)
    _looked: float = float("-inf")

    def look(self, now: float) -> None:
        """Remove executors that have not beaten for a lease, and queue again the work that they left."""
        # After a pause of our own, earlier observations are worthless.
        if now - self._looked > self.lease_seconds:
            self._seen.clear()
        self._looked = now
        for executor, beats in self._others().items():
            last, since = self._seen.get(executor, (-1, now))
            if last != beats:
                self._seen[executor] = (beats, now)
            elif now - since > self.lease_seconds:
                self._remove(executor, beats)
        self.adopt()

    def adopt(self) -> None:
        """Queue again the work of executors without a row. Doing so twice does nothing."""
        # First the work, then the living: a process enters itself before it takes work.
        at_work = self.bot.queue.executors()
        orphaned = sorted(at_work - {*self._others(), self.bot.lease.id})
        if orphaned:
            logger.warning("work of executors that are gone is taken up", extra={"executors": orphaned})
            self.recover(orphaned)

    def _others(self) -> dict[str, int]:
        query = sa.select(EXECUTORS.c.id, EXECUTORS.c.beats).where(EXECUTORS.c.id != self.bot.lease.id)
        with self.bot.engine.connect() as connection:
            return dict(connection.execute(query).all())

    def _remove(self, executor: str, beats: int) -> None:
        with self.bot.engine.begin() as connection:
            connection.execute(sa.delete(EXECUTORS).filter_by(id=executor, beats=beats))
        self._seen.pop(executor, None)
        logger.warning("an executor no longer beats and is held for dead", extra={"executor": executor})


@contextmanager
def watching(bot: Bot, recover: Callable[[list[str]], object]) -> Iterator[None]:
    """Beat for this process and watch the others, in two threads, until the block ends."""
    real_seconds = max(bot.clock.scaled(LEASE_SECONDS), LEAST_LEASE_SECONDS)
    watch = ExecutorWatch(bot, real_seconds, recover)
    # What a predecessor left is taken up before anything else.
    watch.look(time.monotonic())
    pause = real_seconds * BEAT_SECONDS / LEASE_SECONDS
    with every(pause, "beat", bot.lease.beat), every(pause, "watch", lambda: watch.look(time.monotonic())):
        yield


@contextmanager
def every(seconds: float, name: str, act: Callable[[], object]) -> Iterator[None]:
    """Call `act` in a thread, `seconds` after each end of the last call; a failure is logged and tried again."""
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(seconds):
            try:
                act()
            except Exception:
                logger.exception("a background task failed and is tried again", extra={"task": name})

    thread = threading.Thread(target=work, daemon=True, name=f"mtor-{name}")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(JOIN_SECONDS)
