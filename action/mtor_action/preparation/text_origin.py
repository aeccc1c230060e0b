"""What is known about a spec's text beyond its words: it counts only where the base moved."""

from __future__ import annotations

import time
from collections.abc import Callable

from mtor_action.lazy_dataclasses import dataclass


def now() -> int:
    """Return the time of the machine in whole Unix seconds."""
    return int(time.time())


@dataclass(frozen=True, slots=True)
class Origin:
    """When a text was written (Unix seconds), asked only if it matters.

    `commit` is the id of the commit that it was written for, where it is known already; `is_found` if mtor found it.
    """

    written_at: Callable[[], int] = now
    commit: str = ""
    is_found: bool = False
