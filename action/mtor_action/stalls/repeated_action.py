"""`repeated-action`: the same call with the same observation."""

from __future__ import annotations

from collections import Counter

from mtor_action.stalls.turn_events import Turn, action_key, call_text
from mtor_action.stalls.watch import Changes, Watch, WatchStart


class RepeatedAction(Watch):
    """Counts equal calls in a row, whatever text comes between them; a change of the tree resets the count.

    In one parallel batch one call fewer is enough (but two at least): nothing was learned between them.
    """

    def __init__(self, threshold: float, start: WatchStart) -> None:
        super().__init__(threshold, start)
        self._changes = Changes(start)
        self._last = ""
        self._count = 0

    def observe(self, turn: Turn) -> str | None:
        """Fire when a row or a batch is long enough."""
        if self._changes.changed(turn):
            self._last, self._count = "", 0
            return None
        keys = [action_key(call) for call in turn.calls]
        for key, call in zip(keys, turn.calls, strict=True):
            self._count = self._count + 1 if key == self._last else 1
            self._last = key
            if self._count >= self._threshold:
                return f"{call_text(call)} was called {self._count} times in a row with the same result"
        most = Counter(keys).most_common(1)
        if most and most[0][1] >= max(2, self._threshold - 1):
            call = turn.calls[keys.index(most[0][0])]
            return f"{call_text(call)} was called {most[0][1]} times in one batch with the same result"
        return None
