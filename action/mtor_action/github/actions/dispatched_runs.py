"""Start, list and cancel dispatched runs of mtor's workflow, by the names that `run-name` gives them.

Without a server these runs are the queue, and mtor knows nothing of it but their names. A job that an event run starts
is called `iNUMBER-DIGEST-COUNT`: the issue, the beginning of its spec's digest, and how often it was asked for. Two
event runs that see the same choose the same name, and of two runs with one name the later leaves (`twin_runs`). A job
of the App's queue is called `DIGEST-RANDOM`, so that each way recognises the other's runs of the same spec.
https://docs.github.com/rest/actions/workflow-runs#list-workflow-runs-for-a-workflow
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, TypeGuard
from urllib.parse import quote

from mtor_action.coaching.note import BRANCH
from mtor_action.github.answers import Answer
from mtor_action.github.branches.repositories import branch_head, repository
from mtor_action.github.failures import GitHubError, RequestFailureKind, Tolerance
from mtor_action.github.payloads import read_time
from mtor_action.github.texts.pins import Pin, encode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mtor_action.github.client import Client, Look

EVENT = "workflow_dispatch"
MOST_PAGES = 5  # for `twin_runs` too: what is not seen here is not seen there
DIGEST_CHARACTERS = 12
_TITLE = re.compile(r"mtor #(?P<number>[1-9]\d{0,17})(?: (?P<job>[A-Za-z0-9._-]{1,80})\.(?P<attempt>\d{1,3}))?")
_EVENT_JOB = re.compile(r"i(?P<number>[1-9]\d{0,17})-(?P<digest>[0-9a-f]{12})-(?P<count>\d{1,9})")
_QUEUE_JOB = re.compile(r"(?P<digest>[0-9a-f]{12})-[0-9a-f]{8}")
# https://docs.github.com/actions/reference/workflows-and-actions/variables: OWNER/REPO/.github/workflows/FILE@REF
_WORKFLOW = re.compile(r"[^@]*/\.github/workflows/([\w.-]{1,100})@.*", re.ASCII)


@dataclass(frozen=True, slots=True)
class DispatchedRun:
    """A run for an issue or pull request; `job` is "" if a person started it. `created_at` in seconds since the epoch.

    `status` and `conclusion` ("" while there is none) are GitHub's words.
    """

    id: int
    number: int
    job: str
    status: str
    conclusion: str
    html_url: str
    created_at: float

    @property
    def is_live(self) -> bool:
        """Whether it waits for a runner, or runs on one."""
        return self.status != "completed"

    @property
    def is_running(self) -> bool:
        """Whether a runner works on it, or has worked on its first job."""
        return self.status == "in_progress"


def dispatched_runs(client: Client, workflow: str, most: int = MOST_PAGES) -> list[DispatchedRun]:
    """The runs of the workflow file, newest first, as far as GitHub lists them: lists lag. Raises GitHubError.

    `most` pages are read.
    """
    path = f"actions/workflows/{quote(workflow, safe='')}/runs"
    listed = client.pages(path, key="workflow_runs", params={"event": EVENT}, most=most)
    return [run for run in map(read_run, listed) if run is not None]


def read_run(answer: Answer) -> DispatchedRun | None:
    """Return the run in an answer, None unless it was dispatched for a job.

    Only dispatched runs count: a pull request from a fork may give its own runs any name.
    """
    match = _TITLE.fullmatch(answer.text("display_title"))
    if match is None or answer.text("event") != EVENT:
        return None
    return DispatchedRun(
        answer.number("id"),
        int(match["number"]),
        match["job"] or "",
        answer.text("status"),
        answer.text("conclusion"),
        answer.text("html_url"),
        read_time(answer, "created_at"),
    )


def run_by_id(client: Client, run_id: int) -> DispatchedRun | None:
    """Return the run, also while lists do not show it yet; None if it is gone or no job's. Raises GitHubError."""
    run = client.find(f"actions/runs/{run_id}")
    return read_run(run) if run else None


def workflow_file(environ: Mapping[str, str]) -> str:
    """Return the name of the workflow file that a runner's environment is of, mtor's where it does not say."""
    match = _WORKFLOW.fullmatch(environ.get("GITHUB_WORKFLOW_REF", ""))
    return match[1] if match else "mtor.yml"


def is_event_job(job: str) -> bool:
    """Whether an event run named the job, so that no server looks after it."""
    return _EVENT_JOB.fullmatch(job) is not None


def queue_job(digest: str) -> str:
    """Return a new name for a job of the App's queue; `digest` is its spec's."""
    return f"{digest[:DIGEST_CHARACTERS]}-{secrets.token_hex(4)}"


def digest_in(job: str) -> str:
    """Return the first twelve digits of the spec's digest, which a job's name holds; "" for another name."""
    match = _EVENT_JOB.fullmatch(job) or _QUEUE_JOB.fullmatch(job)
    return match["digest"] if match else ""


def is_same_work(one: DispatchedRun, other: DispatchedRun) -> bool:
    """Return whether an event run and the App's queue each started one of these runs, for the same spec of an issue."""
    is_same_spec = one.number == other.number and digest_in(one.job) == digest_in(other.job) != ""
    return is_same_spec and is_event_job(one.job) != is_event_job(other.job)


def next_event_job(number: int, digest: str, jobs: Iterable[str]) -> str:
    """Return the name for the next job of an issue's spec; `jobs` are the names so far, also of other issues."""
    counts = [int(match["count"]) for match in map(_EVENT_JOB.fullmatch, jobs) if _is_of(match, number, digest)]
    return f"i{number}-{digest[:DIGEST_CHARACTERS]}-{max(counts, default=0) + 1}"


