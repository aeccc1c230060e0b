"""The decision whether and when a failed request is sent again: a value, finite in tries and in time.

GitHub asks for: `retry-after`, else `x-ratelimit-reset`, else at least a minute, growing.
https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api#handle-rate-limit-errors-appropriately
"""

from __future__ import annotations

from mtor_action.github.failures import LIMITED, Again, RequestFailure
from mtor_action.retrying import GiveUp, RetryDecision
from mtor_action.waiting import retry_after_seconds

MOST_TRIES = 4
FIRST_WAIT_SECONDS = 2.0
GROWTH = 4.0
LIMIT_WAIT_SECONDS = 60.0
LIMIT_GROWTH = 2.0


def decide(
    failure: RequestFailure, *, tries: int, repeatable: bool, patience_seconds: float, now: float
) -> RetryDecision | GiveUp:
    """Decide after the `tries`-th try failed.

    `repeatable` says that sending it twice does no harm, `patience_seconds` how long may still be waited, `now` is in
    seconds since the epoch.
    """
    repeats = failure.row.again
    if repeats is Again.NEVER:
        return GiveUp()
    if repeats is Again.UNSURE and not repeatable:
        return GiveUp("not sent again, since it may have been carried out")
    if tries >= MOST_TRIES:
        return GiveUp(f"gave up after {tries} tries")
    wait_seconds = _wait_seconds(failure, tries, now)
    if wait_seconds > patience_seconds:
        return GiveUp(f"the next try is due in {wait_seconds:.0f} s, longer than mtor waits")
    return RetryDecision(wait_seconds)


def _wait_seconds(failure: RequestFailure, tries: int, now: float) -> float:
    requested = retry_after_seconds(failure.headers.get("retry-after", ""), now)
    if requested is not None:
        return requested
    if failure.kind not in LIMITED:
        return FIRST_WAIT_SECONDS * GROWTH ** (tries - 1)
    reset = retry_after_seconds(failure.headers.get("x-ratelimit-reset", ""), now)  # seconds since the epoch
    if failure.headers.get("x-ratelimit-remaining") == "0" and reset is not None:
        # One second more: the reset is in whole seconds, and clocks differ.
        return max(1.0, reset - now + 1)
    return LIMIT_WAIT_SECONDS * LIMIT_GROWTH ** (tries - 1)
