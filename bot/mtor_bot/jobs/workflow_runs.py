"""Workflow runs through the API: found by name, read, repeated, and the result that they leave."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mtor_action.github.actions.dispatched_runs import dispatched_runs, is_same_work
from mtor_action.github.actions.run_results import run_result
from mtor_action.github.answers import Answer
from mtor_action.github.client import Client
from mtor_action.github.failures import RequestFailureKind, Tolerance
from mtor_action.neutral import one_line
from mtor_bot.github_app import own_on_github
from mtor_bot.jobs.attempts import Attempt
from mtor_bot.jobs.endings import Ending, JobEnding
from mtor_bot.jobs.job_record import JobResult

FILE, PATH, EVENT = own_on_github.FILE, own_on_github.PATH, own_on_github.EVENT
# Lists are newest first, and at most some hundred runs are younger than one that we look for.
MOST_PAGES = 3
_TITLE = re.compile(r"mtor #(\d+) ([A-Za-z0-9._-]{1,80})\.(\d{1,3})")


@dataclass(frozen=True, slots=True)
class WorkflowRun:
    """A run: its status and conclusion on GitHub ("" while there is none). `named` as in Attempt."""

    id: int
    status: str
    conclusion: str
    html_url: str
    named: str = ""


def title(number: int, name: str) -> str:
    """Return the name of an attempt's run, set by `run-name` and shown as `display_title`."""
    return f"mtor #{number} {name}"


def read_title(text: str) -> tuple[str, int] | None:
    """Return the job's id and the attempt in a run's title, None for another title."""
    match = _TITLE.fullmatch(text)
    return (match[2], int(match[3])) if match else None


def find(client: Client, title: str) -> WorkflowRun | None:
    """Return the first run of that title, None while GitHub does not list it: lists lag. Raises GitHubError.

    https://docs.github.com/rest/actions/workflow-runs#list-workflow-runs-for-a-workflow
    """
    path = f"actions/workflows/{FILE}/runs"
    listed = client.pages(path, key="workflow_runs", params={"event": EVENT}, most=MOST_PAGES)
    # The list is of that file's runs, so older servers, which leave `path` out, need no check of it.
    dispatched = [run for run in listed if own_on_github.is_our_run(run.text("event"), run.text("path") or PATH)]
    titled = [run for run in dispatched if run.text("display_title") == title]
    return min(map(_run, titled), key=lambda run: run.id, default=None)


def find_first(client: Client, number: int, attempt: Attempt) -> WorkflowRun | None:
    """Return the run before which this attempt's run has left, None if there is none. Raises GitHubError."""
    same = find(client, title(number, attempt.name))
    if same is not None and same.id < (attempt.run_id or 0):
        return same
    runs = dispatched_runs(client, FILE, MOST_PAGES)
    this = next((run for run in runs if run.id == attempt.run_id), None)
    others = [run for run in runs if this and run.id < this.id and is_same_work(run, this)]
    first = min(others, key=lambda run: run.id, default=None)
    return WorkflowRun(first.id, first.status, first.conclusion, first.html_url, first.job) if first else None


def look(client: Client, run_id: int) -> WorkflowRun | None:
    """Return the run as it is now, None if there is none. Raises GitHubError."""
    answer = client.find(f"actions/runs/{run_id}")
    return _run(answer) if answer else None


def _run(answer: Answer) -> WorkflowRun:
    return WorkflowRun(answer.number("id"), answer.text("status"), answer.text("conclusion"), answer.text("html_url"))


def rerun_failed(client: Client, run_id: int) -> None:
    """Rerun the failed jobs of a run, unless a rerun is under way. Raises GitHubError."""
    with Tolerance(RequestFailureKind.FORBIDDEN):
        client.call("POST", f"actions/runs/{run_id}/rerun-failed-jobs", look=lambda: None)


def ending(client: Client, run: WorkflowRun, job_id: str) -> Ending:
    """Return everything about an ended run that the next step depends on. Raises GitHubError.

    A result decides alone: what became of the run's jobs is asked only without one.
    """
    left = result(client, run.id, job_id)
    if left is not None:
        return Ending(run.conclusion, result=left)
    listed = client.pages(f"actions/runs/{run.id}/jobs", key="jobs", params={"filter": "latest"}, most=1)
    return Ending(run.conclusion, tuple(_job_ending(client, job) for job in listed))


def _job_ending(client: Client, job: Answer) -> JobEnding:
    """Return the job's conclusion and annotations, which belong to the check run of the same id."""
    name, conclusion = job.text("name"), job.text("conclusion")
    if conclusion in ("success", "skipped"):
        return JobEnding(name, conclusion)
    listed: list[Answer] = []
    # A job that never began has no check run; without the permission the ending is a plain failure.
    with Tolerance(RequestFailureKind.NOT_FOUND, RequestFailureKind.MISSING_PERMISSION):
        listed = list(client.pages(f"check-runs/{job.number('id')}/annotations", most=1))
    return JobEnding(name, conclusion, tuple(one_line(annotation.text("message"), 300) for annotation in listed))


def result(client: Client, run_id: int, job_id: str) -> JobResult | None:
    """Return the result in the publish job's artifact; None if none is valid for this job. Raises GitHubError."""
    left = run_result(client, run_id, job_id)
    if left is None:
        return None
    return JobResult(left.outcome, left.reason, pull_request=left.pull_request, paused=left.paused)
