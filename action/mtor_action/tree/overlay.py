"""A tree with changes laid over it, in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.tree.changes import Change, FileMode, FileState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mtor_action.tree.tree import Entry, Tree

_NAMES = {"symlink": "a symbolic link", "submodule": "a submodule", "directory": "a directory"}


class Overlay:
    """Reads through to `tree` where nothing was written; remembers every path that was, by `changes` or later."""

    def __init__(self, tree: Tree, changes: Iterable[Change] = ()) -> None:
        self.tree = tree
        self.written: dict[str, FileState | None] = {change.path: change.after for change in changes}

    def file(self, path: str) -> FileState | None:
        """Return the regular file at `path` as it is now, or None."""
        if path in self.written:
            return self.written[path]
        return self.before(path)

    def before(self, path: str) -> FileState | None:
        """Return the regular file at `path` in the tree beneath, or None."""
        entry = self.tree.entry(path)
        if entry is None or entry.kind != "file":
            return None
        return FileState(self.tree.read(path), _mode(entry.mode))

    def put(self, path: str, state: FileState | None) -> None:
        """Write a file at `path`, or remove it if the state is None."""
        self.written[path] = state

    def obstacle(self, path: str) -> str:
        """Return what is at `path` or above it that is not a regular file, in words; "" if nothing is in the way."""
        parent = ""
        for part in path.split("/")[:-1]:
            parent = f"{parent}/{part}" if parent else part
            fault = self._parent_fault(parent)
            if fault:
                return fault
        if path in self.written:
            return ""
        entry = self.tree.entry(path)
        if entry is not None and entry.kind not in ("file", "directory"):
            return f"it is {_NAMES[entry.kind]}, expected a regular file"
        if entry is None or entry.kind == "directory":
            return "it is a directory, expected a regular file" if self._holds_files(path, entry) else ""
        return ""

    def _parent_fault(self, parent: str) -> str:
        if parent in self.written:
            return f"its parent {parent} is a file, expected a directory" if self.written[parent] else ""
        entry = self.tree.entry(parent)
        if entry is None or entry.kind == "directory":
            return ""
        kind = _NAMES.get(entry.kind, "a file")
        return f"its parent {parent} is {kind}, expected a directory"

    def _holds_files(self, directory: str, entry: Entry | None) -> bool:
        prefix = f"{directory}/"
        if any(state and path.startswith(prefix) for path, state in self.written.items()):
            return True
        return entry is not None and any(
            path.startswith(prefix) and self.written.get(path, True) for path in self.tree.paths()
        )

    def paths(self) -> Iterator[str]:
        """Yield every path that is not a directory, in no order."""
        yield from (path for path in self.tree.paths() if path not in self.written)
        yield from (path for path, state in self.written.items() if state is not None)

    def changes(self) -> Iterator[Change]:
        """Return the differences from the tree beneath, sorted by path."""
        for path in sorted(self.written):
            before, after = self.before(path), self.written[path]
            if before != after:
                yield Change(path, before, after)


def _mode(mode: str) -> FileMode:
    return "100755" if mode == "100755" else "100644"
