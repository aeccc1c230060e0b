"""The tree that a plan is made against: what is at a path, and its bytes."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Literal, Protocol

from mtor_action.lazy_dataclasses import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mtor_action.tree.changes import FileState

EntryKind = Literal["file", "symlink", "submodule", "directory"]


class Entry(NamedTuple):
    """One path of a tree: git's octal mode, what it is, git's id of it (empty where git never stored it)."""

    mode: str
    kind: EntryKind
    oid: str = ""


DIRECTORY = Entry("040000", "directory")


class Tree(Protocol):
    """A read-only tree. Paths are relative and POSIX; bytes that are not UTF-8 are surrogate-escaped."""

    def entry(self, path: str) -> Entry | None:
        """Return the entry at `path`, or None. Nothing is below a file, a symlink or a submodule."""
        ...

    def read(self, path: str) -> bytes:
        """Return the bytes of the regular file at `path`. Raises LookupError if there is none."""
        ...

    def paths(self) -> Sequence[str]:
        """Return every path that is not a directory, sorted."""
        ...


class DictTree:
    """A tree of regular files held in memory, by path."""

    def __init__(self, files: Mapping[str, FileState]) -> None:
        self._files = dict(files)
        self._paths = sorted(self._files)

    def entry(self, path: str) -> Entry | None:
        """Return the entry at `path`, or None (see Tree.entry)."""
        if path in self._files:
            return Entry(self._files[path].mode, "file")
        below = bisect_left(self._paths, f"{path}/")
        if below < len(self._paths) and self._paths[below].startswith(f"{path}/"):
            return DIRECTORY
        return None

    def read(self, path: str) -> bytes:
        """Return the bytes of the file at `path` (see Tree.read)."""
        return self._files[path].content

    def paths(self) -> Sequence[str]:
        """Return the paths of all files (see Tree.paths)."""
        return self._paths
