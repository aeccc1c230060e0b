"""The files that an implementer may see and write, of all that are in a working tree.

It sees the files of the commit that it works on and those of its own job. Everything else on disk belongs to somebody
of whom git knows nothing, and could not give it back.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Collection

from mtor_action.repository.git import Git, git_failed
from mtor_action.repository.revisions.base_tree import BaseTree
from mtor_action.repository.worktree import refuse_name
from mtor_action.tree.changes import FileState
from mtor_action.tree.path_policy import folded


class KnownFiles:
    """The files of the commit `base`, without the `hidden` ones that git was told to skip."""

    def __init__(self, git: Git, base: str, hidden: frozenset[str] = frozenset()) -> None:
        self.git = git
        self.base = base
        self.hidden = hidden
        self._tree: BaseTree | None = None
        self._by_folded_name: dict[str, str] = {}

    def refusal(self, path: str, own: Collection[str], *, to_write: bool) -> str:
        """Return why a job that made the files `own` may not read, or write, the file at `path`; "" if it may."""
        refuse_name(path)
        if path in self.hidden:
            return f"{path} is hidden from git (skip-worktree): its content exists on this machine only"
        if path in own or self._is_file(path):
            return ""
        if not to_write:
            return f"{path} is not a file of the repository; use search to find one"
        return self._obstacle(path)

    def _obstacle(self, path: str) -> str:
        """Return why a new file cannot be made at `path`; "" if it can."""
        if os.path.lexists(self.git.root / path):
            return f"{path} is on disk but git does not know it, so it could not be given back: write another path"
        if self._is_ignored(path):
            return f"{path} is ignored by git, so it is never committed: write another path"
        other = self._alike(path)
        if other != path:
            return f"{path} differs only in case or accents from {other}: write that file, or another path"
        return ""

    def state(self, path: str) -> FileState | None:
        """The file as the commit has it, whatever a command did to the index or to the disk; None for no such file."""
        if not self._is_file(path):
            return None
        with self._base() as tree:
            entry = tree.entry(path)
            return FileState(tree.read(path), "100755" if entry and entry.mode == "100755" else "100644")

    def _is_file(self, path: str) -> bool:
        entry = self._base().entry(path)
        return entry is not None and entry.kind == "file"

    def _base(self) -> BaseTree:
        """Return the tree, whose list of files is kept; leaving its context ends only the process that reads."""
        if self._tree is None:
            self._tree = BaseTree(self.git, self.base)
        return self._tree

    def _alike(self, path: str) -> str:
        """Return the file of the commit that has the same name where case is folded; `path` itself if there is none."""
        if not self._by_folded_name:
            self._by_folded_name = {folded(other): other for other in self._base().paths()}
        return self._by_folded_name.get(folded(path), path)

    def _is_ignored(self, path: str) -> bool:
        """https://git-scm.com/docs/git-check-ignore#_exit_status."""
        # This command alone does not take literal paths; after "./" no path is magic.
        args = ("--no-literal-pathspecs", "check-ignore", "-q", "--no-index", "-z", "--stdin")
        with self.git.start(*args, stdin=subprocess.PIPE) as process:
            _, err = process.communicate(f"./{path}\0".encode("utf-8", "surrogateescape"))
        if process.returncode > 1:
            raise git_failed(args, process.returncode, err)
        return process.returncode == 0
