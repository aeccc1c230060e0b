"""The sticky comment of an issue if no server keeps a database: status for people, memory for mtor.

Below the marker is a line with mtor's memory, a line with the state of the last job, and the rest as Markdown. mtor
finds the comment by its marker and its own account. People with write access can edit it; they could run any text
anyway, so nothing in it lets anybody do what they may not: a spec by somebody else runs only by its digest.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from mtor_action.errors import MtorError
from mtor_action.github.answers import Answer
from mtor_action.github.issues.comments import (
    Comment,
    create_comment,
    delete_comment,
    marker,
    own_comment,
    own_comments,
    upsert_comment,
)
from mtor_action.github.texts.pins import Pin, decode, encode
from mtor_action.neutral import inline_code, prose

if TYPE_CHECKING:
    from mtor_action.github.client import Client

_BEGINS, _ENDS = "<!-- mtor:memory ", " -->"


@dataclass(frozen=True, slots=True)
class WaitingSpec:
    """A spec that comes after the issues `after`: its run's inputs that only who asked could know.

    `asked_at` is in seconds since the epoch by GitHub's clock, 0.0: unknown.
    """

    after: tuple[int, ...]
    branch: str  # hash of the branch that it pushes to
    slot: int
    asked_at: float = 0.0

    def is_newer(self, at: float) -> bool:
        """Return whether it was asked for after `at`; False where either is unknown."""
        return 0.0 < at < self.asked_at


@dataclass(frozen=True, slots=True)
class StatusMemory:
    """The comment's content: `shown` is the digest of the plan shown last, in answer to comment `answered`.

    `pins` are the texts of the last job, which `requester` (a login) asked for, `job` its name, `run_id` its run (0:
    GitHub did not name it); `waits` until it may start. `rounds` is how often a review asked for the implementer.
    `state` is a line of Markdown about it, `text` the Markdown below.
    """

    shown: str = ""
    answered: int = 0
    pins: tuple[Pin, ...] = ()
    requester: str = ""
    state: str = ""
    text: str = ""
    job: str = ""
    run_id: int = 0
    waits: WaitingSpec | None = None
    rounds: int = 0

    def is_shown(self, digest: str, comment_id: int) -> bool:
        """Return whether the plan shown last is of that spec, and came before this comment."""
        return self.shown == digest and (not comment_id or self.answered != comment_id)


def read_status(client: Client, number: int) -> StatusMemory:
    """Return the content of the comment, an empty one if it is missing or unreadable. Raises GitHubError."""
    comment = own_comment(client, number, marker("status", str(number)))
    return memory_in(comment.body) if comment else StatusMemory()


def memory_in(body: str) -> StatusMemory:
    """Return the content of such a comment, an empty one for another text, such as the App's."""
    lines = [*body.replace("\r\n", "\n").split("\n"), "", "", ""]
    if not lines[1].startswith(_BEGINS):
        return StatusMemory()
    return replace(_memory(lines[1]), state=lines[2], text="\n".join(lines[3:]).strip("\n"))


def status_text(memory: StatusMemory) -> str:
    """Return what the comment says below its marker."""
    record: dict[str, object] = {
        "shown": memory.shown,
        "answered": memory.answered,
        "pins": encode(memory.pins),
        "requester": memory.requester,
        "job": memory.job,
        "run": memory.run_id,
    }
    if memory.rounds:
        record["rounds"] = memory.rounds
    if memory.waits is not None:
        record["waits"] = {**asdict(memory.waits), "asked_at": int(memory.waits.asked_at)}  # GitHub's are whole seconds
    # Escaped, so that no path can end the HTML comment.
    line = json.dumps(record, separators=(",", ":")).replace(">", "\\u003e")
    return f"{_BEGINS}{line}{_ENDS}\n{memory.state}\n\n{memory.text}".rstrip()


def write_status(client: Client, number: int, memory: StatusMemory) -> Comment:
    """Edit the comment, or post it; return it. Raises GitHubError.

    Two event runs may post one at the same time: after posting, and whenever there are several, the oldest stays.
    """
    ours, name = status_text(memory), marker("status", str(number))
    comments = own_comments(client, number, name)
    if not comments:
        create_comment(client, number, name, ours)
        client.forget_reads()
        comments = own_comments(client, number, name)
    written = upsert_comment(client, number, name, ours)
    for surplus in comments[1:]:
        delete_comment(client, surplus.id)
    return written


def _memory(line: str) -> StatusMemory:
    if not (line.startswith(_BEGINS) and line.endswith(_ENDS)):
        return StatusMemory()
    try:
        record = Answer(json.loads(line[len(_BEGINS) : -len(_ENDS)]))
        pins = decode(record.text("pins"))
    except (ValueError, RecursionError, MtorError):
        return StatusMemory()
    job, run_id = record.text("job"), max(record.number("run"), 0)
    asked = (record.text("shown"), record.number("answered"), pins, record.text("requester"))
    rounds = max(record.number("rounds"), 0)
    return StatusMemory(*asked, job=job, run_id=run_id, waits=_waits(record), rounds=rounds)


def _waits(record: Answer) -> WaitingSpec | None:
    """Return what it waits for; None where a number or the hash is missing."""
    after = tuple(item.value for item in record.items("waits", "after") if isinstance(item.value, int))
    branch, slot = record.text("waits", "branch"), record.number("waits", "slot")
    asked_at = float(record.number("waits", "asked_at"))
    return WaitingSpec(after, branch, slot, asked_at) if after and branch and slot > 0 else None


def state_line(words: str, job: str, run_url: str, reason: str = "", *, pull_request: int = 0) -> str:
    """Return a job's state in one line of Markdown; `words` are ours, `reason` is anybody's."""
    link = f" · [the run](<{run_url}>)" if run_url else ""
    pull = f" #{pull_request}" if pull_request else ""
    parts = (f"- **{words}**{pull}", prose(reason, 1_000), f"<sub>job {inline_code(job or 'by hand')}{link}</sub>")
    return " · ".join(part for part in parts if part)
