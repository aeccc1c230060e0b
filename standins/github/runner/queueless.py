"""Copies of the workflow file that differ in exactly the lines that somebody cannot use.

act 0.2.89 and actionlint 1.7.12 refuse `queue` (2026-11-29).
"""

from __future__ import annotations

import re

_EVENTS = re.compile(r"(?<=^on:\n)  issues:.*?(?=^  workflow_dispatch:)", re.MULTILINE | re.DOTALL)
_QUEUE = re.compile(r"^ +queue: max\n", re.MULTILINE)


def without_queue(workflow: str) -> str:
    """Return the file without the lines `queue: max`; every other line is as it was."""
    return _QUEUE.sub("", workflow)


def dispatched_alone(workflow: str) -> str:
    """Return the file without the events that it listens to, for tests that count the runs of the App."""
    return _EVENTS.sub("", workflow)
