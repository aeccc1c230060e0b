"""An event as mtor reacts to it, read from the payload, which anybody may have caused.

Never raises, whatever the payload holds. https://docs.github.com/webhooks/webhook-events-and-payloads
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtor_action.asking.accounts import Sender, read_sender
from mtor_action.asking.command import read_command
from mtor_action.github.label_events import is_same_label
from mtor_action.github.payloads import read_number, read_time
from mtor_action.github.pins import Pin, pin_issue
from mtor_action.on_issues.state_labels import UNDER_WAY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mtor_action.github.answers import Answer


@dataclass(frozen=True, slots=True)
class LabelSet:
    """Somebody set the trigger label; `carried` is the pin of the text as the event brought it."""

    number: int
    sender: Sender
    carried: Pin


@dataclass(frozen=True, slots=True)
class CommandWritten:
    """Somebody wrote a comment whose first line is a command; `at` in seconds since the epoch, 0.0: unknown."""

    number: int
    sender: Sender
    comment_id: int
    body: str
    at: float
    carried: Pin


@dataclass(frozen=True, slots=True)
class WorkUnwanted:
    """An issue or pull request was closed, or lost the label of a job under way; `at` as for CommandWritten."""

    number: int
    sender: Sender
    at: float


Happening = LabelSet | CommandWritten | WorkUnwanted


def read_happening(name: str, payload: Answer, trigger_label: str) -> Happening | None:
    """Return what happened, None if it is nothing to mtor. `name` is GITHUB_EVENT_NAME."""
    read = _READERS.get((name, payload.text("action")))
    number = read_number(payload)
    return read(payload, number, trigger_label) if read and number > 0 else None


def _labeled(payload: Answer, number: int, trigger_label: str) -> LabelSet | None:
    if not is_same_label(payload.text("label", "name"), trigger_label):
        return None
    return LabelSet(number, read_sender(payload.at("sender")), _carried(payload, number))


def _unlabeled(payload: Answer, number: int, _trigger_label: str) -> WorkUnwanted | None:
    if payload.text("label", "name").casefold() not in UNDER_WAY:
        return None
    return WorkUnwanted(number, read_sender(payload.at("sender")), read_time(payload, "issue.updated_at"))


def _closed(payload: Answer, number: int, _trigger_label: str) -> WorkUnwanted:
    at = read_time(payload, "issue.closed_at", "issue.updated_at")
    return WorkUnwanted(number, read_sender(payload.at("sender")), at)


def _commented(payload: Answer, number: int, _trigger_label: str) -> CommandWritten | None:
    body, comment_id = payload.text("comment", "body"), payload.number("comment", "id")
    if not comment_id or read_command(body) is None:
        return None
    # The comment's author is the one who asks, whoever caused the event.
    author, at = read_sender(payload.at("comment", "user")), read_time(payload, "comment.created_at")
    return CommandWritten(number, author, comment_id, body, at, _carried(payload, number))


def _carried(payload: Answer, number: int) -> Pin:
    return pin_issue(number, payload.text("issue", "title"), payload.text("issue", "body"))


_READERS: Mapping[tuple[str, str], Callable[[Answer, int, str], Happening | None]] = {
    ("issues", "labeled"): _labeled,
    ("issues", "unlabeled"): _unlabeled,
    ("issues", "closed"): _closed,
    ("issue_comment", "created"): _commented,
}
