"""The record of what models cost today, over all jobs of this repository: `.git/mtor/spending.jsonl`.

A line says what a job has spent so far; a job writes one after each turn, so that a kill hides nothing.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, NamedTuple

from mtor_action.implementer.conversation.transcript import line_end

if TYPE_CHECKING:
    from pathlib import Path


class Day(NamedTuple):
    """One UTC day: jobs that called a model, and US dollars."""

    jobs: int
    usd: float


def spent_on(ledger: Path, day: str, without: str = "") -> Day:
    """Return what all jobs but `without` spent on `day` (YYYY-MM-DD). A line torn by a kill is ignored."""
    before: dict[str, float] = {}
    jobs: dict[str, float] = {}
    for line in _lines(ledger):
        try:
            entry = json.loads(line)
            job, usd, when = str(entry["job"]), float(entry["usd"]), str(entry["day"])
        except (ValueError, KeyError, TypeError):
            continue
        if job != without and when <= day:
            by_job = jobs if when == day else before
            by_job[job] = max(by_job.get(job, 0.0), usd)
    # A job that was resumed the day after goes on counting from where it was.
    return Day(len(jobs), sum(max(0.0, usd - before.get(job, 0.0)) for job, usd in jobs.items()))


def record(ledger: Path, job: str, usd: float, tokens: int) -> None:
    """Say what a job has spent so far, in US dollars and tokens."""
    ledger.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps({"day": today(), "job": job, "usd": round(usd, 6), "tokens": tokens})
    with ledger.open("a+b") as file:
        file.write(line_end(file) + line.encode("ascii") + b"\n")


def today() -> str:
    """Return the current UTC day as YYYY-MM-DD."""
    return time.strftime("%Y-%m-%d", time.gmtime())


def day_exceeded(ledger: Path, job: str, usd: float | None, jobs: int | None) -> str:
    """Return which of the day's limits keeps `job` from calling a model, in words; "" if none does."""
    if usd is None and jobs is None:
        return ""
    others = spent_on(ledger, today(), without=job)
    if jobs is not None and others.jobs >= jobs:
        return f"the day's budget is spent: {others.jobs} of {jobs} jobs called a model today"
    spent = spent_on(ledger, today())
    if usd is not None and spent.usd >= usd:
        return f"the day's budget is spent: {spent.usd:.2f} of {usd:.2f} US dollars today"
    return ""


def _lines(ledger: Path) -> list[str]:
    try:
        return ledger.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []
