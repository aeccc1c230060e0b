"""`regression`: more failures than before the first fix, kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.stalls.watch import Edits, Watch, WatchStart

if TYPE_CHECKING:
    from mtor_action.stalls.turn_events import Turn


class Regression(Watch):
    """Counts edit → test cycles in a row that fail more than the run before the first fix did.

    Where something did not import or compile then, tests were hidden: the first run in which everything does
    is the one to compare with. Runs that do not import or compile say nothing about the number of failures.
    """

    def __init__(self, threshold: float, start: WatchStart) -> None:
        super().__init__(threshold, start)
        self._edits = Edits(start)
        self._before = len(start.failures) if start.failures and not start.broken else None
        self._cycles = 0

    def observe(self, turn: Turn) -> str | None:
        """Fire at the threshold-th such cycle in a row."""
        evidence = None
        for call in self._edits.tests(turn):
            if call.broken:
                continue
            failures = len(call.failing or ())
            self._tested(failures)
            if self._cycles >= self._threshold and evidence is None:
                evidence = f"{failures} failures for {self._cycles} cycles; {self._before} before the first fix"
        return evidence

    def _tested(self, failures: int) -> None:
        if self._before is None:
            self._before = failures
        elif failures <= self._before:
            self._cycles = 0
        elif self._edits.made:
            self._cycles += 1
        self._edits.made = False
