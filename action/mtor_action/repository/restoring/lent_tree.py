"""Lend the working tree to the user who runs the commands, and take it back: `.git/mtor/lent.json`.

While the tree is lent, the borrower owns what is below the root, but neither `.git` nor the root itself: whoever owns
the root can put another `.git` in its place, and our own git would obey that one. The root becomes sticky and
group-writable, as /tmp is for everybody: the borrower may add entries and remove its own.

Files are reached through descriptors, without following a link or entering another file system. The record is durable
before the first change, so that the command after a kill takes the tree back.
"""

from __future__ import annotations

import json
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from mtor_action.errors import RepositoryError
from mtor_action.lazy_dataclasses import NamedTuple
from mtor_action.repository.restoring.killed_run import loan_path

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from mtor_action.repository.git import Git

_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_BORROWED_ROOT = stat.S_ISVTX | stat.S_IRWXG
_SET_ID = stat.S_ISUID | stat.S_ISGID
# Deeper folders were made by a command to trouble us: each level costs a descriptor.
_MOST_DEPTH = 400


class LentTree(NamedTuple):
    """The tree's owner, its borrower, the root's own mode, and the borrower's home folder, which ends with the loan."""

    owner_uid: int  # gets the tree back
    owner_gid: int
    borrower_uid: int  # runs the commands
    borrower_gid: int
    root_mode: int  # permission bits before the loan
    home: str  # absolute path of the borrower's


def lend(git: Git, borrower_uid: int, borrower_gid: int, home: Path) -> LentTree:
    """Lend the tree. The lock must be held. Raises RepositoryError if it is the borrower's own already."""
    root = git.root.stat()
    if borrower_uid in (root.st_uid, git.git_dir.stat().st_uid):
        raise RepositoryError(
            f"{git.root} belongs to the user who is to run the commands, who could then change git itself",
            "chown the working tree and .git to somebody else first",
        )
    loan = LentTree(root.st_uid, root.st_gid, borrower_uid, borrower_gid, stat.S_IMODE(root.st_mode), str(home))
    git.state_dir.mkdir(parents=True, exist_ok=True)
    git.state_dir.chmod(0o700)  # transcripts and reports do not concern the borrower
    _write_durably(loan_path(git), json.dumps(loan._asdict()))
    os.chown(git.root, -1, borrower_gid)
    git.root.chmod(loan.root_mode | _BORROWED_ROOT)
    lend_again(git, loan)
    return loan


def lend_again(git: Git, loan: LentTree) -> None:
    """Lend what we have written since.

    A file with a second name stays ours: the borrower may have made that name, of a file that was never lent.
    """
    ours = {loan.owner_uid, os.geteuid()} - {loan.borrower_uid}
    for name, folder, state in _entries(git.root):
        if state.st_uid not in ours or (not stat.S_ISDIR(state.st_mode) and _stays(state)):
            continue
        with suppress(OSError):
            _change_owner(name, folder, state, loan.borrower_uid, -1)


def take_back(git: Git) -> None:
    """Give everything back to its owner and end the loan; nothing to do if there is none."""
    try:
        loan = LentTree(**json.loads(loan_path(git).read_bytes()))
    except FileNotFoundError:
        return
    except (ValueError, TypeError) as error:
        hint = "chown the working tree to its owner by hand, then delete that file"
        raise RepositoryError(f"{loan_path(git)} cannot be read: {error}", hint) from error
    try:
        _take_back(git, loan)
    except PermissionError as error:
        hint = "run the same command as root"
        raise RepositoryError(f"the working tree is lent to the user {loan.borrower_uid}: {error}", hint) from error
    if loan.home:
        remove_home(Path(loan.home), loan)
    loan_path(git).unlink(missing_ok=True)


def _take_back(git: Git, loan: LentTree) -> None:
    for name, folder, state in _entries(git.root):
        is_ours = state.st_uid == os.geteuid() and (state.st_nlink == 1 or stat.S_ISDIR(state.st_mode))
        if state.st_uid == loan.borrower_uid or (is_ours and state.st_uid != loan.owner_uid):
            gid = loan.owner_gid if state.st_gid in {loan.borrower_gid, os.getegid()} else -1
            with suppress(FileNotFoundError):
                _change_owner(name, folder, state, loan.owner_uid, gid)
    os.chown(git.root, loan.owner_uid, loan.owner_gid)
    git.root.chmod(loan.root_mode)


def _stays(state: os.stat_result) -> bool:
    # Changing the owner would take the bits away for good.
    return state.st_nlink > 1 or bool(state.st_mode & _SET_ID)


def _entries(root: Path) -> Iterator[tuple[str, int, os.stat_result]]:
    """Yield name, folder (a descriptor) and state of everything below `root`, a folder before what is in it."""
    device = root.stat().st_dev
    folders = [os.open(root, _OPEN | os.O_DIRECTORY)]
    names = [iter(_names(folders[0], without={".git"}))]
    try:
        while names:
            name = next(names[-1], None)
            if name is None:
                names.pop()
                os.close(folders.pop())
                continue
            state = _stat(name, folders[-1])
            if state is None or state.st_dev != device:
                continue
            yield name, folders[-1], state
            if stat.S_ISDIR(state.st_mode) and len(folders) < _MOST_DEPTH:
                with suppress(OSError):
                    folders.append(os.open(name, _OPEN | os.O_DIRECTORY, dir_fd=folders[-1]))
                    names.append(iter(_names(folders[-1])))
    finally:
        for descriptor in folders:
            os.close(descriptor)


def _names(folder: int, without: Container[str] = ()) -> list[str]:
    return [name for name in os.listdir(folder) if name not in without]


def _stat(name: str, folder: int) -> os.stat_result | None:
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except OSError:
        return None


def _change_owner(name: str, folder: int, state: os.stat_result, uid: int, gid: int) -> None:
    if not (stat.S_ISREG(state.st_mode) or stat.S_ISDIR(state.st_mode)):
        os.chown(name, uid, gid, dir_fd=folder, follow_symlinks=False)
        return
    descriptor = os.open(name, _OPEN, dir_fd=folder)
    try:
        if os.path.samestat(os.fstat(descriptor), state):  # another file may have taken the name
            os.fchown(descriptor, uid, gid)
    finally:
        os.close(descriptor)


def remove_home(home: Path, loan: LentTree) -> None:
    """Remove the home folder, however deep a command made it."""
    import subprocess

    with suppress(OSError):
        if home.lstat().st_uid in {loan.borrower_uid, os.geteuid()}:
            subprocess.run(["rm", "-rf", "--one-file-system", "--", home], check=False, capture_output=True)


def _write_durably(path: Path, text: str) -> None:
    temporary = path.with_name(f"{path.name}.new")
    with temporary.open("w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
