"""The trailers by which a commit of mtor's names its job, and the spec that it comes from."""

from __future__ import annotations

import re

_JOB = re.compile(r"^Job: (\S+)$", re.MULTILINE)
_SPEC = re.compile(r"^Spec: #([1-9][0-9]{0,17})\nSpec-Sha256: ([0-9a-f]{64})$", re.MULTILINE)


def job_in(message: str) -> str:
    """Return the job that a commit message names last, "" for a commit that is not mtor's."""
    jobs = _JOB.findall(message)
    return str(jobs[-1]) if jobs else ""


def spec_in(message: str) -> tuple[int, str]:
    """Return the issue and the SHA-256 of the spec that a commit message names last; 0 and "" for none."""
    specs = _SPEC.findall(message.replace("\r\n", "\n"))
    return (int(specs[-1][0]), str(specs[-1][1])) if specs else (0, "")


def spec_trailers(number: int, sha256: str) -> str:
    """Return the trailers that name an issue and its spec, as `spec_in` reads them."""
    return f"Spec: #{number}\nSpec-Sha256: {sha256}\n"
