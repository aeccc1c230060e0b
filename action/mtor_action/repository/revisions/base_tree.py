"""Trees that plans are made against: the files of a commit, and the working tree as it is."""

from __future__ import annotations

import os
import stat
import subprocess
from bisect import bisect_left
from typing import TYPE_CHECKING, Self

from mtor_action.errors import GitError
from mtor_action.repository.configuration import configuration
from mtor_action.repository.git import Git, ask_cat_file, pipe
from mtor_action.repository.worktree import Folders
from mtor_action.tree.tree import DIRECTORY, Entry, EntryKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.repository.attributes import Attributes
    from mtor_action.tree.overlaid_tree import OverlaidTree

_KINDS: dict[str, EntryKind] = {"120000": "symlink", "160000": "submodule"}


class BaseTree:
    """The files of one commit. A context manager: one git process stays open between the first read and the end."""

    def __init__(self, git: Git, commit: str) -> None:
        self._git = git
        self._commit = commit
        self._listing: _Listing | None = None
        self._paths: list[str] | None = None
        self._reader: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the `git cat-file` process that reads the objects."""
        if self._reader is not None:
            self._reader.kill()
            with self._reader:
                self._reader = None

    def entry(self, path: str) -> Entry | None:
        """Return the entry at `path`, or None (see Tree.entry)."""
        return self._files().entry(path)

    def read(self, path: str) -> bytes:
        """See Tree. Raises GitError if the object is missing (a partial clone)."""
        entry = self.entry(path)
        if entry is None or entry.kind != "file":
            raise KeyError(path)
        return self._blob(entry.oid)

    def paths(self) -> Sequence[str]:
        """Return the paths of all files (see Tree.paths)."""
        if self._paths is None:
            self._paths = self._files().paths()
        return self._paths

    def find(self, name: str) -> list[str]:
        """Return the regular files that are called `name`, in whatever folder."""
        return [path for path in self._files().find(name) if (entry := self.entry(path)) and entry.kind == "file"]

    def _files(self) -> _Listing:
        if self._listing is None:
            self._listing = _Listing(self._git.run("ls-tree", "-r", "-z", "--full-tree", self._commit))
        return self._listing

    def _blob(self, oid: str) -> bytes:
        if self._reader is None:
            self._reader = self._git.start("cat-file", "--batch", stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
        header = ask_cat_file(self._reader, oid)
        stdout = pipe(self._reader.stdout)
        if len(header) != 3:
            raise GitError(f"the object {oid} is missing", "fetch it: `git fetch --refetch` or a full clone")
        content = stdout.read(int(header[2]))
        stdout.read(1)
        return content


def attributes_of(git: Git, tree: BaseTree | OverlaidTree, *, of_machine: bool) -> Attributes:
    """The attributes of the commit that `tree` holds."""
    from mtor_action.repository.attributes import Attributes

    return Attributes(git, tuple((path, tree.read(path)) for path in tree.find(".gitattributes")), of_machine, {})


class _Listing:
    """`MODE WORDS<TAB>PATH` records in git's order, which is the order of the paths' bytes; decoded when asked."""

    def __init__(self, out: bytes) -> None:
        self._out = out
        self._records = out.split(b"\0")[:-1]

    def entry(self, path: str) -> Entry | None:
        name = path.encode("utf-8", "surrogateescape")
        at = bisect_left(self._records, name, key=_record_path)
        if at < len(self._records) and _record_path(self._records[at]) == name:
            return _entry(self._records[at])
        below = bisect_left(self._records, name + b"/", key=_record_path)
        if below < len(self._records) and _record_path(self._records[below]).startswith(name + b"/"):
            return DIRECTORY
        return None

    def find(self, name: str) -> list[str]:
        raw = name.encode()
        if raw not in self._out:  # a look through every name is slow in a large tree
            return []
        paths = (_record_path(record) for record in self._records)
        return [path.decode("utf-8", "surrogateescape") for path in paths if path.rpartition(b"/")[2] == raw]

    def paths(self) -> list[str]:
        return [_record_path(record).decode("utf-8", "surrogateescape") for record in self._records]


def _record_path(record: bytes) -> bytes:
    return record[record.index(b"\t") + 1 :]


def _entry(record: bytes) -> Entry:
    # ls-tree prints "mode type oid", ls-files -s prints "mode oid stage".
    words = record[: record.index(b"\t")].decode("ascii").split()
    oid = words[2] if len(words[2]) > 1 else words[1]
    return Entry(words[0], _KINDS.get(words[0], "file"), oid)


class WorkingTree:
    """The working tree as it is. Untracked files count as existing; `paths()` has the tracked ones.

    With `as_stored` its files read as git would store them, else as they are on disk.
    """

    def __init__(self, git: Git, *, as_stored: bool = False) -> None:
        self._git = git
        self._as_stored = as_stored
        self._attributes: Attributes | None = None
        self._listing: _Listing | None = None
        self._paths: list[str] | None = None
        self._folders: dict[str, bool] = {"": True}

    def entry(self, path: str) -> Entry | None:
        """See Tree. `oid` is empty: nothing says that what is on disk was ever stored by git."""
        if not {"", ".", ".."}.isdisjoint(path.split("/")) or not self._is_folder(path.rpartition("/")[0]):
            return None
        state = _stat(self._git.root / path)
        if state is None:
            return None
        if stat.S_ISDIR(state.st_mode):
            tracked = self._tracked().entry(path)
            return tracked if tracked is not None and tracked.kind == "submodule" else DIRECTORY
        if stat.S_ISREG(state.st_mode):
            if not configuration(self._git).has_links:
                tracked = self._tracked().entry(path)
                if tracked is not None and tracked.kind == "symlink":
                    return tracked  # where there are no links, git keeps the target in a file
            return Entry("100755" if state.st_mode & stat.S_IXUSR else "100644", "file")
        return Entry("120000", "symlink")

    def read(self, path: str) -> bytes:
        """Return the bytes of the file at `path` (see Tree.read)."""
        content = self._raw(path)
        if not self._as_stored or not self.attributes.converted({path: content}):
            return content
        entry = self._tracked().entry(path)
        before = {path: self._git.run("cat-file", "blob", entry.oid)} if entry and entry.kind == "file" else {}
        return self.attributes.stored({path: content}, before)[path]

    @property
    def attributes(self) -> Attributes:
        """The attributes of the tracked files, as they are on disk."""
        if self._attributes is None:
            from mtor_action.repository.attributes import Attributes

            names = [path for path in self._tracked().find(".gitattributes") if self._is_regular(path)]
            self._attributes = Attributes(self._git, tuple((path, self._raw(path)) for path in names), True, {})
        return self._attributes

    def _is_regular(self, path: str) -> bool:
        entry = self.entry(path)
        return entry is not None and entry.kind == "file"

    def _raw(self, path: str) -> bytes:
        with Folders(self._git.root) as folders:
            state = folders.read(path)
        if state is None:
            raise KeyError(path)
        return state.content

    def paths(self) -> Sequence[str]:
        """See Tree: the tracked paths that are on disk."""
        if self._paths is None:
            names = dict.fromkeys(self._tracked().paths())
            self._paths = [name for name in names if os.path.lexists(self._git.root / name)]
        return self._paths

    def _tracked(self) -> _Listing:
        if self._listing is None:
            self._listing = _Listing(self._git.run("ls-files", "-s", "-z"))
        return self._listing

    def _is_folder(self, path: str) -> bool:
        if path not in self._folders:
            state = _stat(self._git.root / path) if self._is_folder(path.rpartition("/")[0]) else None
            self._folders[path] = state is not None and stat.S_ISDIR(state.st_mode)
        return self._folders[path]


def _stat(path: os.PathLike[str]) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
