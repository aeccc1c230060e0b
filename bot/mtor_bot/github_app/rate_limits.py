"""When a request for an installation may be sent: never while limited, never faster than allowed.

Each installation has one gate for everything that is sent for it. The gate closes until the moment that GitHub names.
The first request after that tries alone, so that of a hundred waiting jobs only one finds out whether the limit is
over. The moment is stored, so that a restart and other replicas keep to it; points are counted in each process.
https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api#handle-rate-limit-errors-appropriately
"""

from __future__ import annotations

import math
import random
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

import sqlalchemy as sa

from mtor_action.github.failures import LIMITED, RequestFailure, RequestFailureKind
from mtor_bot.clock import ScaledClock
from mtor_bot.database.inserting import upsert
from mtor_bot.database.schema import LIMITS

MINUTE_SECONDS = 60.0
# GitHub allows 900 points and 80 requests that create content a minute: other programs use the App's token, too.
MOST_POINTS = 800
MOST_CREATED = 75
WRITE_POINTS, READ_POINTS = 5, 1
LEAST_WAIT_SECONDS = 1.0
FIRST_WAIT_SECONDS = 60.0
# GitHub's windows last an hour: a longer wait is a mistake, so after that the request is tried again.
MOST_WAIT_SECONDS = 3660.0
# After this many moments in a row that turned out too early, the waits grow whatever GitHub names.
BELIEVED = 2
SPREAD_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class _Sent:
    at: float
    points: int
    creates: bool


@dataclass(slots=True)
class Gate:
    """The gate of one installation; 0 is the App itself. Shared by all threads."""

    installation_id: int
    clock: ScaledClock
    engine: sa.Engine | None = None
    _until: float = 0.0
    _strikes: int = 0
    _trying: bool = False
    _sent: deque[_Sent] = field(default_factory=deque)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def closed_seconds(self) -> float:
        """Return the real seconds until it opens, 0 while it is open; other replicas' limits count."""
        self._look()
        with self._changed:
            return max(0.0, self._until - self.clock.now())

    def enter(self, method: str) -> float:
        """Wait for room in GitHub's limits a minute; return 0 if one request may be sent, after which comes `leave`.

        Return the real seconds until the gate opens, with nothing to be sent, if it is closed.
        """
        is_read = method in ("GET", "HEAD", "OPTIONS")
        points_needed = READ_POINTS if is_read else WRITE_POINTS
        creates = method in ("POST", "PUT", "PATCH")
        with self._changed:
            while True:
                now = self.clock.now()
                if self._until > now:
                    return self._until - now
                wait_seconds = (
                    LEAST_WAIT_SECONDS if self._trying else self._room_in(now, points_needed, creates=creates)
                )
                if wait_seconds <= 0:
                    break
                self._changed.wait(wait_seconds)
            self._sent.append(_Sent(now, points_needed, creates))
            # After a limit one request tries whether it is over.
            self._trying = self._strikes > 0
        return 0.0

    def leave(self, headers: Mapping[str, str], failure: RequestFailure | None) -> None:
        """Note the answer to a request that was let in; its headers' names are in lower case."""
        with self._changed:
            now, before = self.clock.now(), self._until
            if failure is not None and failure.kind in LIMITED:
                # Answers to requests sent before the gate closed carry no news.
                self._strikes += before <= now
                self._until = max(before, now + wait_seconds(headers, self._strikes, self.clock))
            elif headers:
                self._strikes = 0
                if _is_used_up(headers):
                    self._until = max(before, now + wait_seconds(headers, 1, self.clock))
            self._trying = False
            until, is_later = self._until, self._until > before
            self._changed.notify_all()
        if is_later and self.engine is not None:
            with self.engine.begin() as connection:
                upsert(connection, LIMITS, installation_id=self.installation_id, until=until)

    def _look(self) -> None:
        if self.engine is None:
            return
        query = sa.select(LIMITS.c.until).filter_by(installation_id=self.installation_id)
        with self.engine.connect() as connection:
            stored = connection.execute(query).scalar_one_or_none() or 0.0
        with self._changed:
            # A moment further away than any limit was stored by a replica with a wrong clock.
            if self._until < stored < self.clock.now() + self.clock.scaled(MOST_WAIT_SECONDS) + 1:
                self._until, self._strikes = stored, max(self._strikes, 1)

    def _room_in(self, now: float, points_needed: int, *, creates: bool) -> float:
        """Return the real seconds until so many points, and one creation, are free."""
        minute = self.clock.scaled(MINUTE_SECONDS)
        while self._sent and self._sent[0].at <= now - minute:
            self._sent.popleft()
        points = sum(request.points for request in self._sent) + points_needed
        created = sum(request.creates for request in self._sent) + creates
        freed_at = now
        for request in self._sent:
            if points <= MOST_POINTS and (created <= MOST_CREATED or not creates):
                break
            points, created, freed_at = points - request.points, created - request.creates, request.at + minute
        return freed_at - now


def wait_seconds(headers: Mapping[str, str], strikes: int, clock: ScaledClock) -> float:
    """Return the real seconds until GitHub may be asked again, after `strikes` refusals in a row (from 1).

    By `retry-after`, else `x-ratelimit-reset` if nothing remains, else a minute, doubling. GitHub's wait is kept from
    LEAST_WAIT_SECONDS to MOST_WAIT_SECONDS, and grows once its moments were too early BELIEVED times in a row.
    """
    most = clock.scaled(MOST_WAIT_SECONDS)
    grown = clock.scaled(FIRST_WAIT_SECONDS) * 2.0 ** min(strikes - 1, 10)
    asked_seconds = _asked_seconds(headers, clock)
    if asked_seconds is None:
        return min(grown, most)
    least = clock.scaled(LEAST_WAIT_SECONDS) if strikes <= BELIEVED else grown / 2**BELIEVED
    return min(max(asked_seconds, least), most)


def spread(clock: ScaledClock) -> float:
    """Return a random delay in real seconds, so that requests that wait for one moment do not come all at once."""
    return clock.scaled(random.uniform(0.0, SPREAD_SECONDS))  # noqa: S311  nothing is kept secret by it


def limited(seconds: float, clock: ScaledClock) -> RequestFailure:
    """Return the failure of a request that was not sent, since the gate is closed for `seconds` real seconds."""
    left = seconds / clock.scale
    words = f"nothing is sent for another {left:.0f} s, as GitHub asked"
    return RequestFailure(RequestFailureKind.RATE_LIMITED, 0, words, {"retry-after": str(left)})


def _asked_seconds(headers: Mapping[str, str], clock: ScaledClock) -> float | None:
    """Return the real seconds that the headers ask for; None if they name none that can be understood."""
    after = headers.get("retry-after", "").strip()
    seconds = _number(after)
    if seconds is not None:
        return clock.scaled(seconds)
    moment = _moment(after)
    if moment is None and _is_used_up(headers):
        moment = _number(headers.get("x-ratelimit-reset", ""))
    if moment is None:
        return None
    # By GitHub's clock if the answer has a Date, since ours may be wrong; otherwise a second is added.
    theirs = _moment(headers.get("date", ""))
    return moment - theirs if theirs is not None else moment - clock.now() + LEAST_WAIT_SECONDS


def _is_used_up(headers: Mapping[str, str]) -> bool:
    remaining = _number(headers.get("x-ratelimit-remaining", ""))
    return remaining is not None and remaining <= 0


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return None if math.isnan(number) else number


def _moment(text: str) -> float | None:
    """Return the seconds since the epoch of an HTTP date."""
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
