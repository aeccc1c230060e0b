"""Back to where a run started: one path for the normal end, for an interrupt and for the run after a kill.

Every step may be repeated: a kill in the middle leaves the journal, and the next recovery does it all again.
"""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import threading
import time
from typing import TYPE_CHECKING

from mtor_action.errors import GitError, RepositoryError
from mtor_action.lazy_dataclasses import NamedTuple
from mtor_action.repository.restoring import skipped_files
from mtor_action.repository.restoring.command_leftovers import move_aside, save, unstage
from mtor_action.repository.restoring.executable_bits import give_back
from mtor_action.repository.restoring.journal import ContentDigest, Journal, JournaledWork, JournalStage
from mtor_action.repository.restoring.killed_run import is_unfinished
from mtor_action.repository.restoring.lent_tree import take_back
from mtor_action.repository.restoring.lock import Lock
from mtor_action.repository.restoring.set_aside import bring_back
from mtor_action.repository.restoring.status import Status, changed_unseen, inspect
from mtor_action.repository.worktree import Folders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import FrameType

    from mtor_action.repository.git import Git
    from mtor_action.tree.changes import FileState

_HELD = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_FOREIGN_LOCK_SECONDS = 1.0
_POLL_SECONDS = 0.02


class Recovered(NamedTuple):
    """The result of a recovery. `saved` are copies of files that were neither ours nor git's, made before."""

    work: JournaledWork
    branch_kept: bool
    saved: tuple[Path, ...] = ()


def recover(git: Git, kill_survivors: Callable[[str], object]) -> Recovered | None:
    """Put back what a killed run left; None if there is none, or if a run that lives holds the lock.

    Raises RepositoryError, with the way back by hand, if the journal makes no sense.
    """
    if not is_unfinished(git):
        return None
    lock = Lock(git, "mtor (putting an interrupted run back)")
    if lock.acquire() is not None:
        return None
    try:
        journal = Journal.load(git)  # again: its owner may have finished meanwhile
        recovered = go_back(lock.git, journal, kill_survivors) if journal else None
        take_back(git)
        return recovered
    finally:
        lock.release()


def go_back(git: Git, journal: Journal, kill_survivors: Callable[[str], object], *, settled: bool = False) -> Recovered:
    """Return to the start of `journal`'s run and remove the journal. The caller holds the lock.

    `kill_survivors(mark)` ends what the job's commands left running. With `settled` the caller
    has just seen, after the last command, that nothing but the run's own changes differs: nothing is copied aside.
    """
    with _signals_held():
        kill_survivors(journal.work.mark(git.root))
        bring_back(git)
        _break_locks(git, journal.work)
        saved: list[Path] = []
        if journal.work.branch is None:
            saved = [] if settled else _save(git, journal, [])
            _put_back_files(git, journal)
            branch_kept = False
        else:
            saved = [] if settled else _settle(git, journal)
            _remove_created(git, journal)
            _check_out(git, journal.work)
            give_back(git.root, journal.modes)
            saved += _move_leftovers(git, journal)
            branch_kept = _keep_or_drop_branch(git, journal)
        skipped_files.put_back(git, journal.work.job)
        journal.remove()
        skipped_files.forget(git, journal.work.job)
    return Recovered(journal.work, branch_kept, tuple(saved))


def _settle(git: Git, journal: Journal) -> list[Path]:
    status = _look(git, journal.work)
    changed = [*status.changed, *changed_unseen(git, journal.touched, status.head.commit)] if status else []
    saved = _save(git, journal, [change.path for change in changed])
    unstage(git, status, journal.work)
    return saved


def _look(git: Git, work: JournaledWork) -> Status | None:
    try:
        return inspect(git)
    except GitError as e:
        if "index file" not in e.message:
            raise
        # A command wrote over the index. It holds nothing that is not on disk or in the base.
        (git.git_dir / "index").unlink(missing_ok=True)
        git.run("read-tree", work.base)
        return inspect(git)
    except RepositoryError:
        return None  # a command left HEAD on a branch without a commit


