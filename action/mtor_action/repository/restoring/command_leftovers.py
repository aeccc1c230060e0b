"""Changes that commands left behind in tracked files: found, copied aside, put back. Nobody's edit is lost."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

from mtor_action.errors import RepositoryError
from mtor_action.repository.configuration import configuration
from mtor_action.repository.worktree import Folders, parents_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from mtor_action.repository.git import Git
    from mtor_action.repository.restoring.journal import JournaledWork
    from mtor_action.repository.restoring.status import Status
    from mtor_action.tree.changes import FileState


def find_dirt(git: Git, status: Status, expected: Mapping[str, FileState | None]) -> list[str]:
    """Tracked paths that differ from HEAD and are not ours, and paths of ours that differ from `expected`, sorted."""
    foreign = {changed.path for changed in status.changed if changed.path not in expected}
    return sorted(foreign.union(_differing(git, expected)))


def head_moved(status: Status, work: JournaledWork) -> bool:
    """Return whether a command left the job's branch, or committed on it."""
    return status.head.ref != work.branch or status.head.commit != work.base


def restore(git: Git, paths: Sequence[str], expected: Mapping[str, FileState | None], save_to: Path) -> list[Path]:
    """Put `paths` back as `expected` has them, all others as HEAD has them; return the copies made in `save_to`."""
    copies = save(git, paths, save_to)
    for path in paths:
        _clear_the_way(git.root, path, save_to)
    foreign = [path for path in paths if path not in expected]
    if foreign:
        _restore_from_head(git, foreign)
    with Folders(git.root) as folders:
        for path in (path for path in paths if path in expected):
            state = expected[path]
            if state is None:
                folders.remove(path)
            else:
                folders.write(path, state)
    return copies


def put_head_back(
    git: Git, status: Status, work: JournaledWork, expected: Mapping[str, FileState | None], save_to: Path
) -> list[Path]:
    """Return to the job's branch at its base with `expected` on disk; no other branch moves.

    What commands committed stays in git's reflog; files that differ are copied to `save_to`, and returned.
    """
    if work.branch is None:
        raise TypeError("work without a branch has no HEAD of its own")
    copies = save(git, find_dirt(git, status, expected), save_to)
    unstage(git, status, work)
    git.run("checkout", "-q", "-f", "--ignore-other-worktrees", "--no-track", "-B", work.branch, work.base, "--")
    restore(git, _differing(git, expected), expected, save_to)
    return copies


def unstage(git: Git, status: Status | None, work: JournaledWork) -> None:
    """Make the index forget files that commands added, so that no checkout deletes what was never git's.

    `status` is None where HEAD has no commit. Files of a commit on another branch stay known: they are safe there.
    """
    moved = status is None or head_moved(status, work)
    target = work.base if status is None or status.head.ref == work.branch else "HEAD"
    if moved or (status and any(changed.staged != "." for changed in status.changed)):
        git.run("read-tree", "--reset", target)


def save(
    git: Git, paths: Iterable[str], save_to: Path, is_worth_it: Callable[[str, FileState], bool] | None = None
) -> list[Path]:
    """Copy those of `paths` that are regular files below `save_to`, under their own names, and return the copies."""
    copies = []
    with Folders(git.root) as folders:
        for path in paths:
            try:
                state = folders.read(path)
            except RepositoryError:
                # A symlink or a folder: nothing to copy. A file that cannot be read is too large for a copy.
                if _is_regular(folders, path):
                    copies.append(move_aside(git.root, path, save_to))
                continue
            if state is None or (is_worth_it is not None and not is_worth_it(path, state)):
                continue
            copies.append(_copy(state, git.root / path, save_to / path))
    return copies


def move_aside(root: Path, path: str, save_to: Path) -> Path:
    """Move what is at `path`, file or folder, below `save_to`, and return where it is now."""
    import shutil

    aside = _free(save_to / path)
    aside.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(root / path, aside)
    return aside


def _differing(git: Git, expected: Mapping[str, FileState | None]) -> list[str]:
    with Folders(git.root) as folders:
        by_mode = configuration(git).trusts_modes
        return [path for path in sorted(expected) if not _is(folders, path, expected[path], by_mode=by_mode)]


def _is(folders: Folders, path: str, state: FileState | None, *, by_mode: bool) -> bool:
    try:
        on_disk = folders.read(path)
    except (RepositoryError, OSError):
        return False
    if by_mode or on_disk is None or state is None:
        return on_disk == state
    return on_disk.content == state.content


def _is_regular(folders: Folders, path: str) -> bool:
    try:
        state = folders.stat(path)
    except RepositoryError:
        return False
    return state is not None and stat.S_ISREG(state.st_mode)


def _copy(state: FileState, original: Path, target: Path) -> Path:
    copy = _free(target)
    copy.parent.mkdir(parents=True, exist_ok=True)
    temporary = copy.with_name(".mtor-copy")
    try:
        temporary.write_bytes(state.content)
    except OSError as e:
        temporary.unlink(missing_ok=True)
        if e.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        # The original is about to be replaced or removed anyway, and moving it takes no space.
        return original.rename(copy)
    return temporary.replace(copy)


def _free(path: Path) -> Path:
    free, n = path, 1
    while os.path.lexists(free):
        n += 1
        free = path.with_name(f"{path.name}.{n}")
    return free


def _clear_the_way(root: Path, path: str, save_to: Path) -> None:
    """Move aside anything but a folder above `path`, and a folder at it."""
    for place in (*reversed(parents_of(path)), path):
        try:
            mode = os.lstat(root / place).st_mode
        except FileNotFoundError:
            return
        if stat.S_ISDIR(mode) != (place != path):
            if place == path and not stat.S_ISDIR(mode):
                return
            move_aside(root, place, save_to)
            return


def _restore_from_head(git: Git, paths: Sequence[str]) -> None:
    listed = "\0".join(paths).encode("utf-8", "surrogateescape")
    # First the index alone: a file that a command added and HEAD does not have stays on disk, untracked.
    git.run("reset", "-q", "HEAD", "--pathspec-from-file=-", "--pathspec-file-nul", stdin=listed)
    differing = git.run("diff-files", "--name-only", "-z", "--ignore-submodules=dirty").split(b"\0")
    names = set(listed.split(b"\0"))
    to_restore = [path for path in differing if path in names]
    if to_restore:
        git.run("checkout-index", "-f", "-u", "-z", "--stdin", stdin=b"\0".join(to_restore))
