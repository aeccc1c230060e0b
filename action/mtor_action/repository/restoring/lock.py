"""One run at a time in a working tree: `.git/mtor/lock`, held by flock, so that it dies with its process."""

from __future__ import annotations

import fcntl
import json
import os
import time
from typing import TYPE_CHECKING

from mtor_action.errors import RepositoryError
from mtor_action.lazy_dataclasses import NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

    from mtor_action.repository.git import Git

_LAST_GIT_SECONDS = 10.0
_POLL_SECONDS = 0.02


class Holder(NamedTuple):
    """The holder of the lock: process id (0 if unknown), its command, and since when (ISO 8601, UTC)."""

    pid: int
    command: str
    since: str


class Lock:
    """The lock as a context manager that yields a `Git` whose processes keep it.

    A git that goes on after its mtor was killed still holds the lock, so nobody repairs a tree that it is writing.
    The file stays: unlinking it would let two processes lock two files of one name.
    """

    def __init__(self, git: Git, command: str) -> None:
        self._git = git
        self._command = command
        self._descriptor = -1

    def __enter__(self) -> Git:
        holder = self.acquire()
        if holder is None:
            return self.git
        raise RepositoryError(
            f"another mtor is at work here: process {holder.pid or '?'} ({holder.command}) since {holder.since}",
            "wait for it or stop it; what it leaves behind is put back by the next command",
        )

    def __exit__(self, *_: object) -> None:
        self.release()

    @property
    def git(self) -> Git:
        """The working tree, with git processes that keep this lock."""
        return self._git._replace(keep_open=(self._descriptor,))

    def acquire(self) -> Holder | None:
        """Take the lock; return None if it is ours now, otherwise who has it."""
        descriptor = _open(self._git.state_dir)
        deadline = time.monotonic() + _LAST_GIT_SECONDS
        while not _try(descriptor):
            holder = _read(descriptor)
            if _is_alive(holder.pid) or time.monotonic() > deadline:
                os.close(descriptor)
                return holder
            # Its process is dead: the last git that it started is about to end.
            time.sleep(_POLL_SECONDS)
        _write(descriptor, Holder(os.getpid(), self._command, _now()))
        self._descriptor = descriptor
        return None

    def release(self) -> None:
        """Release the lock; another run may begin."""
        os.close(self._descriptor)
        self._descriptor = -1


def _open(folder: Path) -> int:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    except OSError as e:
        hint = "mtor keeps its state there: make it writable"
        raise RepositoryError(f"cannot open the lock in {folder}: {e.strerror}", hint) from e


def _try(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(descriptor: int) -> Holder:
    try:
        holder = json.loads(os.pread(descriptor, 4096, 0))
        return Holder(int(holder["pid"]), str(holder["command"]), str(holder["since"]))
    except (ValueError, KeyError, TypeError):
        return Holder(0, "unknown", "just now")


def _write(descriptor: int, holder: Holder) -> None:
    os.ftruncate(descriptor, 0)
    short = holder._replace(command=holder.command[:500])
    os.pwrite(descriptor, json.dumps(short._asdict()).encode(), 0)


def _is_alive(pid: int) -> bool:
    if pid <= 0:
        return True  # it has the lock and is about to write its name
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
