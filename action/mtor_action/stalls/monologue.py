"""`monologue`: turns in a row with no tool call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.stalls.turn_events import FinishClaim, Turn

if TYPE_CHECKING:
    from mtor_action.stalls.watch import WatchStart


class Monologue:
    """Counts replies that only talk; a cut or empty reply is `context-loop`'s and neither counts nor resets."""

    def __init__(self, threshold: float, _start: WatchStart) -> None:
        self._threshold = threshold
        self._turns = 0

    def observe(self, event: Turn | FinishClaim) -> str | None:
        """Fire at the threshold-th reply in a row without a call."""
        if isinstance(event, FinishClaim) or event.calls:
            self._turns = 0
        elif event.text.strip() and not event.truncated:
            self._turns += 1
        if self._turns < self._threshold:
            return None
        return f"{self._turns} replies in a row without a tool call"
