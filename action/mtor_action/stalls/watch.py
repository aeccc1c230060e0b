"""The interface of a signal: a small state machine that starts, sees turns and may report what it found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mtor_action.stalls.turn_events import Call, CallKind, FinishClaim, Turn


@dataclass(frozen=True, slots=True)
class WatchStart:
    """The facts when a watch starts, or starts again after a hit.

    `failures` is what failed before the first fix (`broken`: something did not import or compile then), `failing`
    what failed in the last test run since, None if there was none. `tree` and `head` are the state at the start
    of the watch, empty if unknown.
    """

    spec_text: str = ""
    failures: frozenset[str] = frozenset()
    broken: bool = False
    failing: frozenset[str] | None = None
    tree: str = ""
    head: str = ""


class Watch:
    """One signal's state since its start; its memory is bounded by its threshold or by a constant."""

    def __init__(self, threshold: float, _start: WatchStart) -> None:
        self._threshold = threshold

    def observe(self, turn: Turn) -> str | None:
        """Take one turn; return the evidence if the threshold is reached by it."""
        raise NotImplementedError

    def finished(self, _claim: FinishClaim) -> str | None:
        """Take the claim that the work is done; return the evidence if that is one. Most signals are not about it."""
        return None


class Changes:
    """Follows tree and head from turn to turn; an empty value means that nobody looked."""

    def __init__(self, start: WatchStart) -> None:
        self._tree = start.tree
        self._head = start.head

    def changed(self, turn: Turn) -> bool:
        """Say whether this turn left another tree or another commit; the first known state changes nothing."""
        changed = self._differs(self._tree, turn.tree) or self._differs(self._head, turn.head)
        self._tree = turn.tree or self._tree
        self._head = turn.head or self._head
        return changed

    @staticmethod
    def _differs(before: str, after: str) -> bool:
        return bool(before and after and before != after)


class Edits:
    """Follows whether the tree was edited since the last test run that counted; the signal sets `made` back."""

    def __init__(self, start: WatchStart) -> None:
        self.made = False
        self._changes = Changes(start)

    def tests(self, turn: Turn) -> Iterator[Call]:
        """Yield the turn's test runs in order, each when `made` is what came before it. To be exhausted."""
        for call in turn.calls:
            if call.kind is CallKind.EDIT and call.error_class is None and call.tampering is None:
                self.made = True
            elif call.failing is not None:
                yield call
        tested = any(call.failing is not None for call in turn.calls)
        if self._changes.changed(turn) and not tested:
            self.made = True
