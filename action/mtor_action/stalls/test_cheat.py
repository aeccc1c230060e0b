"""`test-cheat`: a change that makes tests pass by not testing; `cheats.py` finds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.stalls.turn_events import FinishClaim, Turn

if TYPE_CHECKING:
    from mtor_action.stalls.watch import WatchStart


class TestCheat:
    """Counts calls whose change contains a cheat."""

    __test__ = False  # pytest would take the name for a test class

    def __init__(self, threshold: float, _start: WatchStart) -> None:
        self._threshold = threshold
        self._cheats = 0

    def observe(self, event: Turn | FinishClaim) -> str | None:
        """Fire at the threshold-th call that changes a test so."""
        if isinstance(event, FinishClaim):
            return None
        evidence = [call.cheats for call in event.calls if call.cheats]
        self._cheats += len(evidence)
        if not evidence or self._cheats < self._threshold:
            return None
        return "; ".join(cheat for cheats in evidence for cheat in cheats)[:500]
