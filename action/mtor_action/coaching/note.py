"""A coaching note: one thing that a worker on this repository should know."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

BRANCH = "mtor-coaching"
PATH = "coaching.yml"  # on that branch
MOST_BYTES = 256 * 1024  # of that file: a run reads it before anything else


class NoteState(StrEnum):
    """The state of a note; only active notes reach a run."""

    PROPOSED = "proposed"
    ACTIVE = "active"
    RETIRED = "retired"


class Severity(StrEnum):
    """The importance of a note, highest first."""

    MUST = "must"
    SHOULD = "should"
    MAY = "may"


class Forbid(NamedTuple):
    """A gate: no line of the changed files under `paths` may match `pattern` (a regular expression)."""

    pattern: str
    paths: tuple[str, ...] = ()


class Note(NamedTuple):
    """One note. `paths` are globs (none: everywhere); `times` is how often the same was proposed.

    `source` is a link or a job, `author` who said it; `require` is a command, which only a commit may add.
    """

    id: str
    text: str
    paths: tuple[str, ...] = ()
    severity: Severity = Severity.SHOULD
    state: NoteState = NoteState.PROPOSED
    source: str = ""
    author: str = ""
    created: str = ""  # ISO 8601 date
    times: int = 1  # `count` in the file, which is a method of tuples
    forbid: Forbid | None = None
    require: str = ""
