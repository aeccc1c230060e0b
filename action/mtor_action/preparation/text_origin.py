"""What is known about a spec's text beyond its words: it counts only where the base moved."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from mtor_action.lazy_dataclasses import dataclass

if TYPE_CHECKING:
    from mtor_action.repository.git import Git


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

    @classmethod
    def of_file(cls, git: Git, argument: str) -> Origin:
        """Return when the text in a file was last committed, now for one that was not, or for standard input ("-")."""

        def written_at() -> int:
            from mtor_action.repository.revisions.first_parents import time_of_file

            return time_of_file(git, argument)

        return cls(written_at)
