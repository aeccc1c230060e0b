"""The changes of a plan to a tree, path by path: all that the applier, the journal and the commit need."""

from __future__ import annotations

from typing import Literal

from mtor_action.lazy_dataclasses import NamedTuple

FileMode = Literal["100644", "100755"]


class FileState(NamedTuple):
    """A regular file: its exact bytes and git's mode for it."""

    content: bytes
    mode: FileMode = "100644"


class Change(NamedTuple):
    """One path before and after; None means that there is no such file. A move is two changes."""

    path: str
    before: FileState | None
    after: FileState | None
