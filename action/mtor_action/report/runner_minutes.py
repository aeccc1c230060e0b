"""The minutes of GitHub's runners that a run costs beside its tokens: an estimate, since no job sees its own end.

A job is billed in whole minutes, rounded up, in private repositories on GitHub's runners; larger and other systems
have multipliers, public repositories and self-hosted runners cost none:
https://docs.github.com/actions/monitoring-and-troubleshooting-workflows/viewing-job-execution-time and
https://docs.github.com/billing/concepts/product-billing/github-actions (read 2026-11-29).
"""

from __future__ import annotations


def runner_minutes(seconds_by_job: dict[str, float]) -> dict[str, object]:
    """Return the report's `runner`: `jobs` in seconds, `minutes` as they are billed, and that it is an estimate."""
    jobs = {name: round(max(0.0, seconds), 1) for name, seconds in seconds_by_job.items()}
    return {"jobs": jobs, "minutes": sum(billed(seconds) for seconds in jobs.values()), "estimate": True}


def billed(seconds: float) -> int:
    """Return whole minutes; a job that ran at all costs one. NaN and what no clock shows count as one, too."""
    return max(1, -int(-seconds // 60)) if 0 <= seconds < 1e9 else 1
