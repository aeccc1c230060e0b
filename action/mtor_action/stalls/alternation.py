"""`alternation`: a cycle of two or three calls with the same observations."""

from __future__ import annotations

from collections import deque

from mtor_action.stalls.turn_events import Call, Turn, action_key, call_text
from mtor_action.stalls.watch import Watch, WatchStart

_PERIODS = (2, 3)


class Alternation(Watch):
    """Looks at the last calls, in order: equal at a distance of two or three, for `threshold` whole cycles."""

    def __init__(self, threshold: float, _start: WatchStart) -> None:
        self._cycles = int(threshold)
        self._calls: deque[tuple[str, Call]] = deque(maxlen=max(_PERIODS) * self._cycles)

    def observe(self, turn: Turn) -> str | None:
        """Fire when the last call completes the cycles."""
        for call in turn.calls:
            self._calls.append((action_key(call), call))
            for period in _PERIODS:
                if self._cycles_of(period):
                    cycle = " → ".join(call_text(repeated) for _, repeated in list(self._calls)[-period:])
                    return f"{cycle}, {self._cycles} times over with the same results"
        return None

    def _cycles_of(self, period: int) -> bool:
        length = period * self._cycles
        keys = [key for key, _ in self._calls][-length:]
        if len(keys) < length or len(set(keys[:period])) < 2:
            return False
        return all(keys[at] == keys[at - period] for at in range(period, length))
