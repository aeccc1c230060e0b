"""A job, and the states that it goes through.

    waiting → starting → dispatched → running → finished
       └─────────┴───────────┴───────────────────▲

Only `job_rows.move` changes a state, and only from one that the caller names, so that of two who act at once one wins.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from enum import Enum

from sqlalchemy import RowMapping

from mtor_action.github.texts.pins import Pin, decode
from mtor_action.report.report import Outcome
from mtor_bot.github_app.installed_repository import InstalledRepository


class JobState(Enum):
    """The state of a job; the values are stored and never change."""

    WAITING = "waiting"
    """Asked for; `waits_for` says what has to happen before it starts. A row, nothing more."""
    STARTING = "starting"
    """Admitted; its workflow is being dispatched, and whether GitHub has a run is not known yet."""
    DISPATCHED = "dispatched"
    """GitHub has a run for it, which no runner has taken."""
    RUNNING = "running"
    """A runner has taken the workflow run of its last attempt."""
    FINISHED = "finished"
    """It has an outcome. What is left is to say so."""


UNFINISHED = (JobState.WAITING, JobState.STARTING, JobState.DISPATCHED, JobState.RUNNING)
ACTIVE = UNFINISHED[1:]


# Kinds of triggers; they are stored.
LABEL, UNLISTED_LABEL = "label", "unlisted-label"
COMMENT, REVIEW, REVIEW_COMMENT = "comment", "review", "review-comment"
# A ticked box in the issue of the night; its id is made from the edit.
BOX = "box"
# A run that an event run had started before; its id is the run's.
ADOPTED = "adopted-run"
# Nobody asked: the base of a pull request of mtor's moved; the id is of its head and of that base.
BASE_MOVED = "base-moved"
# Nobody asked: checks of a pull request of mtor's failed, and `fix_ci` is set; the id is made from the commit.
CHECKS_FAILED = "checks-failed"


@dataclass(frozen=True, slots=True)
class Trigger:
    """The act that asked for a job: its kind, and the id of the event, comment or review."""

    kind: str
    id: int

    @property
    def is_label(self) -> bool:
        """Return whether a label was set, rather than a text written."""
        return self.kind in (LABEL, UNLISTED_LABEL)

    @property
    def is_dated(self) -> bool:
        """Return whether GitHub says when it was, so that the job's time is by GitHub's clock.

        A run is younger than what an event run started it for.
        """
        return self.kind in (LABEL, COMMENT, REVIEW, REVIEW_COMMENT, BOX)

    @property
    def is_nobodys(self) -> bool:
        """Return whether nobody asked, so that nothing is said about the job; what needs a person, `publish` says."""
        return self.kind == BASE_MOVED


@dataclass(frozen=True, slots=True)
class TextAuthor:
    """Somebody who wrote a part of a job's text, and whether they could write when it was asked for.

    `id` 0: a deleted account.
    """

    id: int
    login: str
    writes: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkOrder:
    """The work of a job, its place and its requester: never changed, except for a repository's new name."""

    #: GitHub's id of the installation through which the repository is reached.
    installation_id: int
    #: GitHub's id of the repository, which a rename leaves as it is.
    repository_id: int
    #: OWNER/REPO.
    repository: str
    #: The number of the issue or pull request that asked.
    number: int
    #: Whether that is a pull request, whose branch the job pushes to.
    is_pull_request: bool
    #: The spec's title.
    title: str
    #: The digest of `pins`, which identifies the spec.
    digest: str
    #: The texts that make the spec, in order.
    pins: tuple[Pin, ...]
    #: The login of who asked.
    requester: str
    #: What they did to ask.
    trigger: Trigger
    #: The branch that the job pushes to; one job at a time does.
    target_branch: str
    #: The branch that has to exist when the job starts.
    base_ref: str
    #: The commit of the coaching branch when the job was asked for, "" without one.
    coaching: str = ""
    #: Who wrote a part of the spec; () in jobs of releases that did not ask.
    authors: tuple[TextAuthor, ...] = ()
    #: The issues that it comes after; until all are green it is held.
    after: tuple[int, ...] = ()

    @property
    def place(self) -> InstalledRepository:
        """Return the repository and the installation through which it is reached."""
        return InstalledRepository(self.installation_id, self.repository_id, self.repository)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRequest(WorkOrder):
    """A request for a job by somebody who may ask for it, before it has a row."""

    #: When it was asked for, in seconds since the epoch by GitHub's clock; 0.0 if that is not known.
    asked_at: float = 0.0


