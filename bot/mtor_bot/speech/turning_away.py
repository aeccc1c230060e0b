"""Reactions for people without the right to ask, limited to some an hour."""

from __future__ import annotations

import logging
import threading
from collections import deque
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from mtor_action.github.client import Client
from mtor_action.on_issues.reactions import NOT_DONE
from mtor_bot.bot import Bot
from mtor_bot.clock import ScaledClock
from mtor_bot.jobs.job_record import Trigger
from mtor_bot.speech.trigger_reactions import react

logger = logging.getLogger(__name__)
OUTSIDERS_AN_HOUR = 20
HOUR_SECONDS = 3600.0


@dataclass(slots=True)
class Throttle:
    """A limit of acts an hour, all together; kept in memory, since a restart harms nothing."""

    most: int = OUTSIDERS_AN_HOUR
    _moments: deque[float] = field(default_factory=deque)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def allows(self, clock: ScaledClock) -> bool:
        """Return whether one more act is allowed now; if so, it is counted."""
        with self._lock:
            while self._moments and clock.since(self._moments[0]) > HOUR_SECONDS:
                self._moments.popleft()
            if len(self._moments) >= self.most:
                return False
            self._moments.append(clock.now())
            return True


# One for each database: in tests several bots share a process.
_outsiders: WeakKeyDictionary[sa.Engine, Throttle] = WeakKeyDictionary()


def turn_away(bot: Bot, client: Client, number: int, trigger: Trigger, reason: str) -> None:
    """React to somebody without the right to ask, rarely enough; the log has the reason. Raises GitHubError."""
    about = {"repository": client.full_name, "number": number, "by": trigger.kind, "why": reason}
    logger.info("somebody who may not ask was turned away", extra=about)
    if _outsiders.setdefault(bot.engine, Throttle()).allows(bot.clock):
        react(client, number, trigger, NOT_DONE)