def live_twin(number: int, digest: str, runs: Iterable[DispatchedRun]) -> DispatchedRun | None:
    """Return the run that is at work on this very spec of the issue, also one of the App's; None if none is."""
    return next((run for run in _twins(number, digest, runs) if run.is_live), None)


def twin_since(number: int, digest: str, runs: Iterable[DispatchedRun], asked_at: float) -> DispatchedRun | None:
    """Return the live twin, or the newest run of this very spec that was started after it was asked for, at `asked_at`.

    An event run may begin so late that the App has done the work. Seconds since the epoch; 0.0: unknown.
    """
    twins = _twins(number, digest, runs)
    later = (run for run in twins if 0.0 < asked_at <= run.created_at)
    return live_twin(number, digest, twins) or next(later, None)


def _twins(number: int, digest: str, runs: Iterable[DispatchedRun]) -> list[DispatchedRun]:
    return [run for run in runs if run.number == number and digest_in(run.job) == digest[:DIGEST_CHARACTERS]]


def _is_of(match: re.Match[str] | None, number: int, digest: str) -> TypeGuard[re.Match[str]]:
    return match is not None and (match["number"], match["digest"]) == (str(number), digest[:DIGEST_CHARACTERS])


@dataclass(frozen=True, slots=True)
class StartedRun:
    """A run that GitHub was asked for: its id and page, 0 and "" where GitHub does not name it."""

    id: int
    html_url: str


def dispatch_run(client: Client, workflow: str, ref: str, inputs: Mapping[str, str]) -> StartedRun:
    """Have GitHub start a run of a job and return it. Raises GitHubError.

    Where the answer is lost, a run of that name is looked for before the request is sent again.
    """

    def look() -> Answer | None:
        runs = (run for run in dispatched_runs(client, workflow) if run.job == inputs["job"])
        return next((Answer({"workflow_run_id": run.id, "html_url": run.html_url}) for run in runs), None)

    answer = post_dispatch(client, workflow, ref, inputs, look)
    return StartedRun(answer.number("workflow_run_id"), answer.text("html_url"))


def dispatch_job(client: Client, workflow: str, inputs: Mapping[str, str]) -> StartedRun:
    """Start a job's first run, by the default branch's file and with the coaching as it is now. Raises GitHubError."""
    common = {"attempt": "1", "coaching": branch_head(client, BRANCH) or ""}
    return dispatch_run(client, workflow, repository(client).default_branch, {**inputs, **common})


@dataclass(frozen=True, slots=True)
class SpecRun:
    """A run wanted for the texts `pins` by `requester`, a login or "" for nobody.

    `branch` is the `branch_input` of the one that it pushes to, `slot` the place that it queues for, from 1.
    """

    number: int
    job: str
    pins: Sequence[Pin]
    requester: str
    branch: str
    slot: int = 1


def dispatch_spec(client: Client, workflow: str, run: SpecRun) -> StartedRun:
    """Start a job's first run, with numbers, names, ids and hashes only as inputs. Raises GitHubError."""
    inputs = {
        "issue": str(run.number),
        "job": run.job,
        "spec": encode(run.pins),
        "requester": run.requester,
        "branch": run.branch,
        "slot": str(run.slot),
    }
    return dispatch_job(client, workflow, inputs)


def branch_input(branch: str) -> str:
    """Return the input `branch`: a hash, since runs for one branch queue by it and no text travels in inputs."""
    return sha256(branch.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def dispatch_event(client: Client, workflow: str, ref: str, number: int, event: str) -> None:
    """Have GitHub start an event run of the default branch's file for a review, once. Raises GitHubError."""
    title = f"mtor event {event}"

    def look() -> Answer | None:
        path = f"actions/workflows/{quote(workflow, safe='')}/runs"
        runs = client.pages(path, key="workflow_runs", params={"event": EVENT}, most=1)
        return next((run for run in runs if run.text("display_title") == title), None)

    post_dispatch(client, workflow, ref, {"issue": str(number), "event": event}, look)


def post_dispatch(client: Client, workflow: str, ref: str, inputs: Mapping[str, str], look: Look = None) -> Answer:
    """Send the request for a run; the answer names the run, if GitHub does yet. `look` as for `Client.call`.

    Raises GitHubError. https://docs.github.com/rest/actions/workflows#create-a-workflow-dispatch-event
    """
    path = f"actions/workflows/{quote(workflow, safe='')}/dispatches"
    body: dict[str, object] = {"ref": ref, "inputs": dict(inputs)}
    try:
        return client.call("POST", path, {**body, "return_run_details": True}, look=look)
    except GitHubError as error:
        # GitHub Enterprise Server up to 3.19 does not know it.
        if error.kind is not RequestFailureKind.INVALID or "return_run_details" not in error.words:
            raise
    return client.call("POST", path, body, look=look)


def cancel_run(client: Client, run_id: int, *, force: bool = False) -> None:
    """Ask for the end of a run; one that has ended is left as it is. Raises GitHubError.

    https://docs.github.com/rest/actions/workflow-runs#cancel-a-workflow-run and #force-cancel-a-workflow-run
    """
    with Tolerance(RequestFailureKind.CONFLICT):
        client.call("POST", f"actions/runs/{run_id}/{'force-cancel' if force else 'cancel'}", look=lambda: None)
