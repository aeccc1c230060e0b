"""`context-loop`: truncated or empty replies in a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.stalls.watch import Watch

if TYPE_CHECKING:
    from mtor_action.stalls.turn_events import FinishClaim, Turn


class ContextLoop(Watch):
    """Counts replies that were cut at the length limit, or that say and call nothing."""

    _replies = 0

    def finished(self, _claim: FinishClaim) -> str | None:
        """Begin anew."""
        self._replies = 0
        return None

    def observe(self, turn: Turn) -> str | None:
        """Fire at the threshold-th such reply in a row."""
        is_empty = not turn.calls and not turn.text.strip()
        self._replies = self._replies + 1 if turn.truncated or is_empty else 0
        if self._replies < self._threshold:
            return None
        return f"{self._replies} replies in a row were cut off or empty"
