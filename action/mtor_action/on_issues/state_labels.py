"""The labels that show the state of an issue's jobs: exactly one of them, made if it is missing.

https://docs.github.com/rest/issues/labels: setting one that the repository does not have makes it, for whoever may
write issues (https://github.com/actions/labeler/issues/870), grey and without a description
(https://github.com/actions-ecosystem/action-add-labels/issues/193).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from mtor_action.github.answers import Answer
from mtor_action.github.failures import RequestFailureKind, Tolerance
from mtor_action.github.issues import state_names
from mtor_action.github.issues.label_events import is_same_label
from mtor_action.on_issues.best_effort import best_effort
from mtor_action.report.report import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mtor_action.github.client import Client


_NEW = "ededed"
PAGE = 30  # how many labels an answer holds at least


@dataclass(frozen=True, slots=True)
class Label:
    """A label as GitHub makes it: name, hexadecimal colour, description."""

    name: str
    color: str
    description: str


QUEUED = Label(state_names.QUEUED, "c5def5", "mtor will work on this; remove the label to cancel")
RUNNING = Label(state_names.RUNNING, "fbca04", "mtor is working on this; remove the label to cancel")
DONE = Label(state_names.DONE, "0e8a16", "mtor is done with this")
STALLED = Label(state_names.STALLED, "d4a72c", "mtor got stuck and stopped")
FAILED = Label(state_names.FAILED, "d73a4a", "mtor could not do this; its comment says why")
ALL = {label.name: label for label in (QUEUED, RUNNING, DONE, STALLED, FAILED)}
TRIGGER = "mtor"
"""The label that asks for a run, where the inputs name no other."""
UNDER_WAY = frozenset({QUEUED.name, RUNNING.name})
_OUTCOMES = {
    Outcome.CLEAN: DONE,
    Outcome.FIXED: DONE,
    Outcome.EMPTY: DONE,
    Outcome.STALLED: STALLED,
}


def label_after(outcome: Outcome) -> Label:
    """Return the label for a job that ended with `outcome`."""
    return _OUTCOMES.get(outcome, FAILED)


def set_label(client: Client, number: int, label: Label, consumed: str = "") -> bool:
    """Make `label` the only one of them on an issue or pull request, and remove `consumed`: best effort.

    All is changed by one request, right after the labels were read: what somebody adds in between would be lost.
    Return whether it was done. Raises GitHubError for what may succeed later.
    """
    with best_effort("label"):
        labels = list(client.pages(_path(number)))
        names = [listed.text("name") for listed in labels]
        ours = {name.casefold() for name in (*ALL, consumed)}
        final_names = [name for name in names if name.casefold() not in ours or is_same_label(name, label.name)]
        if not any(is_same_label(name, label.name) for name in final_names):
            final_names.append(label.name)
        now = labels
        if final_names != names:
            now = client.call("PUT", _path(number), {"labels": final_names}).items()
            _paint(client, label, now)
        for listed in (*labels, *now):
            client.keep_id(f"labels/{listed.text('name')}", listed)
        # The answer has all labels unless they fill a page.
        if len(now) < PAGE:
            client.know(_path(number), Answer([listed.value for listed in now]))
        return True
    return False


def others_than(label: Label, consumed: str = "") -> tuple[str, ...]:
    """Return the names that an issue does not have beside `label`: those of the other states, and `consumed`."""
    names = (*ALL, *([consumed] if consumed else ()))
    return tuple(name for name in names if not is_same_label(name, label.name))


def under_way(client: Client) -> list[Answer]:
    """Return the issues and pull requests that wait or run, open and closed, those that wait first. Raises GitHubError.

    In this order one whose state changes in between is in one of the two lists, or in both.
    """
    return [*labelled(client, QUEUED), *labelled(client, RUNNING)]


def labelled(client: Client, label: Label) -> list[Answer]:
    """Return the issues and pull requests with the label, open and closed. Raises GitHubError."""
    return list(client.pages("issues", params={"labels": label.name, "state": "all"}))


def is_set(client: Client, number: int, label: Label) -> bool:
    """Return whether an issue has the label. Raises GitHubError."""
    return any(is_same_label(listed.text("name"), label.name) for listed in client.pages(_path(number)))


def take_off(client: Client, number: int, name: str) -> None:
    """Remove a label from an issue or pull request, if it is there. Raises GitHubError."""
    labels = client.recall(_path(number))
    if labels is not None and not any(is_same_label(label.text("name"), name) for label in labels.items()):
        return
    with Tolerance(RequestFailureKind.NOT_FOUND):
        client.call("DELETE", f"issues/{number}/labels/{quote(name, safe='')}")


def _path(number: int) -> str:
    return f"issues/{number}/labels"


def _paint(client: Client, label: Label, now: Iterable[Answer]) -> None:
    """Give a label that GitHub has just made its colour and description; one with either stays as somebody made it."""
    is_new = any(
        is_same_label(each.text("name"), label.name) and each.text("color") == _NEW and not each.text("description")
        for each in now
    )
    if is_new:
        with best_effort("a label's colour"):
            body = {"color": label.color, "description": label.description}
            client.call("PATCH", f"labels/{quote(label.name, safe='')}", body)
