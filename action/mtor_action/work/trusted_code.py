"""The test whether a user could change the code that holds the key: the interpreter, its library, our packages, us."""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mtor_action.job.ownership import User


def changeable(user: User, workspace: Path) -> Path | None:
    """Return the first file or folder of ours that `user` may change, or that is in the workspace; None without one."""
    searched: list[Path] = []
    for path in dict.fromkeys(_code()):
        if path.is_relative_to(workspace):
            return path
        unsafe = _changeable_way(user, path)
        if unsafe is not None:
            return unsafe
        if can_enter(user, path.parent) and not any(path.is_relative_to(folder) for folder in searched):
            changed = _writable_below(user, path)
            if changed is not None:
                return changed
            searched.append(path)
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


def _writable_below(user: User, path: Path) -> Path | None:
    """Return one of `path` and all below it that the user may write. Packages have many files: no Path for each."""
    if _may_write(user, path):
        return path
    folders = [str(path)]
    while folders:
        with suppress(OSError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                with suppress(OSError):  # a link to nothing
                    is_folder = entry.is_dir(follow_symlinks=False)
                    if (is_folder or not entry.is_dir()) and _is_writable(user, entry.stat()):
                        return Path(entry.path)
                    if is_folder:
                        folders.append(entry.path)
    return None


def _may_write(user: User, path: Path) -> bool:
    try:
        return _is_writable(user, path.stat())
    except OSError:
        return False  # a link to nothing


def _is_writable(user: User, state: os.stat_result) -> bool:
    return state.st_uid == user.uid or _may(user, state, stat.S_IWOTH)


def _may(user: User, state: os.stat_result, right: int) -> bool:
    """As the kernel decides it from uid, gid and mode; `right` is one of the bits for others."""
    if state.st_uid == user.uid:
        return bool(state.st_mode & (right << 6))
    return bool(state.st_mode & (right << 3 if state.st_gid == user.gid else right))
