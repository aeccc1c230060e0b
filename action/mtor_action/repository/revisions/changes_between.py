"""The difference between two commits as changes: what one makes of the other's files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.repository.revisions.base_tree import BaseTree
from mtor_action.repository.revisions.joined_start import file_in
from mtor_action.tree.changes import Change

if TYPE_CHECKING:
    from mtor_action.repository.git import Git

_REGULAR = frozenset({"000000", "100644", "100755"})  # or not there


def difference(git: Git, old: str, new: str) -> tuple[tuple[Change, ...], tuple[str, ...]]:
    """Return the changes that lead from the commit `old` to `new`, by path, and the paths that are not regular files.

    Raises GitError.
    """
    out = git.run("diff-tree", "-r", "-z", "--raw", "--no-renames", old, new)
    words = out.decode("utf-8", "surrogateescape").split("\0")
    paths: list[str] = []
    special: list[str] = []
    for facts, path in zip(words[:-1:2], words[1::2], strict=True):
        is_regular = set(facts.removeprefix(":").split()[:2]) <= _REGULAR
        (paths if is_regular else special).append(path)
    with BaseTree(git, old) as before, BaseTree(git, new) as after:
        changes = (Change(path, file_in(before, path), file_in(after, path)) for path in sorted(paths))
        return tuple(changes), tuple(special)
