"""Writing changes into the working directory: through no symlink, over nobody's file, all checked before any written.

Paths are walked component by component from a descriptor of the root, each opened with O_NOFOLLOW, so that a link
planted anywhere, also between the check and the write, ends in an error and not outside of the repository.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Self, TypeVar

from mtor_action.errors import RepositoryError
from mtor_action.tree.changes import Change, FileState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path


_T = TypeVar("_T")

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# A planted FIFO must not block us.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
# A sparse file of terabytes must not fill our memory.
_MOST_BYTES = 256 * 1024 * 1024
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def write(root: Path, changes: Iterable[Change], *, verify: bool = False) -> None:
    """Put every change on disk below `root`, or raise RepositoryError before the first one.

    Refused up front: a symlink in the way, a file where a change creates one, a nested repository; with
    `verify` also a file that is not as its `before` says. A failure in the middle (a full disk) leaves the tree half
    written and raises too: the caller restores it through the journal.
    """
    ordered = sorted(changes, key=lambda change: change.path.split("/"))
    with Folders(root) as folders:
        _refuse(folders, root, ordered, verify=verify)
        removed = [change.path for change in ordered if change.after is None]
        for path in removed:
            folders.remove(path)
        folders.prune(parent for path in removed for parent in parents_of(path))
        for change in ordered:
            if change.after is not None:
                folders.write(change.path, change.after)


def read_back(root: Path, paths: Iterable[str]) -> dict[str, FileState | None]:
    """Return the regular files at `paths` as they are on disk. Raises RepositoryError for anything else."""
    with Folders(root) as folders:
        return {path: folders.read(path) for path in sorted(paths)}


def parents_of(path: str) -> list[str]:
    """Return the folders above `path`, deepest first, without the root."""
    parts = path.split("/")
    return ["/".join(parts[:n]) for n in range(len(parts) - 1, 0, -1)]


class Folders:
    """Descriptors from the root down to the folder in use; neighbours in path order share them."""

    def __init__(self, root: Path) -> None:
        self._names: list[str] = []
        self._descriptors = [os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._leave(0)
        os.close(self._descriptors.pop())

    def stat(self, path: str) -> os.stat_result | None:
        """Return the status of `path` itself, or None. Raises RepositoryError if a folder above it is a symlink."""
        return self._at(path, lambda name, folder: os.stat(name, dir_fd=folder, follow_symlinks=False))

    def read(self, path: str) -> FileState | None:
        """Return the regular file at `path`, or None if nothing is there. Raises RepositoryError for anything else."""
        refuse_name(path)
        return self._at(path, lambda name, folder: _read(path, name, folder))

    def remove(self, path: str) -> None:
        """Unlink the file or symlink at `path`; no file there is not an error."""
        refuse_name(path)
        try:
            self._at(path, lambda name, folder: os.unlink(name, dir_fd=folder))
        except OSError as e:
            raise RepositoryError(f"cannot remove {path}: {e.strerror}", "see what is there") from e

    def prune(self, folders: Iterable[str]) -> None:
        """Remove those of `folders` that are empty, deepest first."""
        self._leave(0)
        for folder in sorted(set(folders), key=lambda path: path.count("/"), reverse=True):
            try:
                self._at(folder, lambda name, parent: os.rmdir(name, dir_fd=parent))
            except (OSError, RepositoryError):
                # Not empty, or no longer a folder: it holds somebody else's files.
                continue
        self._leave(0)

    def write(self, path: str, state: FileState) -> None:
        """Replace or create the regular file at `path` and the folders above it. Raises RepositoryError."""
        refuse_name(path)
        try:
            folder = self._enter(path, create=True)
            name = path.rpartition("/")[2]
            # A new file instead of new content: a hard link elsewhere keeps the old one, as with git.
            if self._exists(name, folder):
                os.unlink(name, dir_fd=folder)
            mode = 0o777 if state.mode == "100755" else 0o666
            with os.fdopen(os.open(name, _NEW_FILE, mode, dir_fd=folder), "wb") as file:
                file.write(state.content)
        except OSError as e:
            raise RepositoryError(f"cannot write {path}: {e.strerror}", "free disk space or fix permissions") from e

    def move_out(self, path: str, target: Path) -> bool:
        """Rename whatever is at `path` to `target`, outside of the tree; False if nothing is there. Raises OSError."""
        refuse_name(path)

        def rename(name: str, folder: int) -> bool:
            os.rename(name, target, src_dir_fd=folder)
            return True

        moved = bool(self._at(path, rename))
        self._leave(0)  # a folder that was entered may be the one that went
        return moved

    def make_folder(self, path: str) -> None:
        """Make the folder `path` and those above it, where they are not there. Raises OSError, RepositoryError."""
        refuse_name(path)
        self._enter(f"{path}/", create=True)

    def move_in(self, source: Path, path: str) -> None:
        """Rename `source` to `path`, where nothing is, making the folders above it. Raises OSError, RepositoryError."""
        refuse_name(path)
        os.rename(source, path.rpartition("/")[2], dst_dir_fd=self._enter(path, create=True))

    def _at(self, path: str, act: Callable[[str, int], _T]) -> _T | None:
        try:
            return act(path.rpartition("/")[2], self._enter(path, create=False))
        except (FileNotFoundError, NotADirectoryError):
            return None

    def _enter(self, path: str, *, create: bool) -> int:
        folders = path.split("/")[:-1]
        shared = 0
        while shared < min(len(folders), len(self._names)) and folders[shared] == self._names[shared]:
            shared += 1
        self._leave(shared)
        for name in folders[shared:]:
            self._descriptors.append(self._open(path, name, create=create))
            self._names.append(name)
        return self._descriptors[-1]

    def _open(self, path: str, name: str, *, create: bool) -> int:
        above = self._descriptors[-1]
        try:
            return os.open(name, _FOLDER, dir_fd=above)
        except FileNotFoundError:
            if not create:
                raise
            os.mkdir(name, dir_fd=above)
            return os.open(name, _FOLDER, dir_fd=above)
        except OSError as e:
            if stat.S_ISLNK(os.stat(name, dir_fd=above, follow_symlinks=False).st_mode):
                raise RepositoryError(f"{path} leads through the symlink {name}", "name the real path") from e
            raise

    def _leave(self, depth: int) -> None:
        while len(self._names) > depth:
            self._names.pop()
            os.close(self._descriptors.pop())

    @staticmethod
    def _exists(name: str, folder: int) -> bool:
        try:
            os.stat(name, dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return True


def _read(path: str, name: str, folder: int) -> FileState:
    state = os.stat(name, dir_fd=folder, follow_symlinks=False)
    if not stat.S_ISREG(state.st_mode):
        raise _no_file(path)
    with os.fdopen(os.open(name, _FILE, dir_fd=folder), "rb") as file:
        opened = os.fstat(file.fileno())
        if not stat.S_ISREG(opened.st_mode):
            raise _no_file(path)
        content = file.read(_MOST_BYTES + 1) if opened.st_size <= _MOST_BYTES else b""
        if max(opened.st_size, len(content)) > _MOST_BYTES:
            raise RepositoryError(f"{path} is larger than {_MOST_BYTES >> 20} MiB", "leave such files to git")
        return FileState(content, "100755" if opened.st_mode & stat.S_IXUSR else "100644")


def _no_file(path: str) -> RepositoryError:
    return RepositoryError(f"{path} is not a regular file", "a symlink, a folder or a device is never read or replaced")


def refuse_name(path: str) -> None:
    """Raise RepositoryError for a path out of the tree or into `.git`: the last guard after the path policy."""
    parts = path.split("/")
    if any(part in {"", ".", ".."} or part.casefold() == ".git" or "\0" in part for part in parts):
        raise RepositoryError(f"{path!r} is not a path inside the working tree", "use a relative path, not under .git")


def _refuse(folders: Folders, root: Path, changes: list[Change], *, verify: bool) -> None:
    check = _DiskCheck(folders, root, {change.path for change in changes if change.after is None})
    for change in changes:
        refuse_name(change.path)
        check.folders_above(change.path)
        if change.before is None:
            check.nothing_there(change.path)
        else:
            check.regular_file(change.path, change.before if verify else None)
    if check.in_the_way:
        names = "".join(f"\n  {path}" for path in check.in_the_way)
        raise RepositoryError(f"untracked files are in the way:{names}", "move them away, or commit them")
    if check.differing:
        names = "".join(f"\n  {path}" for path in check.differing)
        raise RepositoryError(f"files changed since they were read:{names}", "run again")


class _DiskCheck:
    """The comparison of the disk with what the changes expect; `removed` are paths that are gone before any write."""

    def __init__(self, folders: Folders, root: Path, removed: set[str]) -> None:
        self.in_the_way: list[str] = []
        self.differing: list[str] = []
        self._folders = folders
        self._root = root
        self._removed = removed
        self._removed_folders = {parent for path in removed for parent in parents_of(path)}
        self._removed_by_folded_name = {path.casefold(): path for path in removed}
        self._sound = {""}  # folders already looked at

    def folders_above(self, path: str) -> None:
        parent = path.rpartition("/")[0]
        if parent in self._sound:
            return
        self.folders_above(parent)
        state = self._folders.stat(parent)
        if state is not None and stat.S_ISLNK(state.st_mode):
            raise RepositoryError(f"{path} leads through the symlink {parent}", "name the real path")
        if state is not None and not stat.S_ISDIR(state.st_mode) and parent not in self._removed:
            self.in_the_way.append(parent)
        if state is not None and self._folders.stat(f"{parent}/.git") is not None:
            raise RepositoryError(f"{path} is inside the repository nested at {parent}", "run mtor there")
        self._sound.add(parent)

    def nothing_there(self, path: str) -> None:
        state = self._folders.stat(path)
        if state is None or self._is_renamed_in_case(path, state):
            return
        if not (stat.S_ISDIR(state.st_mode) and self._will_be_empty(path)):
            self.in_the_way.append(path)

    def regular_file(self, path: str, before: FileState | None) -> None:
        state = self._folders.stat(path)
        if state is not None and not stat.S_ISREG(state.st_mode):
            raise _no_file(path)
        if before is not None and self._folders.read(path) != before:
            self.differing.append(path)

    def _is_renamed_in_case(self, path: str, state: os.stat_result) -> bool:
        # Where names fold, the file under its old name answers to the new one.
        other = self._removed_by_folded_name.get(path.casefold())
        old = self._folders.stat(other) if other is not None else None
        return old is not None and os.path.samestat(old, state)

    def _will_be_empty(self, folder: str) -> bool:
        for above, folders, files in os.walk(self._root / folder):
            folder_path = os.path.relpath(above, self._root)
            if any(f"{folder_path}/{name}" not in self._removed_folders for name in folders):
                return False
            if any(f"{folder_path}/{name}" not in self._removed for name in files):
                return False
        return folder in self._removed_folders
