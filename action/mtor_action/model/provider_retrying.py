"""The decision whether and when a failed request is tried again: a value, made in one place.

How often in all is in the table of failures; a try never begins beyond the time that the run has left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.retrying import GiveUp, RetryDecision

if TYPE_CHECKING:
    from mtor_action.model.provider_failures import ModelFailure

FIRST_WAIT_SECONDS = 2.0
GROWTH = 4.0


def decide(failure: ModelFailure, *, tries: int, remaining_seconds: float) -> RetryDecision | GiveUp:
    """Return the decision after the `tries`-th try has failed."""
    row = failure.row
    if not row.retryable:
        return GiveUp()
    if tries >= row.tries:
        return GiveUp(f"gave up after {tries} tries")
    if row.is_sampled:
        return RetryDecision(0.0)
    requested = failure.wait_seconds
    wait_seconds = FIRST_WAIT_SECONDS * GROWTH ** (tries - 1) if requested is None else requested
    if wait_seconds >= remaining_seconds:
        left = max(0.0, remaining_seconds)
        return GiveUp(f"the next try is due in {wait_seconds:.0f} s, and the run has {left:.0f} s left")
    return RetryDecision(wait_seconds)
