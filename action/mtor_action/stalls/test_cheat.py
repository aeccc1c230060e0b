"""`test-cheat`: a change that makes tests pass by not testing; `cheats.py` finds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.stalls.watch import Watch

if TYPE_CHECKING:
    from mtor_action.stalls.turn_events import Turn


class TestCheat(Watch):
    """Counts calls whose change contains a cheat."""

    __test__ = False  # pytest would take the name for a test class

    _cheats = 0

    def observe(self, turn: Turn) -> str | None:
        """Fire at the threshold-th call that changes a test so."""
        evidence = [call.cheats for call in turn.calls if call.cheats]
        self._cheats += len(evidence)
        if not evidence or self._cheats < self._threshold:
            return None
        return "; ".join(cheat for cheats in evidence for cheat in cheats)[:500]
