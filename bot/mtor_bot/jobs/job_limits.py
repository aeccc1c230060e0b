"""Admission: a pure decision on which waiting jobs may start, first come first served, and why others may not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Limits:
    """The most jobs at a time (overall, in a repository), jobs in a day, and open pull requests of mtor's."""

    jobs: int
    per_repository: int
    per_day: int
    open_pulls: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A waiting job, and the sentence about it that is stored."""

    id: str
    repository_id: int
    target_branch: str
    waits_for: str
    is_pull_request: bool = False


@dataclass(slots=True)
class Load:
    """The work under way: active jobs by repository, branches pushed to, jobs started today, open pull requests."""

    active: Counter[int] = field(default_factory=Counter)
    branches: set[tuple[int, str]] = field(default_factory=set)
    today: int = 0
    pulls: Counter[int] = field(default_factory=Counter)

    def start(self, job: Waiting) -> None:
        """Count a job that starts; changes the load in place."""
        self.active[job.repository_id] += 1
        self.branches.add((job.repository_id, job.target_branch))
        self.today += 1


def decide(waiting: Iterable[Waiting], load: Load, limits: Limits) -> dict[str, str]:
    """Return for each job, in order, what it waits for; "" for one that starts, which `load` then counts."""
    verdicts = {}
    for job in waiting:
        verdicts[job.id] = obstacle(job, load, limits)
        if not verdicts[job.id]:
            load.start(job)
    return verdicts


def obstacle(job: Waiting, load: Load, limits: Limits) -> str:
    """Return the sentence that keeps this job waiting, true while others come and go; "" if nothing does."""
    repository_id, pulls = job.repository_id, load.pulls[job.repository_id]
    if (repository_id, job.target_branch) in load.branches:
        return f"Another job is at work on the branch {job.target_branch}."
    # A job on a pull request adds none.
    if pulls >= limits.open_pulls and not job.is_pull_request:
        return f"mtor's open pull requests here have reached the limit of {limits.open_pulls}: merge or close some."
    if load.active[repository_id] >= limits.per_repository:
        return f"The limit of {limits.per_repository} jobs at a time in this repository is reached."
    return overall_obstacle(load, limits)


def overall_obstacle(load: Load, limits: Limits) -> str:
    """Return the sentence that keeps every job from starting, "" if nothing does."""
    if load.active.total() >= limits.jobs:
        return f"The limit of {limits.jobs} jobs at a time is reached."
    if load.today >= limits.per_day:
        return f"The limit of {limits.per_day} jobs in 24 hours is reached."
    return ""
