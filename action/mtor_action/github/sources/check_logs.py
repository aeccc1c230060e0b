"""The logs of checks that failed on a pull request's newest commit, for the implementer: found, pinned, and cut.

Only jobs of GitHub Actions for pushes and pull requests count: their logs are read with the right to read Actions, and
a job's id is that of its check run. Of other checks GitHub keeps no log.
https://docs.github.com/rest/actions/workflow-jobs
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING

from mtor_action.errors import MtorError, SpecChanged
from mtor_action.github.actions.held_runs import HELD, pull_runs
from mtor_action.github.answers import Answer
from mtor_action.github.downloads import stored_chunks
from mtor_action.github.failures import GitHubError, RequestFailureKind
from mtor_action.github.payloads import read_time
from mtor_action.github.sources.review_words import CHECK
from mtor_action.github.texts.pins import Pin
from mtor_action.neutral import one_line
from mtor_action.redaction.redactor import Redactor

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mtor_action.github.client import Client

LARGEST_LOG = 20 << 20
WISH = "The checks below failed on this pull request. Make them pass, without making them check less."
_READ_BYTES, _READ_LINES = 300_000, 4_000
_FAILED = ("failure", "timed_out")
_EVENTS = ("push", "pull_request")
_ASK_AGAIN = "write `/mtor fix ci` again"
_STAMP = re.compile(r"^\d{4}-\d\d-\d\dT[\d:]{8}(?:\.\d{1,9})?Z ?")
# How the runner marks a step's beginning and its failure.
_BEGINS, _ENDS = "##[group]Run ", "##[error]Process completed with exit code"


@dataclass(frozen=True, slots=True)
class FailedCheck:
    """A failed job: its id, its name, the commit and branch that it ran for; `ended` in Unix seconds.

    `workflow` is the id of the workflow that it is a job of, 0 where it was not read with its run.
    """

    id: int
    name: str
    commit: str
    branch: str
    ended: float
    workflow: int = 0


@dataclass(frozen=True, slots=True)
class ChecksState:
    """The checks of a commit: those that failed, and how many run still or wait for approval."""

    failed: tuple[FailedCheck, ...]
    running: int
    held: int


@dataclass(frozen=True, slots=True)
class CheckLog:
    """What a failed check printed: `text` is the end of it, as GitHub keeps it."""

    check: FailedCheck
    pin: Pin
    text: str


def checks_state(client: Client, pull: Answer) -> ChecksState:
    """Return the state of the pull request's newest commit, by each workflow's newest run. Raises GitHubError."""
    newest: dict[tuple[int, str], Answer] = {}
    for run in pull_runs(client, pull):
        if run.text("event") in _EVENTS:
            newest.setdefault((run.number("workflow_id"), run.text("event")), run)
    runs = newest.values()
    return ChecksState(
        failed=tuple(check for run in runs if run.text("conclusion") in _FAILED for check in _failed_in(client, run)),
        running=sum(run.text("status") != "completed" for run in runs),
        held=sum(run.text("conclusion") == HELD for run in runs),
    )


def _failed_in(client: Client, run: Answer) -> Iterator[FailedCheck]:
    listed = client.pages(f"actions/runs/{run.number('id')}/jobs", key="jobs", params={"filter": "latest"}, most=3)
    workflow = run.number("workflow_id")
    yield from (replace(_check(job), workflow=workflow) for job in listed if job.text("conclusion") in _FAILED)


def failing_on(client: Client, branch: str, repository_id: int) -> frozenset[tuple[int, str]]:
    """Return the checks that failed in a branch's last finished run of each workflow: workflow and name.

    A fork's branch of the same name is another. Raises GitHubError.
    """
    params: dict[str, str | int] = {"branch": branch, "status": "completed"}
    last: dict[int, Answer] = {}
    for run in client.pages("actions/runs", key="workflow_runs", params=params, most=1):
        is_here = run.number("head_repository", "id") == repository_id
        if is_here and run.text("event") in _EVENTS and run.text("conclusion") in ("success", *_FAILED):
            last.setdefault(run.number("workflow_id"), run)
    red = [run for run in last.values() if run.text("conclusion") in _FAILED]
    return frozenset((check.workflow, check.name) for run in red for check in _failed_in(client, run))


def _check(job: Answer) -> FailedCheck:
    name, ended = one_line(job.text("name"), 100), read_time(job, "completed_at")
    return FailedCheck(job.number("id"), name, job.text("head_sha"), job.text("head_branch"), ended)


def read_log(client: Client, check: FailedCheck) -> CheckLog:
    """Return the check's log with its pin. Raises SpecChanged if GitHub has none, or too much; GitHubError."""
    seen, size, end = sha256(f"{check.name}\n\n".encode("utf-8", "replace")), 0, b""
    try:
        for chunk in stored_chunks(client, f"actions/jobs/{check.id}/logs"):
            size += len(chunk)
            if size > LARGEST_LOG:
                message = f"the log has more than {LARGEST_LOG >> 20} MB"
                raise SpecChanged(f"the check {check.id}", message, "write what should change behind `/mtor fix`")
            seen.update(chunk)
            end = (end + chunk)[-_READ_BYTES:]
    except GitHubError as error:
        if error.kind not in (RequestFailureKind.NOT_FOUND, RequestFailureKind.GONE):
            raise
        hint = "GitHub may need a minute, and deletes logs after a while: try again, or run the check again"
        raise SpecChanged(f"the check {check.id}", "GitHub has no log of it", hint) from error
    if size > len(end):
        end = end.partition(b"\n")[2]  # half a line may be half a key
    return CheckLog(check, Pin(CHECK, check.id, seen.hexdigest(), commit=check.commit), end.decode("utf-8", "replace"))


