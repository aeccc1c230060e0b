"""How long this run's jobs have been running, as GitHub says it, else by the clocks of the two jobs themselves.

A job of an earlier attempt that was not repeated is listed with the times that it had.
https://docs.github.com/rest/actions/workflow-jobs#list-jobs-for-a-workflow-run-attempt (read 2026-11-29)
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mtor_action.errors import MtorError
from mtor_action.report.runner_minutes import runner_minutes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mtor_action.github.answers import Answer
    from mtor_action.github.client import Client
    from mtor_action.publish.inputs import Order

_LONGEST_SECONDS = 7 * 24 * 3600.0  # beyond it, one of the clocks is wrong


def runner_time(client: Client, order: Order, work_seconds: float, publish_seconds: float) -> dict[str, object]:
    """Return the report's `runner`; the seconds given count where GitHub does not tell. Never raises MtorError.

    `client` may read runs.
    """
    seconds = {"work": work_seconds, "publish": publish_seconds}
    try:
        for job in _jobs(client, order):
            name = job.text("name")
            if name in seconds:
                seconds[name] = max(seconds[name], _lasted(job))
    except MtorError:
        pass
    return runner_minutes(seconds)


def has_worked(client: Client, order: Order) -> bool:
    """Return whether this run's work job was given to a runner; `client` may read runs. Raises GitHubError."""
    return any(job.text("name") == "work" and job.text("conclusion") != "skipped" for job in _jobs(client, order))


def _jobs(client: Client, order: Order) -> Iterator[Answer]:
    return client.pages(f"actions/runs/{order.run_id}/attempts/{order.run_attempt}/jobs", key="jobs", most=1)


def _lasted(job: Answer) -> float:
    """Return the seconds from its start to its end or to now; 0 if they are not known."""
    started, ended = (_moment(job.text(name)) for name in ("started_at", "completed_at"))
    if started is None:
        return 0.0
    seconds = ((ended or datetime.now(UTC)) - started).total_seconds()
    return seconds if 0 <= seconds < _LONGEST_SECONDS else 0.0


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
