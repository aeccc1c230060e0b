"""A process's right to act: a row that it keeps renewing, and that others remove once it stops.

No clocks are compared: watchers see whether the count of beats grows. A process that was paused for so long that its
row was removed ends at its next step, since others do its work.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import sqlalchemy as sa

from mtor_bot.clock import ScaledClock
from mtor_bot.database.schema import EXECUTORS

EXIT_LOST = 70
CLOSE_SECONDS = 30.0
logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Lease:
    """This process's row; `id` is unique to the process, also to the library's queue."""

    engine: sa.Engine
    id: str
    _steps: int = 0
    _closing: bool = False
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def is_held(self) -> bool:
        """Return whether this process may still act: whether its row is there."""
        with self.engine.connect() as connection:
            return connection.execute(sa.select(EXECUTORS.c.id).filter_by(id=self.id)).first() is not None

    def beat(self) -> None:
        """Count a beat, to show that this process lives; end the process if others removed its row."""
        grown = sa.update(EXECUTORS).filter_by(id=self.id).values(beats=EXECUTORS.c.beats + 1)
        with self.engine.begin() as connection:
            is_held = connection.execute(grown).rowcount == 1
        if not (is_held or self._closing):
            self._end()

    @contextmanager
    def acting(self) -> Iterator[None]:
        """Let a step with an effect begin only while the lease is held, and make `close` wait for its end."""
        with self._changed:
            # No return: a step that gave up would be recorded as done or failed. The process is about to end.
            self._changed.wait_for(lambda: not self._closing)
            self._steps += 1
        try:
            if not self.is_held():
                self._end()
            yield
        finally:
            with self._changed:
                self._steps -= 1
                self._changed.notify_all()

    def close(self, seconds: float = CLOSE_SECONDS) -> None:
        """Let no further step begin, wait for those under way, and give the rest to others."""
        with self._changed:
            self._closing = True
            self._changed.wait_for(lambda: self._steps == 0, seconds)
        with self.engine.begin() as connection:
            connection.execute(sa.delete(EXECUTORS).filter_by(id=self.id))

    def _end(self) -> None:
        """End the process at once, with all that other threads would still do."""
        logger.critical("other processes took this one for dead and do its work: it ends", extra={"executor": self.id})
        logging.shutdown()
        os._exit(EXIT_LOST)


def take(engine: sa.Engine, clock: ScaledClock, *, alone: bool) -> Lease:
    """Enter this process; `alone`: no other one lives, so that the rows of others are deleted."""
    lease = Lease(engine, f"{socket.gethostname()[:32]}-{secrets.token_hex(8)}")
    with engine.begin() as connection:
        if alone:
            connection.execute(sa.delete(EXECUTORS))
        connection.execute(
            EXECUTORS.insert().values(id=lease.id, host=socket.gethostname(), started_at=clock.now(), beats=0)
        )
    return lease
