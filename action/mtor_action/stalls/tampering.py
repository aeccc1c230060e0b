"""`tampering`: an attempt on a protected file, outside the scope, or through a command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.stalls.turn_events import FinishClaim, Turn

if TYPE_CHECKING:
    from mtor_action.stalls.watch import WatchStart


class Tampering:
    """Counts refused attempts, in a row or not."""

    def __init__(self, threshold: float, _start: WatchStart) -> None:
        self._threshold = threshold
        self._attempts = 0

    def observe(self, event: Turn | FinishClaim) -> str | None:
        """Fire at the threshold-th attempt that the scope refused."""
        if isinstance(event, FinishClaim):
            return None
        evidence = [call.tampering for call in event.calls if call.tampering]
        self._attempts += len(evidence)
        if not evidence or self._attempts < self._threshold:
            return None
        return f"{self._attempts} refused attempts, the last: {evidence[-1][:300]}"
