"""`no-progress`: edit → test cycles that leave the same failures with the same errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.stalls.watch import Edits, Watch, WatchStart

if TYPE_CHECKING:
    from mtor_action.stalls.turn_events import Turn


class NoProgress(Watch):
    """Counts test runs after an edit whose failures equal those of the run before; any difference begins anew.

    A failing test that says something else than before is a difference: work on one test goes step by step.

    A test run without an edit since the last one counts nothing.
    """

    def __init__(self, threshold: float, start: WatchStart) -> None:
        super().__init__(threshold, start)
        self._edits = Edits(start)
        self._failing = start.failures if start.failing is None else start.failing
        self._errors = ""  # of the run before; nothing is known of the first
        self._cycles = 0

    def observe(self, turn: Turn) -> str | None:
        """Fire at the threshold-th cycle with the same failures."""
        evidence = None
        for call in self._edits.tests(turn):
            self._tested(call.failing or frozenset(), call.errors)
            if self._cycles >= self._threshold and evidence is None:
                evidence = self._evidence()
        return evidence

    def _tested(self, failing: frozenset[str], errors: str) -> None:
        is_other = bool(errors and self._errors) and errors != self._errors
        if not failing or failing != self._failing or is_other:
            self._cycles = 0
        elif self._edits.made:
            self._cycles += 1
        self._failing, self._errors, self._edits.made = failing, errors, False

    def _evidence(self) -> str:
        names = sorted(self._failing)
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        listing = ", ".join(name[:120] for name in names[:3])
        return f"{self._cycles} edits in a row left the same failures: {listing}{more}"
