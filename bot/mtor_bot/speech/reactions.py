"""Reactions: seen, done, not done; for outsiders at most some an hour.

Giving the same reaction again changes nothing: https://docs.github.com/rest/reactions/reactions
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from mtor_bot.jobs.job_record import COMMENT, REVIEW_COMMENT
from mtor_bot.speech.side_matters import side_matter

if TYPE_CHECKING:
    import sqlalchemy as sa

    from mtor_action.github.client import Client
    from mtor_bot.bot import Bot
    from mtor_bot.clock import ScaledClock
    from mtor_bot.jobs.job_record import Trigger

logger = logging.getLogger(__name__)
SEEN, DONE, NOT_DONE = "eyes", "rocket", "confused"
OUTSIDERS_AN_HOUR = 20
HOUR_SECONDS = 3600.0


def react(client: Client, number: int, trigger: Trigger, content: str) -> None:
    """React to what somebody wrote, or for a label to the issue or pull request itself: a side matter.

    Raises GitHubError for what may succeed later: it belongs behind the message.
    """
    path = _path(number, trigger)
    if path:
        with side_matter("reaction"):
            client.call("POST", path, {"content": content}, look=lambda: None)


def _path(number: int, trigger: Trigger) -> str:
    """Where reactions are given; "" for a review, which takes none."""
    if trigger.is_label:
        return f"issues/{number}/reactions"
    lists = {COMMENT: "issues", REVIEW_COMMENT: "pulls"}
    return f"{lists[trigger.kind]}/comments/{trigger.id}/reactions" if trigger.kind in lists else ""


@dataclass(slots=True)
class Throttle:
    """How often in an hour something may be done, all together; kept in memory, since a restart harms nothing."""

    most: int = OUTSIDERS_AN_HOUR
    _moments: deque[float] = field(default_factory=deque)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def allows(self, clock: ScaledClock) -> bool:
        """Whether it may be done once more now; if so, it counts."""
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
    """React to somebody who has no right to ask, at most so often in an hour; the log says why. Raises GitHubError."""
    about = {"repository": client.full_name, "number": number, "by": trigger.kind, "why": reason}
    logger.info("somebody who may not ask was turned away", extra=about)
    if _outsiders.setdefault(bot.engine, Throttle()).allows(bot.clock):
        react(client, number, trigger, NOT_DONE)
