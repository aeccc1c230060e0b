"""A tree as it would be with some files written and others removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.tree.path_policy import folders_of
from mtor_action.tree.tree import DIRECTORY, Entry, Tree

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mtor_action.tree.changes import FileState


class OverlaidTree:
    """`tree` with `files` in it; None stands for a removed file."""

    def __init__(self, tree: Tree, files: Mapping[str, FileState | None]) -> None:
        self._tree = tree
        self._files = dict(files)
        self._paths: list[str] | None = None

    def entry(self, path: str) -> Entry | None:
        """Return the entry at `path`, or None (see Tree.entry)."""
        if path in self._files and (state := self._files[path]) is not None:
            return Entry(state.mode, "file")
        if any(self._files.get(folder) for folder in folders_of(path)):
            return None
        below = self._has_below(path)
        if path in self._files:
            return DIRECTORY if below else None
        entry = self._tree.entry(path)
        if entry is None or entry.kind == "directory":
            return DIRECTORY if below else None
        return entry

    def read(self, path: str) -> bytes:
        """Return the bytes of the file at `path` (see Tree.read)."""
        if path not in self._files:
            return self._tree.read(path)
        state = self._files[path]
        if state is None:
            raise KeyError(path)
        return state.content

    def paths(self) -> Sequence[str]:
        """Return the paths of all files (see Tree.paths)."""
        if self._paths is None:
            kept = (path for path in self._tree.paths() if path not in self._files)
            self._paths = sorted([*kept, *(path for path, state in self._files.items() if state is not None)])
        return self._paths

    def find(self, name: str) -> list[str]:
        """Return the regular files that are called `name`, in whatever folder."""
        named = [path for path in self.paths() if path.rpartition("/")[2] == name]
        return [path for path in named if (entry := self.entry(path)) and entry.kind == "file"]

    def _has_below(self, path: str) -> bool:
        prefix = f"{path}/"
        return any(other.startswith(prefix) for other in self.paths())
