"""`oscillation`: the tree returns to an earlier state."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from mtor_action.stalls.watch import Watch, WatchStart

if TYPE_CHECKING:
    from mtor_action.stalls.turn_events import Turn

_REMEMBERED_CHANGES = 8


class Oscillation(Watch):
    """Counts returns among the last eight changes of the tree: A → B → A → B are two."""

    def __init__(self, threshold: float, start: WatchStart) -> None:
        super().__init__(threshold, start)
        remembered = max(_REMEMBERED_CHANGES, int(threshold) * 4)
        self._trees: deque[tuple[str, int, bool]] = deque(maxlen=remembered)  # tree, turn, was it a return
        if start.tree:
            self._trees.append((start.tree, 0, False))

    def observe(self, turn: Turn) -> str | None:
        """Fire at the threshold-th return to an earlier state of the files."""
        if not turn.tree:
            return None
        if self._trees and self._trees[-1][0] == turn.tree:
            return None
        earlier = [number for tree, number, _ in self._trees if tree == turn.tree]
        self._trees.append((turn.tree, turn.number, bool(earlier)))
        returns = sum(returned for _, _, returned in self._trees)
        if not earlier or returns < self._threshold:
            return None
        before = f"those of turn {earlier[-1]}" if earlier[-1] else "what they were"
        return f"the files are again {before}; that is return {returns} to an earlier state"
