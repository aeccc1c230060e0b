"""The end of a run that was cancelled: asked for, and after a minute enforced.

A cancelled run gets time for its last steps; one with a step that always runs, or a runner that no longer listens, goes
on. GitHub then wants to be told twice.
https://docs.github.com/rest/actions/workflow-runs#force-cancel-a-workflow-run
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from mtor_action.github.actions.dispatched_runs import cancel_run

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mtor_action.github.client import Client

PAUSE_SECONDS = 5.0
FORCE_SECONDS = 60.0
GIVE_UP_SECONDS = 600.0
# An event run costs a runner for as long as it waits.
SHORT_GIVE_UP_SECONDS = 120.0


class CancelStep(StrEnum):
    """The next step with a run that was cancelled and has not ended."""

    WAIT = "wait"
    FORCE = "force"
    GIVE_UP = "give up"


def cancel_step(passed_seconds: float, give_up_seconds: float = GIVE_UP_SECONDS) -> CancelStep:
    """Return the step so long after the first request."""
    if passed_seconds > give_up_seconds:
        return CancelStep.GIVE_UP
    return CancelStep.FORCE if passed_seconds > FORCE_SECONDS else CancelStep.WAIT


def see_to_the_end(client: Client, run_ids: Iterable[int]) -> list[int]:
    """Wait for the end of these cancelled runs, with force if need be; return those without one. Raises GitHubError.

    It takes SHORT_GIVE_UP_SECONDS at most, and no time where none has begun.
    """
    begun, left = client.clock.monotonic(), list(run_ids)
    while left := [run_id for run_id in left if not _is_over(client, run_id)]:
        step = cancel_step(client.clock.monotonic() - begun, SHORT_GIVE_UP_SECONDS)
        if step is CancelStep.GIVE_UP:
            break
        if step is CancelStep.FORCE:
            for run_id in left:
                cancel_run(client, run_id, force=True)
        client.clock.sleep(PAUSE_SECONDS)
    return left


def _is_over(client: Client, run_id: int) -> bool:
    client.forget_reads()
    return client.call("GET", f"actions/runs/{run_id}").text("status") == "completed"
