"""How a run can end; apart from the record of a run, which not everybody who tells its end loads."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """The outcome of a run. docs/outcomes.md says what each means for the pull request."""

    CLEAN = "clean"  # green without the model
    FIXED = "fixed"  # green after the implementer
    EMPTY = "empty"  # already applied
    FAILING = "failing"  # red at the end of the budget, or red on the base already
    STALLED = "stalled"  # stopped by a stall signal
    REJECTED = "rejected"  # the spec is invalid or does not apply
    ERROR = "error"  # infrastructure, a base whose setup fails, a bug of ours
    BLOCKED = "blocked"  # a spec that it comes after did not get green
    CANCELLED = "cancelled"  # by a person

    @property
    def exit_code(self) -> int:
        """The process's exit status for this outcome."""
        return _EXIT_CODES[self]


_EXIT_CODES = {
    Outcome.CLEAN: 0,
    Outcome.FIXED: 0,
    Outcome.EMPTY: 0,
    Outcome.FAILING: 1,
    Outcome.STALLED: 1,
    Outcome.REJECTED: 2,
    Outcome.ERROR: 3,
    Outcome.BLOCKED: 1,
    Outcome.CANCELLED: 130,
}