def _save(git: Git, journal: Journal, changed: list[str]) -> list[Path]:
    def is_worth_it(path: str, state: FileState) -> bool:
        ours = journal.touched.get(path)
        if ours is None:
            return True
        if not ours.created and path not in changed and journal.work.branch is not None:
            return False  # as in git
        return state != ours.before and ContentDigest.of(state.content) != ours.after

    paths = dict.fromkeys([*changed, *journal.touched])
    return save(git, paths, git.state_dir / "jobs" / journal.work.job / "saved", is_worth_it)


def _remove_created(git: Git, journal: Journal) -> None:
    with Folders(git.root) as folders:
        for touched in journal.touched.values():
            if touched.created:
                _remove(folders, touched.path)
        folders.prune(journal.new_folders)


def _move_leftovers(git: Git, journal: Journal) -> list[Path]:
    """Move aside, never delete, what commands left in folders that were not there when the run began."""
    save_to = git.state_dir / "jobs" / journal.work.job / "saved"
    moved: list[Path] = []
    # On a full disk they stay where they are: leftovers do not justify leaving the rest undone.
    with Folders(git.root) as folders, contextlib.suppress(OSError):
        moved.extend(
            move_aside(git.root, folder, save_to)
            for folder in sorted(journal.new_folders)
            if _is_folder(folders, folder)
        )
    return moved


def _is_folder(folders: Folders, path: str) -> bool:
    try:
        state = folders.stat(path)
    except RepositoryError:
        return False  # a symlink leads elsewhere: what is there is not ours
    return state is not None and stat.S_ISDIR(state.st_mode)


def _remove(folders: Folders, path: str) -> None:
    try:
        state = folders.stat(path)
    except RepositoryError:
        return  # a symlink leads elsewhere now: what is there is not ours
    if state is not None and not stat.S_ISDIR(state.st_mode):
        folders.remove(path)


def _put_back_files(git: Git, journal: Journal) -> None:
    _remove_created(git, journal)
    with Folders(git.root) as folders:
        for touched in journal.touched.values():
            if touched.before is not None and folders.read(touched.path) != touched.before:
                folders.write(touched.path, touched.before)


def _check_out(git: Git, work: JournaledWork) -> None:
    options = ("checkout", "-q", "-f", "--no-guess", "--ignore-other-worktrees")
    if work.start.ref is None:
        git.run(*options, "--detach", work.start.commit, "--")
        return
    try:
        git.run(*options, work.start.ref, "--")
    except GitError:
        if git.run("for-each-ref", f"refs/heads/{work.start.ref}"):
            raise
        # Somebody deleted the branch meanwhile; its commit is still where we started.
        git.run(*options, "--detach", work.start.commit, "--")


def _keep_or_drop_branch(git: Git, journal: Journal) -> bool:
    if not journal.work.branch_is_new or journal.stage is JournalStage.COMMITTED:
        return True
    ref = f"refs/heads/{journal.work.branch}"
    tip = git.run("for-each-ref", "--format=%(objectname)", ref).decode("ascii").strip()
    if tip == journal.work.base:
        git.run("update-ref", "--no-deref", "-d", ref, tip)
        return False
    return bool(tip)


def _break_locks(git: Git, work: JournaledWork) -> None:
    """Remove lock files of a git that was killed; a live git of somebody else gets a moment to finish."""
    locks = [git.git_dir / "index.lock", git.git_dir / "HEAD.lock"]
    if work.branch is not None:
        locks.append(git.common_dir / f"refs/heads/{work.branch}.lock")
    deadline = time.monotonic() + _FOREIGN_LOCK_SECONDS
    while any(lock.exists() for lock in locks) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    for lock in locks:
        lock.unlink(missing_ok=True)


@contextlib.contextmanager
def _signals_held() -> Iterator[None]:
    """Hold back interrupts, here and in the git processes started meanwhile; they arrive when it is done."""
    arrived: list[int] = []

    def remember(number: int, _frame: FrameType | None) -> None:
        arrived.append(number)

    # The mask is inherited by children; the handlers catch what another thread of ours receives.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, _HELD)
    in_main = threading.current_thread() is threading.main_thread()
    handlers = {number: signal.signal(number, remember) for number in _HELD} if in_main else {}
    try:
        yield
    finally:
        for held, handler in handlers.items():
            signal.signal(held, signal.SIG_DFL if handler is None else handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for number in arrived:
            os.kill(os.getpid(), number)
