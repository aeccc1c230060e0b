"""`context-loop`: truncated or empty replies in a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.stalls.turn_events import FinishClaim, Turn

if TYPE_CHECKING:
    from mtor_action.stalls.watch import WatchStart


class ContextLoop:
    """Counts replies that were cut at the length limit, or that say and call nothing."""

    def __init__(self, threshold: float, _start: WatchStart) -> None:
        self._threshold = threshold
        self._replies = 0

    def observe(self, event: Turn | FinishClaim) -> str | None:
        """Fire at the threshold-th such reply in a row."""
        empty = isinstance(event, Turn) and not event.calls and not event.text.strip()
        if isinstance(event, FinishClaim) or not (event.truncated or empty):
            self._replies = 0
            return None
        self._replies += 1
        if self._replies < self._threshold:
            return None
        return f"{self._replies} replies in a row were cut off or empty"
