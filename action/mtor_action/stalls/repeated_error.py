"""`repeated-error`: the same error class of the same tool, whatever the arguments."""

from __future__ import annotations

from collections import OrderedDict

from mtor_action.stalls.turn_events import Call, Turn, seen_as
from mtor_action.stalls.watch import Watch, WatchStart

_REMEMBERED_TOOLS = 32


class RepeatedError(Watch):
    """Counts a tool's errors of one class; a success of that tool, or another class, begins anew.

    A syntax error is the same only with the same text: one that moves is a worker that moves.
    """

    def __init__(self, threshold: float, start: WatchStart) -> None:
        super().__init__(threshold, start)
        self._errors: OrderedDict[str, tuple[str, int]] = OrderedDict()  # tool → class, count

    def observe(self, turn: Turn) -> str | None:
        """Fire at the threshold-th error of a class."""
        evidence = None
        for call in turn.calls:
            if self._count(call) >= self._threshold and evidence is None:
                evidence = f"{call.tool} failed {self._errors[call.tool][1]} times with {call.error_class}"
        return evidence

    def _count(self, call: Call) -> int:
        error, count = self._errors.pop(call.tool, ("", 0))
        if call.error_class is None:
            return 0
        kind = call.error_class
        if "syntax" in kind.lower():
            kind = f"{kind} {seen_as(call.observation)}"
        count = count + 1 if kind == error else 1
        self._errors[call.tool] = (kind, count)
        if len(self._errors) > _REMEMBERED_TOOLS:
            self._errors.popitem(last=False)
        return count
