"""The working tree as one side of a comparison with a commit: what differs is read from disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.repository.revisions.base_tree import BaseTree, WorkingTree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.repository.git import Git
    from mtor_action.tree.tree import Entry


class WorkingSide:
    """A Tree of the files as git would store them now, new ones included unless git ignores them."""

    def __init__(self, git: Git, commit: str, base: BaseTree) -> None:
        """Compare the working tree with `commit`, whose files are `base`."""
        differing = git.run("diff", "--name-only", "--no-renames", "--no-ext-diff", "-z", commit, "--")
        new = git.run("ls-files", "--others", "--exclude-standard", "-z")
        names = (name.decode("utf-8", "surrogateescape") for name in (differing + new).split(b"\0") if name)
        # A name that ends with a slash is a repository of its own, which git would not add either.
        self._changed = dict.fromkeys(name for name in names if not name.endswith("/"))
        self._base = base
        self._working = WorkingTree(git, as_stored=True)

    def entry(self, path: str) -> Entry | None:
        """Return what is at `path`, as Tree.entry does."""
        return self._working.entry(path) if path in self._changed else self._base.entry(path)

    def read(self, path: str) -> bytes:
        """Return the bytes at `path`, as Tree.read does."""
        return self._working.read(path) if path in self._changed else self._base.read(path)

    def paths(self) -> Sequence[str]:
        """Return the paths of all files, as Tree.paths does."""
        here = (path for path in self._changed if (entry := self._working.entry(path)) and entry.kind != "directory")
        return sorted({*(path for path in self._base.paths() if path not in self._changed), *here})
