"""Workflow runs: whether one with the same name came before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.github.dispatched_runs import EVENT, MOST_PAGES

if TYPE_CHECKING:
    from mtor_action.github.client import Client


def earlier_twin(client: Client, run_id: int) -> int | None:
    """The lowest id of a dispatched run of the same workflow and name that is below `run_id`; None if there is none.

    Only dispatched runs count: a pull request from a fork may give its own runs any name. Lists may lag; the other
    run then finds this one, whose id is higher, and goes on.
    https://docs.github.com/rest/actions/workflow-runs#list-workflow-runs-for-a-workflow
    """
    run = client.call("GET", f"actions/runs/{run_id}")
    title, workflow = run.text("display_title"), run.number("workflow_id")
    if not (title and workflow):
        return None
    path = f"actions/workflows/{workflow}/runs"
    listed = client.pages(path, key="workflow_runs", params={"event": EVENT}, most=MOST_PAGES)
    same = (twin for twin in listed if (twin.text("display_title"), twin.text("event")) == (title, EVENT))
    return min((twin.number("id") for twin in same if 0 < twin.number("id") < run_id), default=None)
