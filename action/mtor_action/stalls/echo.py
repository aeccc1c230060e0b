"""`echo`: a long reply without a tool call that repeats the spec or an earlier reply."""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING

from mtor_action.stalls.watch import Watch, WatchStart

if TYPE_CHECKING:
    from mtor_action.stalls.turn_events import Turn

MINIMUM_CHARACTERS = 400
_SHINGLE_WORDS = 8
_REMEMBERED_REPLIES = 6
_MAXIMUM_CHARACTERS = 50_000
_WORD = re.compile(r"\w+")


class Echo(Watch):
    """Compares 8-word shingles: the share of the reply found in the source, or of the source in the reply."""

    def __init__(self, threshold: float, start: WatchStart) -> None:
        super().__init__(threshold, start)
        self._spec = _shingles(start.spec_text)
        self._replies: deque[tuple[int, frozenset[int]]] = deque(maxlen=_REMEMBERED_REPLIES)

    def observe(self, turn: Turn) -> str | None:
        """Fire at the first such reply whose share reaches the threshold."""
        if len(turn.text) < MINIMUM_CHARACTERS:
            return None
        reply = _shingles(turn.text)
        evidence = None if turn.calls else self._source(reply)
        if reply:
            self._replies.append((turn.number, reply))
        return evidence

    def _source(self, reply: frozenset[int]) -> str | None:
        sources = [("the spec", self._spec)]
        sources += [(f"the reply of turn {number}", earlier) for number, earlier in self._replies]
        for name, source in sources:
            share = _share(reply, source)
            if share >= self._threshold:
                return f"the reply repeats {name} ({share:.0%} of its phrases) and calls no tool"
        return None


def _shingles(text: str) -> frozenset[int]:
    if len(text) < MINIMUM_CHARACTERS:
        return frozenset()
    words = _WORD.findall(text[:_MAXIMUM_CHARACTERS].lower())
    return frozenset(hash(tuple(words[at : at + _SHINGLE_WORDS])) for at in range(len(words) - _SHINGLE_WORDS + 1))


def _share(reply: frozenset[int], source: frozenset[int]) -> float:
    if not reply or not source:
        return 0.0
    return len(reply & source) / min(len(reply), len(source))
