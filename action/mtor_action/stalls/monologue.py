"""`monologue`: turns in a row with no tool call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.stalls.watch import Watch

if TYPE_CHECKING:
    from mtor_action.stalls.turn_events import FinishClaim, Turn


class Monologue(Watch):
    """Counts replies that only talk; a cut or empty reply is `context-loop`'s and neither counts nor resets."""

    _turns = 0

    def finished(self, _claim: FinishClaim) -> str | None:
        """Begin anew."""
        self._turns = 0
        return None

    def observe(self, turn: Turn) -> str | None:
        """Fire at the threshold-th reply in a row without a call."""
        if turn.calls:
            self._turns = 0
        elif turn.text.strip() and not turn.truncated:
            self._turns += 1
        if self._turns < self._threshold:
            return None
        return f"{self._turns} replies in a row without a tool call"
