"""The executable bits of a working tree where git does not look at them (`core.fileMode=false`): nobody loses one.

There a file may be executable for its owner alone. Git stores the mode that it had, and a checkout would take it away.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from mtor_action.repository.configuration import configuration

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from mtor_action.repository.git import Git
    from mtor_action.tree.changes import Change, FileMode


def with_modes_of_disk(git: Git, changes: Sequence[Change]) -> list[Change]:
    """Return the changes with the modes that the files have on disk, unless a change is meant to give another."""
    if configuration(git).trusts_modes:
        return list(changes)
    on_disk = modes_of_disk(git, (change.path for change in changes))
    return [_with_mode(change, on_disk[change.path]) if change.path in on_disk else change for change in changes]


def modes_of_disk(git: Git, paths: Iterable[str]) -> dict[str, FileMode]:
    """Return the modes of the regular files at `paths` where git does not trust them; nothing where it does."""
    if configuration(git).trusts_modes:
        return {}
    modes: dict[str, FileMode] = {}
    for path in paths:
        with suppress(FileNotFoundError, NotADirectoryError):
            mode = os.lstat(git.root / path).st_mode
            if stat.S_ISREG(mode):
                modes[path] = "100755" if mode & stat.S_IXUSR else "100644"
    return modes


def give_back(root: Path, modes: Mapping[str, FileMode]) -> None:
    """Set the executable bits of the files that are still there, each for those who may read."""
    for path, mode in modes.items():
        with suppress(OSError):
            descriptor = os.open(root / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                now = stat.S_IMODE(os.fstat(descriptor).st_mode)
                target = now | (now & 0o444) >> 2 if mode == "100755" else now & ~0o111
                if now != target:
                    os.fchmod(descriptor, target)
            finally:
                os.close(descriptor)


def _with_mode(change: Change, mode: FileMode) -> Change:
    before, after = change.before, change.after
    if before is None:
        return change
    if after is not None and after.mode == before.mode:
        after = after._replace(mode=mode)
    return change._replace(before=before._replace(mode=mode), after=after)
