"""Time, and whether a failed request is tried again: values that every adapter shares."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clock:
    """Time as the client sees it: seconds that only grow, seconds since the epoch, and a way to wait."""

    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class RetryDecision:
    """The decision to try again after `wait_seconds`."""

    wait_seconds: float


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Do not try again; `reason` is empty where the failure says enough."""

    reason: str = ""
