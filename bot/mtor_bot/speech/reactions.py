"""Reactions: seen, done, not done; for outsiders at most some an hour.

Giving the same reaction again changes nothing: https://docs.github.com/rest/reactions/reactions
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from mtor_bot.speech.side_matters import side_matter

if TYPE_CHECKING:
    import sqlalchemy as sa

    from mtor_action.github.client import Client
    from mtor_bot.bot import Bot
    from mtor_bot.clock import ScaledClock

SEEN, DONE, NOT_DONE = "eyes", "rocket", "confused"
OUTSIDERS_AN_HOUR = 20
HOUR_SECONDS = 3600.0


def react(client: Client, number: int, comment_id: int, content: str) -> None:
    """React to a comment, or with `comment_id` 0 to the issue or pull request itself: a side matter.

    Raises GitHubError for what may succeed later: it belongs behind the message.
    """
    path = f"issues/comments/{comment_id}/reactions" if comment_id else f"issues/{number}/reactions"
    with side_matter("reaction"):
        client.call("POST", path, {"content": content}, look=lambda: None)


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


def turn_away(bot: Bot, client: Client, number: int, comment_id: int) -> None:
    """React to somebody who has no right to ask, at most so often in an hour. Raises GitHubError."""
    if _outsiders.setdefault(bot.engine, Throttle()).allows(bot.clock):
        react(client, number, comment_id, NOT_DONE)
