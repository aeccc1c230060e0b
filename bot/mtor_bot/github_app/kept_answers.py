"""Keep answers of GitHub's, so that nothing is asked twice.

There are three kinds:

- Objects named by their hash (trees, blobs, commits) never change.
- Answers about a whole repository (its default branch, the tip of a branch, permissions, labelled issues) serve every
  delivery that came in before they were read: they are as new as if that delivery had asked itself.
- All others are asked for again with the ETag of the last answer, which costs nothing of the hourly limit while it is
  unchanged: https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from mtor_action.github.failures import RequestFailure
from mtor_action.github.remembering_client import Key
from mtor_bot.clock import ScaledClock

MOST_BYTES = 16_000_000
LARGEST = 4_000_000
# Of threads that ask for the same at once, one sends the request. All addresses share this many locks.
LOCKS = 64
MOST_AGE_SECONDS = 60.0
_HASHED = re.compile(r"git/(?:trees|blobs|commits)/[0-9a-f]{40}(?:[0-9a-f]{24})?")
# How much older than the delivery an answer may be: who may write, and which branch is the default, seldom change.
_SHARED: tuple[tuple[re.Pattern[str], float], ...] = (
    (re.compile(r""), MOST_AGE_SECONDS),
    (re.compile(r"collaborators/[^/]+/permission"), 10.0),
    (re.compile(r"git/ref/heads/.+|issues(?:/events)?"), 0.0),
)
_came_at: ContextVar[float | None] = ContextVar("mtor_bot_came_at", default=None)


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer: its ETag, body and headers, or the failure (not found); `at` is when it was read."""

    etag: str
    content: bytes
    headers: Mapping[str, str]
    failure: RequestFailure | None
    at: float


@contextmanager
def serving_delivery(came_at: float | None) -> Iterator[None]:
    """Let reads inside serve a delivery that came in at `came_at`; None: nothing older than now will do."""
    token = _came_at.set(came_at)
    try:
        yield
    finally:
        _came_at.reset(token)


def oldest(path: str, clock: ScaledClock) -> float | None:
    """Return how old (seconds since the epoch) a kept answer for `path` may be; None if each is read anew."""
    if _HASHED.fullmatch(path):
        return 0.0
    came_at = _came_at.get()
    grace = next((seconds for pattern, seconds in _SHARED if pattern.fullmatch(path)), None)
    if came_at is None or grace is None:
        return None
    return max(came_at - clock.scaled(grace), clock.now() - clock.scaled(MOST_AGE_SECONDS))


@dataclass(slots=True)
class Memory:
    """Answers shared by all threads of a process; the least recently used ones are dropped first."""

    _kept: OrderedDict[Key, Kept] = field(default_factory=OrderedDict)
    _bytes: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _flights: tuple[threading.RLock, ...] = field(default_factory=lambda: tuple(map(_lock, range(LOCKS))))

    def get(self, key: Key) -> Kept | None:
        """Return the answer kept for `key`, None if there is none."""
        with self._lock:
            entry = self._kept.get(key)
            if entry is not None:
                self._kept.move_to_end(key)
            return entry

    def put(self, key: Key, entry: Kept) -> None:
        """Keep an answer under `key`, unless it is larger than LARGEST bytes."""
        with self._lock:
            self._drop(key)
            if len(entry.content) > LARGEST:
                return
            self._kept[key] = entry
            self._bytes += len(entry.content)
            while self._bytes > MOST_BYTES:
                self._drop(next(iter(self._kept)))

    def flight(self, key: Key) -> threading.RLock:
        """Return a lock under which one thread asks GitHub and the others then find its answer."""
        return self._flights[hash(key) % LOCKS]

    def _drop(self, key: Key) -> None:
        if (old := self._kept.pop(key, None)) is not None:
            self._bytes -= len(old.content)


def _lock(_number: int) -> threading.RLock:
    return threading.RLock()
