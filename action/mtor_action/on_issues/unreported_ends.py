"""Jobs whose run has ended while their issue says that they wait or run, where no server follows runs.

A run that somebody cancels on its page has no publish job. And an event run that has to wait for one of GitHub's limits
may write that a job is queued after the publish job has shown its end.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from mtor_action.errors import MtorError
from mtor_action.github.actions.dispatched_runs import DispatchedRun, dispatched_runs, read_run, run_by_id
from mtor_action.github.actions.run_results import RunResult, run_result
from mtor_action.github.payloads import read_time
from mtor_action.on_issues.best_effort import best_effort
from mtor_action.on_issues.plan_requests import is_live_job
from mtor_action.on_issues.shown_state import show_state
from mtor_action.on_issues.state_labels import label_after, under_way
from mtor_action.on_issues.status_memory import StatusMemory, read_status, state_line
from mtor_action.report.report import Outcome

if TYPE_CHECKING:
    from mtor_action.github.client import Client

# The publish job shows an end before its run has ended, and an event run's write comes at most minutes later.
OVERDUE_SECONDS = 600.0
logger = logging.getLogger(__name__)


def show_unreported(client: Client, workflow: str, number: int = 0) -> list[int]:
    """Show the ends of runs that nobody reported, but of the issue `number`; return the numbers of their issues.

    Never raises MtorError.
    """
    shown: list[int] = []
    try:
        issues = {issue.number("number") for issue in under_way(client) if issue.text("state") == "open"} - {number}
        runs = dispatched_runs(client, workflow) if issues else []
        live = {run.number for run in runs if is_live_job(run)}
        for other in sorted(issues - live):
            with best_effort("status"):
                shown += [other] if _is_shown(client, other) else []
    except MtorError as error:
        logger.warning("runs whose end nobody reported could not be looked for: %s", error.message)
    return shown


def _is_shown(client: Client, number: int) -> bool:
    """Show how the last job of the issue ended, if its run has ended long enough ago, and return whether it has."""
    memory = read_status(client, number)
    answer = client.find(f"actions/runs/{memory.run_id}") if memory.run_id and memory.waits is None else None
    run = read_run(answer) if answer else None
    if answer is None or run is None or run.is_live:
        return False
    if read_time(answer, "updated_at") > client.clock.wall() - OVERDUE_SECONDS:
        return False
    _show(client, memory, run)
    return True


def show_if_ended(client: Client, memory: StatusMemory) -> None:
    """Show the end of the job that was written as queued just now, if its run has ended meanwhile. Raises GitHubError.

    What is read here is forgotten before: the run may have been read while it was live.
    """
    client.forget_reads()
    run = run_by_id(client, memory.run_id) if memory.run_id else None
    if run is not None and not run.is_live:
        _show(client, memory, run)


def _show(client: Client, memory: StatusMemory, run: DispatchedRun) -> None:
    end = run_result(client, run.id, run.job) or _without_result(run)
    line = state_line(str(end.outcome), run.job, run.html_url, end.reason, pull_request=end.pull_request or 0)
    show_state(client, run.number, replace(memory, state=line), label_after(end.outcome))


def _without_result(run: DispatchedRun) -> RunResult:
    if run.conclusion == "cancelled":
        return RunResult(Outcome.CANCELLED, "The workflow run was cancelled on GitHub.", None, paused=False)
    return RunResult(Outcome.ERROR, "The workflow run ended without a result.", None, paused=False)
