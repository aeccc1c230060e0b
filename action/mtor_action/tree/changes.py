"""What a plan does to a tree, path by path: the only thing that the applier, the journal and the commit need."""

from __future__ import annotations

from typing import Literal, NamedTuple

FileMode = Literal["100644", "100755"]


class FileState(NamedTuple):
    """A regular file: its exact bytes and git's mode for it."""

    content: bytes
    mode: FileMode = "100644"


class Change(NamedTuple):
    """One path before and after; None stands for "no such file". A move is two changes."""

    path: str
    before: FileState | None
    after: FileState | None
