"""A job, and the states that it goes through.

    waiting → starting → dispatched → running → finished
       └─────────┴───────────┴───────────────────▲

Only `store.move` changes a state, and only from one that the caller names, so that two who act at once cannot both win.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from mtor_action.github.pins import decode
from mtor_action.report.report import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import RowMapping

    from mtor_action.github.pins import Pin


class State(Enum):
    """Where a job is; the values are stable."""

    WAITING = "waiting"
    """Asked for; `waits_for` says what has to happen before it starts. A row, nothing more."""
    STARTING = "starting"
    """Admitted; its workflow is being dispatched, and whether GitHub has a run is not known yet."""
    DISPATCHED = "dispatched"
    """GitHub has a run for it, which no runner has taken."""
    RUNNING = "running"
    """A runner works on it."""
    FINISHED = "finished"
    """It has an outcome. What is left is to say so."""


UNFINISHED = (State.WAITING, State.STARTING, State.DISPATCHED, State.RUNNING)
ACTIVE = UNFINISHED[1:]


class Trigger(NamedTuple):
    """What somebody did to ask for a job: `kind` "label" or "comment", `id` that of the event or comment."""

    kind: str
    id: int


@dataclass(frozen=True, slots=True)
class TextAuthor:
    """Somebody who wrote a part of a job's text, and whether they could write when it was asked for.

    `id` 0: a deleted account.
    """

    id: int
    login: str
    writes: bool


class JobRequest(NamedTuple):
    """A job that somebody with the right to has asked for. `repository` is OWNER/REPO, `digest` that of the pins.

    `asked_at` is when, in seconds since the epoch by GitHub's clock; 0.0 if that is not known.
    """

    installation_id: int
    repository_id: int
    repository: str
    number: int
    is_pull_request: bool
    title: str
    digest: str
    pins: tuple[Pin, ...]
    requester: str
    trigger: Trigger
    target_branch: str
    base_ref: str
    coaching: str = ""
    authors: tuple[TextAuthor, ...] = ()
    asked_at: float = 0.0


class Result(NamedTuple):
    """How a job ends: why as a sentence, and what a person does next (both may be empty where the report says it)."""

    outcome: Outcome
    reason: str = ""
    next_step: str = ""
    pull_request: int | None = None


class Job(NamedTuple):
    """A row of the queue and what its last attempt has come to. Moments are seconds since the epoch."""

    id: str
    state: State
    position: int
    installation_id: int
    repository_id: int
    repository: str
    number: int
    is_pull_request: bool
    title: str
    digest: str
    pins: tuple[Pin, ...]
    requester: str
    trigger: Trigger
    target_branch: str
    base_ref: str
    coaching: str
    created_at: float
    admitted_at: float | None
    waits_for: str
    cancelled_by: str
    generation: int
    shown: str
    faults: int
    outcome: Outcome | None
    reason: str
    next_step: str
    pull_request: int | None
    finished_at: float | None
    told_at: float | None
    attempt: int
    run_id: int | None
    run_url: str
    authors: tuple[TextAuthor, ...] = ()

    @property
    def workflow_id(self) -> str:
        """The workflow that moves it on."""
        return workflow_id(self.id, self.generation)

    @property
    def is_finished(self) -> bool:
        """Whether it has an outcome."""
        return self.state is State.FINISHED


def workflow_id(job_id: str, generation: int = 1) -> str:
    """The name of a job's n-th workflow; a second is there only if the first broke."""
    return f"job-{job_id}-{generation}"


def encode_authors(authors: Iterable[TextAuthor]) -> str:
    """JSON for the column of that name; `job_of` reads it back."""
    return json.dumps([asdict(author) for author in authors])


def job_of(row: RowMapping) -> Job:
    """The job in a row of the table joined with its last attempt."""
    fields = {name: row[name] for name in Job._fields if name in row}
    return Job(
        **{
            **fields,
            "state": State(row["state"]),
            "pins": decode(row["pins"]),
            "authors": tuple(TextAuthor(**each) for each in json.loads(row["authors"])),
            "trigger": Trigger(row["trigger_kind"], row["trigger_id"]),
            "outcome": Outcome(row["outcome"]) if row["outcome"] else None,
            "attempt": row["attempt"] or 0,
            "run_url": row["run_url"] or "",
        }
    )
