"""`built-nothing`: turns in a row that leave the tree as it was, or a finish with nothing built."""

from __future__ import annotations

from collections import OrderedDict

from mtor_action.stalls.turn_events import Call, CallKind, FinishClaim, Turn, seen_as
from mtor_action.stalls.watch import Changes, Watch, WatchStart

_REMEMBERED_CALLS = 32


class BuiltNothing(Watch):
    """Adds up turns since the last change of the tree or the last commit.

    A turn that only reads counts half. A turn whose every call repeats an earlier call and gets another answer
    is waiting for something that moves: it counts nothing.
    """

    def __init__(self, threshold: float, start: WatchStart) -> None:
        super().__init__(threshold, start)
        self._changes = Changes(start)
        self._tally = 0.0
        self._turns = 0
        self._built = False
        self._answers: OrderedDict[tuple[str, str], str] = OrderedDict()

    def finished(self, claim: FinishClaim) -> str | None:
        """Fire at a finish without work and without dispute."""
        is_right = claim.built or claim.disputes or self._built
        return None if is_right else "finished with nothing built and no test disputed"

    def observe(self, turn: Turn) -> str | None:
        """Fire when the tally reaches the threshold."""
        polled = self._polled(turn)
        if self._changes.changed(turn):
            self._tally, self._turns, self._built = 0.0, 0, True
            return None
        self._turns += 1
        self._tally += 0.0 if polled else 0.5 if _only_reads(turn) else 1.0
        if self._tally < self._threshold:
            return None
        return f"{self._turns} turns in a row without a change of the files"

    def _polled(self, turn: Turn) -> bool:
        moved = [self._moved(call) for call in turn.calls]
        return bool(moved) and all(moved)

    def _moved(self, call: Call) -> bool:
        question, answer = (call.tool, call.arguments), seen_as(call.observation)
        before = self._answers.pop(question, None)
        self._answers[question] = answer
        if len(self._answers) > _REMEMBERED_CALLS:
            self._answers.popitem(last=False)
        return before is not None and before != answer


def _only_reads(turn: Turn) -> bool:
    return bool(turn.calls) and all(call.kind is CallKind.READ for call in turn.calls)
