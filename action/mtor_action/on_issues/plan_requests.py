"""`/mtor plan` → a run of the workflow that only reads and writes one comment, with the App and without.

The run is called `plan-COMMENT` after the comment that asked, so that a comment has one run. Its work job has no token
that writes and runs no command of the repository; its publish job posts what the architect wrote. The App's queue does
not hold it: it pushes to no branch, and nothing waits for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.errors import CommandError
from mtor_action.github.actions.dispatched_runs import DispatchedRun, cancel_run, dispatch_job, dispatched_runs
from mtor_action.github.branches.settings_file import settings_at
from mtor_action.github.confirmed_refusals import refuse_by_rest
from mtor_action.github.issues.night_mark import is_night_issue
from mtor_action.github.texts.plan_comments import asking_comment, plan_job
from mtor_action.job_start.start_decision import night_refusal
from mtor_action.on_issues.status_memory import state_line

if TYPE_CHECKING:
    from mtor_action.github.client import Client

SLOT = "plan"  # one plan after the other, beside the jobs


def request_plan(client: Client, workflow: str, number: int, comment_id: int, requester: str) -> str:
    """Start the run for the comment unless it has one. Return what is to be answered, "" for nothing.

    Raises CommandError where nothing can be planned, GitHubError.
    """
    issue = refuse_by_rest(
        client, lambda: client.call("GET", f"issues/{number}"), lambda issue: not is_night_issue(issue)
    )
    if is_night_issue(issue):
        raise night_refusal()
    if isinstance(issue.at("pull_request").value, dict):
        raise CommandError("`/mtor plan` is for issues, and this is a pull request", "open an issue and ask there")
    if not dict(settings_at(client).settings.roles).get("architect"):
        message = "no model is named that writes specs"
        raise CommandError(
            message, "add `roles: {architect: [MODEL]}` to `.github/mtor.yml`, and its key to the workflow"
        )
    runs = [run for run in dispatched_runs(client, workflow) if run.number == number]
    if any(run.job == plan_job(comment_id) for run in runs):
        return ""
    if live := next((run for run in runs if is_planning(run) and run.is_live), None):
        return f"A plan for this issue is being written already: [the run](<{live.html_url}>)."
    inputs = {"issue": str(number), "job": plan_job(comment_id), "requester": requester, "slot": SLOT}
    dispatch_job(client, workflow, inputs)
    return ""


def cancel_plans(client: Client, workflow: str, number: int, at: float = 0.0) -> int:
    """Cancel the runs that plan for an issue and were asked for before `at` (0.0: all); return how many they were.

    Raises GitHubError.
    """
    ended = [run for run in live_plans(client, workflow, number) if not 0.0 < at < run.created_at]
    for run in ended:
        cancel_run(client, run.id)
    return len(ended)


def live_plans(client: Client, workflow: str, number: int) -> list[DispatchedRun]:
    """Return the runs that plan for an issue, or wait to. Raises GitHubError."""
    runs = dispatched_runs(client, workflow, most=1)
    return [run for run in runs if run.number == number and run.is_live and is_planning(run)]


def planning_line(run: DispatchedRun) -> str:
    """Return the state of a run that plans in one line of Markdown."""
    words = "mtor writes a plan" if run.is_live else "mtor has written a plan"
    return state_line(words, run.job, run.html_url, run.conclusion)


def is_planning(run: DispatchedRun) -> bool:
    """Return whether the run writes a plan rather than code."""
    return asking_comment(run.job) > 0


def is_live_job(run: DispatchedRun) -> bool:
    """Return whether the run waits or runs and writes code."""
    return run.is_live and not is_planning(run)
