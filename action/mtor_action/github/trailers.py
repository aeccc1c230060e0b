"""The trailer by which a commit of mtor's names its job."""

from __future__ import annotations

import re

_JOB = re.compile(r"^Job: (\S+)$", re.MULTILINE)


def job_in(message: str) -> str:
    """Return the job that a commit message names last, "" for a commit that is not mtor's."""
    jobs = _JOB.findall(message)
    return str(jobs[-1]) if jobs else ""