@dataclass(frozen=True, slots=True)
class JobResult:
    """The end of a job: why as a sentence, and a person's next step (both may be "" if the report says it)."""

    outcome: Outcome
    reason: str = ""
    next_step: str = ""
    pull_request: int | None = None
    #: mtor is paused in the repository, so that the job never began.
    paused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Job(WorkOrder):
    """A row of the queue and what its last attempt has come to. Moments are seconds since the epoch.

    `told_at` is also the mark that nothing is left to do.
    """

    #: `DIGEST-RANDOM`, part of the names of its runs; 16 hexadecimal digits in jobs of earlier releases.
    id: str
    #: Where it is.
    state: JobState
    #: Its place in the order of requests, increasing.
    position: int
    #: When it was asked for.
    created_at: float
    #: When it was let start; None while it waits.
    admitted_at: float | None
    #: Whether issues that it comes after keep it waiting.
    held: bool
    #: What it waits for, as a sentence; "" before it was judged and once it may start.
    waits_for: str
    #: The login of who wanted it to end, "" if nobody did.
    cancelled_by: str
    #: Which durable workflow moves it on, from 1.
    generation: int
    #: The value of the state that GitHub shows.
    shown: str
    #: How many steps in a row GitHub refused.
    faults: int
    #: How it ended; None while it is unfinished.
    outcome: Outcome | None
    #: Why it ended so, as a sentence; "" where the report says it.
    reason: str
    #: What a person does next, as a sentence; "" where nothing is to be done.
    next_step: str
    #: The number of the pull request that it led to.
    pull_request: int | None
    #: Whether it never began, because mtor is paused in the repository: such a job counts for nothing.
    paused: bool
    #: When it got its outcome.
    finished_at: float | None
    #: When its end was announced on GitHub.
    told_at: float | None
    #: The number of its last attempt, from 1; 0 before the first.
    attempt: int
    #: GitHub's id of that attempt's workflow run, once it is known.
    run_id: int | None
    #: The page of that run, "" before it is known.
    run_url: str
    #: The job that an event run named that run after; "" for a run of ours.
    named: str = ""

    @property
    def name(self) -> str:
        """Return what its last run calls the job: in the run's inputs, result and report."""
        return self.named or self.id

    @property
    def durable_workflow_id(self) -> str:
        """Return the id of the durable workflow that moves it on."""
        return durable_workflow_id(self.id, self.generation)

    @property
    def is_finished(self) -> bool:
        """Return whether the job has an outcome, whatever it is."""
        return self.state is JobState.FINISHED


def durable_workflow_id(job_id: str, generation: int = 1) -> str:
    """Return the id of a job's n-th durable workflow; there is a second only if the first broke."""
    return f"job-{job_id}-{generation}"


def encode_authors(authors: Iterable[TextAuthor]) -> str:
    """Return JSON for the column `authors`; `job_of` reads it back."""
    return json.dumps([asdict(author) for author in authors])


def job_of(row: RowMapping) -> Job:
    """Return the job in a row of the table joined with its last attempt."""
    columns = {field.name: row[field.name] for field in fields(Job) if field.name in row}
    return Job(
        **{
            **columns,
            "state": JobState(row["state"]),
            "pins": decode(row["pins"]),
            "authors": tuple(TextAuthor(**author) for author in json.loads(row["authors"])),
            "after": tuple(json.loads(row["after"])),
            "trigger": Trigger(row["trigger_kind"], row["trigger_id"]),
            "outcome": Outcome(row["outcome"]) if row["outcome"] else None,
            "attempt": row["attempt"] or 0,
            "run_url": row["run_url"] or "",
            "named": row["named"] or "",
        }
    )
