"""One issue's night as a value, and what it needs from a person, most urgent first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import IntEnum, StrEnum


class NightState(StrEnum):
    """The state of an issue's job, as its label says (`on_issues/state_labels.py`)."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    STALLED = "stalled"
    FAILED = "failed"


class Checks(StrEnum):
    """The state of the checks of a pull request's newest commit."""

    NONE = "none"
    HELD = "held"  # GitHub waits for somebody's approval
    RUNNING = "running"
    RED = "red"
    GREEN = "green"


class PullEnd(StrEnum):
    """The state of a pull request in the morning."""

    OPEN = "open"
    DRAFT = "draft"
    MERGED = "merged"
    CLOSED = "closed"


class Urgency(IntEnum):
    """Why a job needs a person; the lowest comes first."""

    FAILED = 1
    HELD = 2
    RED = 3
    DRAFT = 4
    REVIEW = 5
    NOTHING_YET = 6  # it is under way, or its checks are
    NOTHING = 7


_STEPS = {
    Urgency.FAILED: "nothing came of it: its last comment says why and what to change",
    Urgency.HELD: "press **Approve workflows to run** in its merge box, or write `/mtor ci` there",
    Urgency.RED: "its checks are red: fix them, or write `/mtor fix ci` there",
    Urgency.DRAFT: "a draft: look at what its text says first",
    Urgency.REVIEW: "ready for review",
    Urgency.NOTHING_YET: "",
    Urgency.NOTHING: "",
}


@dataclass(frozen=True, slots=True)
class NightPull:
    """The pull request of a job, and what holds it up."""

    number: int
    html_url: str
    end: PullEnd
    checks: Checks


@dataclass(frozen=True, slots=True)
class NightJob:
    """One issue (or pull request) that mtor worked on: the state, the pull request, the cost of the runs recorded."""

    number: int
    title: str
    html_url: str
    state: NightState
    pull: NightPull | None = None
    tokens: int = 0  # in and out
    usd: float = 0.0  # an estimate

    @property
    def urgency(self) -> Urgency:
        """What the job needs from a person, if anything."""
        if self.state in (NightState.QUEUED, NightState.RUNNING):
            return Urgency.NOTHING_YET
        if self.pull is None or self.pull.end in (PullEnd.MERGED, PullEnd.CLOSED):
            is_over = self.state is NightState.DONE or self.pull is not None
            return Urgency.NOTHING if is_over else Urgency.FAILED
        if self.pull.number == self.number and self.state in (NightState.FAILED, NightState.STALLED):
            return Urgency.FAILED  # asked for on the pull request itself, which is as it was
        if self.pull.checks in (Checks.HELD, Checks.RED):
            return Urgency.HELD if self.pull.checks is Checks.HELD else Urgency.RED
        if self.pull.end is PullEnd.DRAFT:
            return Urgency.DRAFT
        return Urgency.NOTHING_YET if self.pull.checks is Checks.RUNNING else Urgency.REVIEW

    @property
    def step(self) -> str:
        """What a person does now, as a sentence in Markdown without a full stop; "" if there is nothing to do."""
        return _STEPS[self.urgency]

    @property
    def needs_a_person(self) -> bool:
        """Whether there is a step for a person to take."""
        return bool(self.step)

    def as_json(self) -> dict[str, object]:
        """Return the fields, with what follows from them."""
        needs = self.urgency.name.lower().replace("_", "-") if self.needs_a_person else ""
        return {**asdict(self), "needs": needs, "next_step": self.step}


def in_order(jobs: Iterable[NightJob]) -> list[NightJob]:
    """Return the jobs, what needs a person first, by number among equals."""
    return sorted(jobs, key=lambda job: (job.urgency, job.number))


def headline(jobs: Sequence[NightJob]) -> str:
    """Return the night in one line: `6 jobs: 2 need you, 1 under way, 3 done; 1,204 tokens, 0.002 USD (estimate)`."""
    needing = sum(job.needs_a_person for job in jobs)
    under_way = sum(job.urgency is Urgency.NOTHING_YET for job in jobs)
    done = len(jobs) - needing - under_way
    parts = (f"{needing} need{'s' * (needing == 1)} you", f"{under_way} under way", f"{done} done")
    counts = ", ".join(part for part in parts if not part.startswith("0 ")) or "nothing to do"
    noun = "job" if len(jobs) == 1 else "jobs"
    return f"{len(jobs)} {noun}: {counts}; {cost_of(jobs)}" if jobs else "no jobs"


def cost_of(jobs: Iterable[NightJob]) -> str:
    """Return what was recorded of their cost, in words."""
    listed = list(jobs)
    tokens, usd = sum(job.tokens for job in listed), sum(job.usd for job in listed)
    return f"{tokens:,} tokens, {usd:.3f} USD (estimate)" if tokens else "0 tokens"
