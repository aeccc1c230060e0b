"""The boxes of the issue "mtor: last night": one that a writer ticks is the command of the same name.

Two people who tick at once write the whole text twice, and the second may undo the first's tick. Each event still has
its own text, so the ticks are read from there: a box counts if it was offered unticked right before.
https://docs.github.com/webhooks/webhook-events-and-payloads#issues
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from mtor_action.github.issues.night_mark import is_night_issue
from mtor_action.neutral import BREAK
from mtor_action.night.night_job import NightJob, NightState

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from mtor_action.github.answers import Answer
    from mtor_action.github.client import Client

MOST_BOXES = 60
_MOST_TRIES = 5
_BOX = re.compile(r"- \[(?P<tick>[ xX])\] (?P<verb>Retry|Cancel) #(?P<number>[1-9][0-9]{0,9})", re.ASCII)
_NAME = re.compile(r"(?P<verb>retry|cancel) (?P<number>[1-9][0-9]{0,9})", re.ASCII)


class BoxVerb(StrEnum):
    """The command that a ticked box gives, named as in comments."""

    RETRY = "retry"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Box:
    """A command for the job of one issue or pull request."""

    verb: BoxVerb
    number: int

    @property
    def label(self) -> str:
        """The text beside the box, as `boxes_ticked` finds it."""
        return f"{self.verb.capitalize()} #{self.number}"

    @property
    def line(self) -> str:
        """The line that offers the command, in Markdown: an empty box."""
        return f"- [ ] {self.label}"

    def __str__(self) -> str:
        return f"{self.verb} {self.number}"


def box_named(name: str) -> Box | None:
    """Return the box that `str` gave this name, None for another text."""
    match = _NAME.fullmatch(name)
    return Box(BoxVerb(match["verb"]), int(match["number"])) if match else None


def boxes(jobs: Iterable[NightJob]) -> list[Box]:
    """Return the boxes for jobs that came to nothing or are under way, at most MOST_BOXES."""
    return [box for job in jobs if (box := _box(job)) is not None][:MOST_BOXES]


def boxes_ticked(payload: Answer) -> list[Box]:
    """Return the boxes that the webhook or event `issues: edited` ticked; [] for another issue. Never raises.

    Whose issue it is, and who may tick, is still to be asked.
    """
    issue = payload.at("issue")
    before = payload.text("changes", "body", "from")
    return _newly_ticked(before, issue.text("body")) if is_night_issue(issue) else []


def note_answered(client: Client, number: int, done: Collection[Box], by: str) -> None:
    """Say in the issue, in place of these boxes, who ticked them. Raises GitHubError.

    The text is read right before it is written, and every other line stays as it is: others tick, too.
    """
    for _ in range(_MOST_TRIES):
        client.forget_reads()
        body = client.call("GET", f"issues/{number}").text("body").replace("\r\n", "\n")
        after = "\n".join(_answered(line, done, by) for line in body.split("\n"))
        if after == body:
            return
        client.call("PATCH", f"issues/{number}", {"body": after})


def _newly_ticked(before: str, after: str) -> list[Box]:
    offered = {box for box, is_ticked in _read(before) if not is_ticked}
    return list(dict.fromkeys(box for box, is_ticked in _read(after) if is_ticked and box in offered))


def _answered(line: str, done: Collection[Box], by: str) -> str:
    for box, _is_ticked in _read(line):
        if box in done:
            # Without the sign that mentions: it would notify.
            return f"- {box.label}: asked for by {by.replace('@', '@' + BREAK)}"
    return line


def _box(job: NightJob) -> Box | None:
    if job.state in (NightState.QUEUED, NightState.RUNNING):
        return Box(BoxVerb.CANCEL, job.number)
    return Box(BoxVerb.RETRY, job.number) if job.state in (NightState.FAILED, NightState.STALLED) else None


def _read(body: str) -> list[tuple[Box, bool]]:
    matches = map(_BOX.fullmatch, body.replace("\r\n", "\n").split("\n"))
    return [
        (Box(BoxVerb(match["verb"].lower()), int(match["number"])), match["tick"] != " ") for match in matches if match
    ]
