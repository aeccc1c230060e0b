"""The test whether a user could change the code that holds the key: the interpreter, its library, our packages, us."""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mtor_action.job.ownership import User

_WRITES = stat.S_IWGRP | stat.S_IWOTH


class _Rights(NamedTuple):
    """Who may write a file: its owner always, as he could give himself the right."""

    uid: int
    gid: int
    mode: int

    def let(self, user: User) -> bool:
        """Return whether `user` may write it, or may change that."""
        return self.uid == user.uid or bool(self.mode & (stat.S_IWGRP if self.gid == user.gid else stat.S_IWOTH))


def changeable(user: User, workspace: Path) -> Path | None:
    """Return the first file or folder of ours that `user` may change, or that is in the workspace; None without one."""
    searched: tuple[str, ...] = ()
    for path in dict.fromkeys(_code()):
        if path.is_relative_to(workspace):
            return path
        unsafe = _changeable_way(user, path)
        if unsafe is not None:
            return unsafe
        if can_enter(user, path.parent) and not any(path.is_relative_to(folder) for folder in searched):
            if _may_write(user, path):
                return path
            for rights, example in _rights_below(str(path), searched).items():
                if rights.let(user):
                    return Path(example)
            searched += (str(path),)
    return None


def can_enter(user: User, folder: Path) -> bool:
    """Return whether the modes of the folder and of all above it let the user in."""
    return all(_may(user, part.stat(), stat.S_IXOTH) for part in (folder, *folder.parents))


def _code() -> Iterator[Path]:
    for name in (sys.executable, f"{sys.prefix}/pyvenv.cfg", *sys.path):
        path = Path(name).absolute()
        if name and path.exists():
            yield path
            yield path.resolve()


def _changeable_way(user: User, path: Path) -> Path | None:
    """Return a folder above `path` in which the user could put another in its place."""
    for part, folder in zip((path, *path.parents), path.parents, strict=False):
        state = folder.stat()
        is_sticky = state.st_mode & stat.S_ISVTX and part.lstat().st_uid != user.uid and state.st_uid != user.uid
        if _may_write(user, folder) and not is_sticky:
            return folder
    return None


@cache
def _rights_below(folder: str, searched: tuple[str, ...]) -> dict[_Rights, str]:
    """Return the rights that files and folders below `folder` have, each with the first that has them.

    Packages have tens of thousands of files: each is asked about once, and those in `searched` not again. That holds
    for the life of a process: who could not write here when it began cannot have opened anything since.
    """
    folders = [folder]
    rights: dict[tuple[int, int, int], str] = {}
    while folders:
        with suppress(OSError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                try:
                    state = entry.stat()
                except OSError:
                    continue  # a link to nothing
                is_folder = stat.S_ISDIR(state.st_mode)
                if is_folder and entry.is_symlink():
                    continue
                rights.setdefault((state.st_uid, state.st_gid, state.st_mode & _WRITES), entry.path)
                if is_folder and entry.path not in searched:
                    folders.append(entry.path)
    return {_Rights(*each): example for each, example in rights.items()}


def _may_write(user: User, path: Path) -> bool:
    try:
        state = path.stat()
    except OSError:
        return False  # a link to nothing
    return _Rights(state.st_uid, state.st_gid, state.st_mode).let(user)


def _may(user: User, state: os.stat_result, right: int) -> bool:
    """As the kernel decides it from uid, gid and mode; `right` is one of the bits for others."""
    if state.st_uid == user.uid:
        return bool(state.st_mode & (right << 6))
    return bool(state.st_mode & (right << 3 if state.st_gid == user.gid else right))
