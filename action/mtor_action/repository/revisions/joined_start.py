"""Commits on which a spec starts that comes after several others: git's side of `order.joining`."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from mtor_action.errors import GitError
from mtor_action.repository.git import Git, pipe
from mtor_action.repository.revisions.base_tree import BaseTree
from mtor_action.repository.revisions.commit import committer
from mtor_action.tree.changes import FileState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Files = Mapping[str, FileState | None]


def changed_files(git: Git, old: str, new: str) -> dict[str, FileState | None]:
    """Return the regular files in which the commit `new` differs from `old`; None for what it does not have."""
    out = git.run("diff-tree", "-r", "-z", "--no-renames", "--name-only", old, new)
    paths = out.decode("utf-8", "surrogateescape").split("\0")[:-1]
    with BaseTree(git, new) as tree:
        return {path: file_in(tree, path) for path in paths}


def file_in(tree: BaseTree, path: str) -> FileState | None:
    """Return the regular file at `path`, or None."""
    entry = tree.entry(path)
    if entry is None or entry.kind != "file":
        return None
    return FileState(tree.read(path), "100755" if entry.mode == "100755" else "100644")


def merge_text(git: Git, common: bytes, ours: bytes, theirs: bytes) -> bytes | None:
    """Return the three-way merge of a file's lines by git, without drivers or attributes; None for a conflict."""
    if b"\0" in common + ours + theirs:
        return None
    with tempfile.TemporaryDirectory(prefix="mtor-") as folder:
        names = []
        for name, content in (("ours", ours), ("common", common), ("theirs", theirs)):
            path = Path(folder) / name
            path.write_bytes(content)
            names.append(str(path))
        # https://git-scm.com/docs/git-merge-file: the exit status is the number of conflicts, above 127 an error
        with git.start("merge-file", "-p", "-q", *names) as process:
            merged = pipe(process.stdout).read()
            pipe(process.stderr).read()
        return merged if process.returncode == 0 else None


def join_commit(git: Git, root: str, parents: Sequence[str], files: Files, message: str, signature: str = "") -> str:
    """Store the tree of `root` with `files` as a commit with these parents, on no branch; return its id.

    `signature` is `Name <mail>` of its author and committer, "" for git's own.
    """
    with tempfile.TemporaryDirectory(prefix="mtor-") as folder:
        environ = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        git.run("read-tree", root, environ=environ)
        stream = b"".join(_index_line(git, path, state) for path, state in sorted(files.items(), key=_removed_first))
        git.run("update-index", "-z", "--index-info", stdin=stream, environ=environ)
        tree = git.run("write-tree", environ=environ).decode("ascii").strip()
    name, _, mail = (signature or committer(git)).rstrip(">").partition(" <")
    identity = {
        f"GIT_{role}_{part}": value
        for role in ("AUTHOR", "COMMITTER")
        for part, value in (("NAME", name), ("EMAIL", mail))
    }
    words = [word for parent in parents for word in ("-p", parent)]
    out = git.run("commit-tree", "--no-gpg-sign", *words, tree, stdin=message.encode(), environ=identity)
    commit = out.decode("ascii").strip()
    if not commit:
        raise GitError("git commit-tree printed nothing", "update git to 2.39 or later")
    return commit


def _removed_first(item: tuple[str, FileState | None]) -> bool:
    return item[1] is not None  # a folder may become a file


def _index_line(git: Git, path: str, state: FileState | None) -> bytes:
    name = path.encode("utf-8", "surrogateescape")
    if state is None:
        return b"0 %b\t%b\0" % (b"0" * 40, name)
    blob = git.run("hash-object", "-w", "--no-filters", "--stdin", stdin=state.content).strip()
    return b"%b %b\t%b\0" % (state.mode.encode(), blob, name)
