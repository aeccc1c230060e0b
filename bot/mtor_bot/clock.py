"""The time, and durations that one setting scales, so that a test or the demo lives through hours in seconds."""

from __future__ import annotations

import time
from dataclasses import dataclass

from mtor_action.retrying import Clock as ClientClock


@dataclass(frozen=True, slots=True)
class ScaledClock:
    """A clock: `scale` is how many real seconds a second of a duration lasts; moments are never scaled."""

    scale: float = 1.0

    def now(self) -> float:
        """Return the present moment, in real seconds since the epoch."""
        return time.time()

    def scaled(self, seconds: float) -> float:
        """Return how many real seconds a duration of `seconds` lasts."""
        return seconds * self.scale

    def since(self, moment: float) -> float:
        """Return how much of a duration has passed since `moment`, in seconds that are not scaled."""
        return (self.now() - moment) / self.scale

    def for_client(self) -> ClientClock:
        """Return a clock for clients of GitHub's API, on the same scale."""
        return ClientClock(sleep=lambda seconds: time.sleep(self.scaled(seconds)))
