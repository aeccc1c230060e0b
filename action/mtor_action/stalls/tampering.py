"""`tampering`: an attempt on a protected file, outside the scope, or through a command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.stalls.watch import Watch

if TYPE_CHECKING:
    from mtor_action.stalls.turn_events import Turn


class Tampering(Watch):
    """Counts refused attempts, in a row or not."""

    _attempts = 0

    def observe(self, turn: Turn) -> str | None:
        """Fire at the threshold-th attempt that the scope refused."""
        evidence = [call.tampering for call in turn.calls if call.tampering]
        self._attempts += len(evidence)
        if not evidence or self._attempts < self._threshold:
            return None
        return f"{self._attempts} refused attempts, the last: {evidence[-1][:300]}"
