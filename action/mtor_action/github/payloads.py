"""The parts that payloads of events share, whether a webhook or a workflow's event file brings them.

Payloads of several server versions leave fields out.
https://docs.github.com/webhooks/webhook-events-and-payloads
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mtor_action.github.answers import Answer


def read_number(payload: Answer) -> int:
    """Return the number of the issue or pull request, 0 if there is none."""
    return payload.number("issue", "number") or payload.number("pull_request", "number")


def read_time(payload: Answer, *names: str) -> float:
    """Return the first of these times that is there, in seconds since the epoch; 0.0 if none is."""
    stamps = (payload.text(*name.split(".")) for name in names)
    try:
        return moment(next(filter(None, stamps), ""))
    except (ValueError, OverflowError, OSError):
        return 0.0


def moment(stamp: str) -> float:
    """Return the seconds since the epoch of a time as GitHub writes it, 0.0 for "". Raises ValueError."""
    return datetime.fromisoformat(stamp).timestamp() if stamp else 0.0


def stamp_of(seconds: float) -> str:
    """Return a time in seconds since the epoch as GitHub writes it: whole seconds, UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
