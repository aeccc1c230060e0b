"""An event as mtor reacts to it, read from the payload, which anybody may have caused.

Never raises, whatever the payload holds. https://docs.github.com/webhooks/webhook-events-and-payloads

A review runs the workflow file of its pull request, so its run only starts one of the default branch's file
(`ReviewWritten`), which reads the review from GitHub (`ReviewDue`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtor_action.access.accounts import Sender, read_sender
from mtor_action.access.command import read_command
from mtor_action.github.branches.repositories import OUR_BRANCHES
from mtor_action.github.issues.label_events import is_same_label
from mtor_action.github.payloads import read_number, read_time
from mtor_action.github.pulls.pulls import same_repository
from mtor_action.github.texts.pins import Pin, pin_issue
from mtor_action.job_start.fix_unasked import CheckedCommit, read_checked
from mtor_action.night.night_boxes import Box, boxes_ticked
from mtor_action.on_issues.state_labels import UNDER_WAY
from mtor_action.serverless.written_text import TextKind, WrittenText

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mtor_action.github.answers import Answer

# What GitHub says of an issue changes at the moment of the event, so that these stand for its time.
_CHANGED = ("issue.updated_at", "pull_request.updated_at")
_CLOSED = ("issue.closed_at", "pull_request.closed_at", *_CHANGED)
_DUE = re.compile(r"(?P<kind>review|remark)-(?P<id>[1-9]\d{0,17})")


@dataclass(frozen=True, slots=True)
class LabelSet:
    """Somebody set the trigger label; `carried` is the pin of the text as the event brought it, None: not known.

    `at` is in seconds since the epoch, 0.0: unknown.
    """

    number: int
    sender: Sender
    carried: Pin | None
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class CommandWritten:
    """Somebody wrote a text whose first line is a command; `at` and `carried` as for LabelSet.

    A remark is about the file `path`. `url` is the page of a review or remark, "" for a comment.
    """

    number: int
    sender: Sender
    text: WrittenText
    body: str
    at: float
    carried: Pin | None = None
    path: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class WorkUnwanted:
    """An issue or pull request was closed or is gone, or lost the label of a job under way; `at` as for LabelSet."""

    number: int
    sender: Sender
    at: float


@dataclass(frozen=True, slots=True)
class PullClosed:
    """A pull request was merged or closed: its jobs end, and its branch goes if it is mtor's; `at` as for LabelSet."""

    number: int
    sender: Sender
    at: float


@dataclass(frozen=True, slots=True)
class ReviewWritten:
    """A review or a remark of one may concern mtor: the default branch's file is to read it."""

    number: int
    text: WrittenText


@dataclass(frozen=True, slots=True)
class ReviewDue:
    """This run was started to read a review or a remark of one."""

    number: int
    text: WrittenText


@dataclass(frozen=True, slots=True)
class BoxesTicked:
    """Somebody ticked boxes of the issue of the night, which `author` wrote; `at` as for LabelSet."""

    number: int
    sender: Sender
    author: Sender
    boxes: tuple[Box, ...]
    at: float


@dataclass(frozen=True, slots=True)
class NightOver:
    """The hour has come at which the issue of the night is written."""


Happening = (
    LabelSet
    | CommandWritten
    | WorkUnwanted
    | PullClosed
    | ReviewWritten
    | ReviewDue
    | BoxesTicked
    | NightOver
    | CheckedCommit
)


def read_happening(name: str, payload: Answer, trigger_label: str) -> Happening | None:
    """Return what happened, None if it is nothing to mtor. `name` is GITHUB_EVENT_NAME."""
    read = _READERS.get((name, payload.text("action")))
    if name == "workflow_dispatch":
        return _due(payload)
    if name == "schedule":
        return NightOver() if payload.text("schedule") else None
    if name == "workflow_run":
        return read_checked(payload)
    number = read_number(payload)
    return read(payload, number, trigger_label) if read and number > 0 else None


def due_input(text: WrittenText) -> str:
    """Return the workflow's input `event` for a review or remark; the opposite of what a ReviewDue is read from."""
    return f"{text.kind}-{text.id}"


def _due(payload: Answer) -> ReviewDue | None:
    match, number = _DUE.fullmatch(payload.text("inputs", "event")), payload.text("inputs", "issue")
    if match is None or not re.fullmatch(r"[1-9][0-9]{0,17}", number):
        return None
    return ReviewDue(int(number), WrittenText(TextKind(match["kind"]), int(match["id"])))


