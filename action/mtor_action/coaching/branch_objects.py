"""The contents of a commit of the coaching branch, by name, from one `git cat-file`."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, NamedTuple, Self

from mtor_action.coaching.note import BRANCH
from mtor_action.errors import GitError
from mtor_action.repository.git import Git, ask_cat_file, pipe

if TYPE_CHECKING:
    from types import TracebackType


class Object(NamedTuple):
    """An object of git: its id, `blob` or `tree` or `commit`, its bytes."""

    oid: str
    kind: str
    content: bytes


class Objects:
    """Objects by name, from one git process that stays open between the first and the last."""

    def __init__(self, git: Git) -> None:
        self._process = git.start("cat-file", "--batch-command", stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.__exit__(kind, error, trace)

    def file(self, commit: str, path: str) -> bytes | None:
        """Return a file's bytes, None where the commit has no such file; see `object`."""
        blob = self.object(commit, path)
        return blob.content if blob else None

    def object(self, commit: str, path: str) -> Object | None:
        """Return a file; None where the commit has no such file. Raises GitError, also for a folder.

        The folder is asked first: an object that a partial clone lacks must not pass for a file that does not exist.
        """
        folder, _, name = path.rpartition("/")
        if name not in self.names(commit, folder):
            return None
        blob = self._existing(f"{commit}:{path}")
        if blob.kind != "blob":
            raise GitError(f"{path} is a folder on the branch {BRANCH}", "make it a file there, by a commit")
        return blob

    def names(self, commit: str, folder: str) -> list[str]:
        """Return the names in a top-level folder of the commit ("" is the top itself); empty if it is not a folder."""
        if folder and folder not in self.names(commit, ""):
            return []
        tree = self._existing(f"{commit}:{folder}")
        return _names(tree) if tree.kind == "tree" else []

    def get(self, name: str) -> Object | None:
        """Return the object, None where there is no such one. Raises GitError."""
        header = self._header("contents", name)
        if header is None:
            return None
        answered = pipe(self._process.stdout)
        content = answered.read(header[2])
        answered.read(1)
        return Object(header[0], header[1], content)

    def size(self, name: str) -> int:
        """Return the size of an object in bytes; 0 where there is none. Raises GitError."""
        header = self._header("info", name)
        return header[2] if header else 0

    def _header(self, command: str, name: str) -> tuple[str, str, int] | None:
        words = ask_cat_file(self._process, f"{command} {name}")
        return (words[0], words[1], int(words[2])) if len(words) == 3 and words[2].isdigit() else None

    def _existing(self, name: str) -> Object:
        blob = self.get(name)
        if blob is None:
            raise GitError(f"the object {name} is missing", f"fetch it: `git fetch --refetch origin {BRANCH}`")
        return blob


def _names(tree: Object) -> list[str]:
    """Return the names in a tree object: `MODE NAME<NUL>ID`, as often as there are entries."""
    names, at, id_bytes = [], 0, len(tree.oid) // 2
    while at < len(tree.content):
        end = tree.content.index(b"\0", at)
        names.append(tree.content[at:end].partition(b" ")[2].decode("utf-8", "surrogateescape"))
        at = end + 1 + id_bytes
    return names
