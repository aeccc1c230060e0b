"""A workflow file for tools that do not know `queue` yet: act 0.2.89 and actionlint 1.7.12 refuse it (2026-11-29)."""

from __future__ import annotations

import re

_QUEUE = re.compile(r"^ +queue: max\n", re.MULTILINE)


def without_queue(workflow: str) -> str:
    """Return the file without the lines `queue: max`; every other line is as it was."""
    return _QUEUE.sub("", workflow)
