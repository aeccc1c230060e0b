"""The night for a terminal: what needs a person first, with the next step, then the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.neutral import one_line
from mtor_action.night.night_job import Checks, NightJob, NightPull, headline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.night.morning import Morning
    from mtor_action.report.terminal import Paint

_LONGEST_TITLE = 60


def night_table(morning: Morning, paint: Paint) -> str:
    """Return the text, without a final line feed."""
    lines = [paint(f"mtor since {morning.since}: {headline(morning.jobs)}", "bold")]
    for title, jobs in (("needs you", morning.needing), ("nothing to do", morning.others)):
        if jobs:
            lines += ["", paint(title, "bold"), *_rows(jobs)]
    return "\n".join(lines)


def _rows(jobs: Sequence[NightJob]) -> list[str]:
    cells = [(f"#{job.number}", job.state.value, pull_words(job.pull), _cost(job)) for job in jobs]
    widths = [max(len(row[column]) for row in cells) for column in range(4)]
    lines = []
    for job, row in zip(jobs, cells, strict=True):
        aligned = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        lines.append(f"  {aligned}  {one_line(job.title, _LONGEST_TITLE)}")
        if job.step:
            lines.append(f"  {' ' * widths[0]}  → {job.step.replace('**', '').replace('`', '')}")
    return lines


def pull_words(pull: NightPull | None) -> str:
    """Return the pull request in words: `#21 draft, checks red`; "" without one."""
    if pull is None:
        return ""
    checks = "" if pull.checks is Checks.NONE else f", checks {pull.checks}"
    return f"#{pull.number} {pull.end}{checks}"


def _cost(job: NightJob) -> str:
    return f"{job.tokens:,} tokens" if job.tokens else "0 tokens"
