"""Workflow runs: whether another one came before for the same job, or for the same spec by the other way to start."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from mtor_action.github.actions.dispatched_runs import EVENT, MOST_PAGES, is_same_work, read_run
from mtor_action.github.failures import RequestFailureKind, Tolerance

if TYPE_CHECKING:
    from mtor_action.github.answers import Answer
    from mtor_action.github.client import Client


def earlier_twin(client: Client, run_id: int, workflow: str) -> int | None:
    """The lowest id of a dispatched run of the same workflow and name that is below `run_id`; None if there is none.

    While a repository moves over to the App, an event run and the App may both start a run of one spec. They have two
    names: such a run counts as long as it has not ended.

    Only dispatched runs count: a pull request from a fork may give its own runs any name. Lists may lag; the other
    run then finds this one, whose id is higher, and goes on.
    https://docs.github.com/rest/actions/workflow-runs#list-workflow-runs-for-a-workflow
    """
    listed = _dispatched(client, workflow)
    run = next((each for each in listed if each.number("id") == run_id), None)
    if run is None:
        # The list lags, or the run is of another file: one that calls this one.
        run = client.call("GET", f"actions/runs/{run_id}")
        listed = _dispatched(client, run.number("workflow_id"))
    if not run.text("display_title"):
        return None
    earlier = (other for other in listed if 0 < other.number("id") < run_id and other.text("event") == EVENT)
    return min((other.number("id") for other in earlier if _is_twin(other, run)), default=None)


def _dispatched(client: Client, workflow: str | int) -> list[Answer]:
    """Return the dispatched runs of a workflow, by its file's name or its id; [] where GitHub knows none."""
    path = f"actions/workflows/{quote(str(workflow), safe='')}/runs"
    with Tolerance(RequestFailureKind.NOT_FOUND):
        return list(client.pages(path, key="workflow_runs", params={"event": EVENT}, most=MOST_PAGES))
    return []


def _is_twin(other: Answer, run: Answer) -> bool:
    if other.text("display_title") == run.text("display_title"):
        return True
    one, this = read_run(other), read_run(run)
    return one is not None and this is not None and one.is_live and is_same_work(one, this)