def pinned_logs(client: Client, branch: str, pins: Sequence[Pin]) -> list[CheckLog]:
    """Return the logs of these pins, of a pull request from `branch`. Raises SpecChanged, MtorError, GitHubError."""
    return [_pinned(client, branch, pin) for pin in pins]


def _pinned(client: Client, branch: str, pin: Pin) -> CheckLog:
    name = f"the check {pin.id}"
    job = client.find(f"actions/jobs/{pin.id}")
    if job is None:
        raise SpecChanged(name, "GitHub no longer has it", _ASK_AGAIN)
    check = _check(job)
    is_other = check.commit != pin.commit or check.branch not in ("", branch)  # GitHub may leave the branch out
    if is_other or job.text("conclusion") not in _FAILED:
        raise MtorError(f"{name} is not one that failed on {pin.commit[:12]} of this pull request", _ASK_AGAIN)
    log = read_log(client, check)
    if log.pin != pin:
        raise SpecChanged(name, "the log is not what it was when this was asked for", _ASK_AGAIN)
    return log


def refuse_rerun(client: Client, pins: Iterable[Pin]) -> None:
    """Raise SpecChanged if one of these checks was run again since: it may be green by now. Raises GitHubError."""
    for pin in pins:
        job = client.find(f"actions/jobs/{pin.id}") or Answer({})
        run = client.find(f"actions/runs/{job.number('run_id')}") if job.number("run_id") else None
        if run is not None and run.number("run_attempt") > job.number("run_attempt"):
            words = "the check was run again since this was asked for"
            raise SpecChanged(f"the check {pin.id}", words, f"if it fails again, {_ASK_AGAIN}")


def logs_text(logs: Iterable[CheckLog]) -> str:
    """Return what the implementer is shown of the logs: of each its name and the failure, without keys."""
    from mtor_action.implementer.failing_output.failure_excerpt import excerpt_of

    redactor = Redactor({})
    texts = []
    for log in logs:
        step = "\n".join(failing_step(log.text).split("\n")[-_READ_LINES:])
        # Before it is cut: a half of a key would not be known for one any more.
        printed = excerpt_of(redactor.redact(step)) or "It printed nothing."
        texts.append(redactor.redact(f"The check {log.check.name}:\n{printed}"))
    return "\n\n".join(texts)


def failing_step(log: str) -> str:
    """Return the lines of the step that failed, without the runner's times; the end of a log that marks none."""
    lines = [_STAMP.sub("", line) for line in log.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")]
    ends = [number for number, line in enumerate(lines) if line.startswith(_ENDS)]
    if not ends:
        return "\n".join(lines)
    begins = [number for number, line in enumerate(lines[: ends[0]]) if line.startswith(_BEGINS)]
    step = lines[begins[-1] if begins else 0 : ends[0]]
    # The step's own script is between its mark and the end of that group.
    script = step.index("##[endgroup]") + 1 if begins and "##[endgroup]" in step else 0
    return "\n".join([*(line.removeprefix("##[group]") for line in step[:1] if script), *step[script:]])
