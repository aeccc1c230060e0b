"""The labels that say where an issue's jobs are: exactly one of them, made with its colour where it is missing.

https://docs.github.com/rest/issues/labels
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from mtor_action.errors import GitHubError
from mtor_action.github.failures import Kind
from mtor_action.report.report import Outcome
from mtor_bot.jobs.job import State

if TYPE_CHECKING:
    from mtor_action.github.client import Client
    from mtor_bot.jobs.job import Job


class Label(NamedTuple):
    """A label as GitHub makes it; the colour is hexadecimal."""

    name: str
    color: str
    description: str


QUEUED = Label("mtor:queued", "c5def5", "mtor will work on this; removing the label cancels")
RUNNING = Label("mtor:running", "fbca04", "mtor is at work on this; removing the label cancels")
DONE = Label("mtor:done", "0e8a16", "mtor has done this")
STALLED = Label("mtor:stalled", "d4a72c", "mtor stopped: it got no further")
FAILED = Label("mtor:failed", "d73a4a", "mtor could not do this; its comment says why")
ALL = {label.name: label for label in (QUEUED, RUNNING, DONE, STALLED, FAILED)}
UNDER_WAY = frozenset({QUEUED.name, RUNNING.name})
_OUTCOMES = {
    Outcome.CLEAN: DONE,
    Outcome.FIXED: DONE,
    Outcome.EMPTY: DONE,
    Outcome.STALLED: STALLED,
}


def label_of(job: Job) -> Label:
    """The label for a job's state or outcome."""
    if job.outcome:
        return _OUTCOMES.get(job.outcome, FAILED)
    return QUEUED if job.state in (State.WAITING, State.STARTING, State.DISPATCHED) else RUNNING


def set_label(client: Client, number: int, wanted: Label) -> None:
    """See that `wanted` is the only one of them on an issue or pull request. Raises GitHubError."""
    there = [each.text("name") for each in client.pages(f"issues/{number}/labels")]
    if wanted.name not in there:
        _make(client, wanted)
        client.call("POST", f"issues/{number}/labels", {"labels": [wanted.name]}, look=lambda: None)
    for name in there:
        if name in ALL and name != wanted.name:
            take_off(client, number, name)


def take_off(client: Client, number: int, name: str) -> None:
    """Remove a label, if it is there. Raises GitHubError."""
    try:
        client.call("DELETE", f"issues/{number}/labels/{quote(name, safe='')}")
    except GitHubError as error:
        if error.kind is not Kind.NOT_FOUND:
            raise


def _make(client: Client, label: Label) -> None:
    """Somebody else may have made it, with other colours."""
    try:
        client.call("POST", "labels", label._asdict(), look=lambda: None)
    except GitHubError as error:
        if error.kind is not Kind.INVALID:
            raise
