"""Whether a failed request is tried again, and after how long: a value, decided in one place.

Only what is positively known to pass is tried again, at most four times in all, and never beyond the time
that the run has left.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from mtor_action.model.failures import Failure

MOST_TRIES = 4
FIRST_WAIT_SECONDS = 2.0
GROWTH = 4.0


@dataclass(frozen=True, slots=True)
class Clock:
    """Time as the client sees it: seconds that only grow, seconds since the epoch, and a way to wait."""

    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class RetryDecision:
    """Try again after `wait_seconds`."""

    wait_seconds: float


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Do not try again; `reason` is empty where the failure says enough."""

    reason: str = ""


def decide(failure: Failure, *, tries: int, remaining_seconds: float, now: float) -> RetryDecision | GiveUp:
    """Decide after the `tries`-th try failed; `now` is in seconds since the epoch, for HTTP dates."""
    if not failure.row.retryable:
        return GiveUp()
    if tries >= MOST_TRIES:
        return GiveUp(f"given up after {tries} tries")
    asked = retry_after_seconds(failure.retry_after, now)
    wait_seconds = FIRST_WAIT_SECONDS * GROWTH ** (tries - 1) if asked is None else asked
    if wait_seconds >= remaining_seconds:
        left = max(0.0, remaining_seconds)
        return GiveUp(f"the next try is due in {wait_seconds:.0f} s, and the run has {left:.0f} s left")
    return RetryDecision(wait_seconds)


def retry_after_seconds(value: str, now: float) -> float | None:
    """Read a `retry-after` header, seconds or an HTTP date; None if it is neither.

    https://httpwg.org/specs/rfc9110.html#field.retry-after
    """
    try:
        seconds = float(value)
    except ValueError:
        return _until(value, now)
    return None if math.isnan(seconds) else max(0.0, seconds)


def _until(date: str, now: float) -> float | None:
    from email.utils import parsedate_to_datetime

    try:
        return max(0.0, parsedate_to_datetime(date).timestamp() - now)
    except (ValueError, TypeError, OverflowError):
        return None