def _labeled(payload: Answer, number: int, trigger_label: str) -> LabelSet | None:
    if not is_same_label(payload.text("label", "name"), trigger_label):
        return None
    at = read_time(payload, *_CHANGED)
    return LabelSet(number, read_sender(payload.at("sender")), _carried(payload, number), at)


def _unlabeled(payload: Answer, number: int, _trigger_label: str) -> WorkUnwanted | None:
    # An App moves labels, too: mtor's own does while a repository moves over to it, or back.
    if payload.text("label", "name").casefold() not in UNDER_WAY or payload.text("sender", "type") == "Bot":
        return None
    return WorkUnwanted(number, read_sender(payload.at("sender")), read_time(payload, *_CHANGED))


def _closed(payload: Answer, number: int, _trigger_label: str) -> WorkUnwanted:
    return WorkUnwanted(number, read_sender(payload.at("sender")), read_time(payload, *_CLOSED))


def _pull_closed(payload: Answer, number: int, _trigger_label: str) -> PullClosed:
    return PullClosed(number, read_sender(payload.at("sender")), read_time(payload, *_CLOSED))


def _edited(payload: Answer, number: int, _trigger_label: str) -> BoxesTicked | None:
    boxes = tuple(boxes_ticked(payload))
    sender, author = read_sender(payload.at("sender")), read_sender(payload.at("issue", "user"))
    return BoxesTicked(number, sender, author, boxes, read_time(payload, *_CHANGED)) if boxes else None


def _commented(payload: Answer, number: int, _trigger_label: str) -> CommandWritten | None:
    body, comment_id = payload.text("comment", "body"), payload.number("comment", "id")
    if comment_id <= 0 or read_command(body) is None:
        return None
    # The comment's author is the one who asks, whoever caused the event.
    author, at = read_sender(payload.at("comment", "user")), read_time(payload, "comment.created_at")
    text = WrittenText(TextKind.COMMENT, comment_id)
    return CommandWritten(number, author, text, body, at, _carried(payload, number))


def _reviewed(payload: Answer, number: int, _trigger_label: str) -> ReviewWritten | None:
    review, pull = payload.at("review"), payload.at("pull_request")
    is_lesson = pull.text("head", "ref").startswith(OUR_BRANCHES) and review.text("state") != "approved"
    if not (is_lesson or read_command(review.text("body"))):
        return None
    return _of_review(payload, number, WrittenText(TextKind.REVIEW, review.number("id")))


def _remarked(payload: Answer, number: int, _trigger_label: str) -> ReviewWritten | None:
    if read_command(payload.text("comment", "body")) is None:
        return None
    return _of_review(payload, number, WrittenText(TextKind.REMARK, payload.number("comment", "id")))


def _of_review(payload: Answer, number: int, text: WrittenText) -> ReviewWritten | None:
    """Return the event; None for a fork's pull request, whose runs may start nothing."""
    is_here = same_repository(payload.at("pull_request"))
    return ReviewWritten(number, text) if is_here and text.id > 0 else None


def _carried(payload: Answer, number: int) -> Pin:
    name = "issue" if isinstance(payload.at("issue").value, dict) else "pull_request"
    return pin_issue(number, payload.text(name, "title"), payload.text(name, "body"))


_ISSUES: Mapping[str, Callable[[Answer, int, str], Happening | None]] = {
    "labeled": _labeled,
    "unlabeled": _unlabeled,
    "closed": _closed,
    "deleted": _closed,
    "transferred": _closed,
}
_PULL_REQUESTS: Mapping[str, Callable[[Answer, int, str], Happening | None]] = {
    "labeled": _labeled,
    "unlabeled": _unlabeled,
    "closed": _pull_closed,
}
# The same payload; the workflow file listens to the second, which always runs the default branch's file.
_PULLS = ("pull_request", "pull_request_target")
_READERS: Mapping[tuple[str, str], Callable[[Answer, int, str], Happening | None]] = {
    **{("issues", action): read for action, read in _ISSUES.items()},
    **{(name, action): read for name in _PULLS for action, read in _PULL_REQUESTS.items()},
    ("issues", "edited"): _edited,
    ("issue_comment", "created"): _commented,
    ("pull_request_review", "submitted"): _reviewed,
    ("pull_request_review_comment", "created"): _remarked,
}
