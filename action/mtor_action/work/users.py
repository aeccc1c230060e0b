"""The user who runs the commands: made for that alone, borrowed by one job at a time; no process of it stays.

On Linux as root only. Several runners of one machine take turns by a lock for each such user, since whoever has the
same user id may read and end the other's processes.
"""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from mtor_action.errors import MtorError
from mtor_action.job.ownership import User
from mtor_action.processes.processes import KILL_SECONDS
from mtor_action.work.enclosure import closed_above, enclosed, toolchains_for
from mtor_action.work.trusted_code import can_enter, changeable

_NAMES = ("mtor-work", *(f"mtor-work-{number}" for number in range(2, 9)))
_LOCKS = "/run"
_PATH = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
# shadow's, and busybox's: https://busybox.net/downloads/BusyBox.html#adduser
_MAKE = (
    ("useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/bin/sh"),
    ("adduser", "-S", "-D", "-H", "-h", "/nonexistent", "-s", "/bin/sh"),
)
# Where actions/setup-* put toolchains: https://github.com/actions/toolkit/tree/main/packages/tool-cache
_TOOL_CACHES = ("RUNNER_TOOL_CACHE", "AGENT_TOOLSDIRECTORY")
_RESCAN_SECONDS = 0.01
_KILL_SECONDS = 1.0


class CommandUser(NamedTuple):
    """The user who runs the commands, None for ourselves. `weakness` says how they could get at the key, if so."""

    user: User | None
    weakness: str


@contextmanager
def worker(workspace: Path, environ: Mapping[str, str]) -> Iterator[CommandUser]:
    """Borrow a user who can enter the workspace; on leaving all of its processes are dead. Raises MtorError.

    `environ` says where toolchains are.
    """
    if sys.platform != "linux" or os.geteuid() != 0:
        yield CommandUser(None, "mtor does not run as root on Linux here")
        return
    with _borrowed() as user:
        if isinstance(user, str):
            yield CommandUser(None, user)
            return
        end_all(user)
        with enclosed(workspace, _toolchains(user, workspace, environ)) as problem:
            try:
                code = changeable(user, workspace)
                weakness = f"{user.name} may change {code}, which mtor relies on" if code else ""
                yield CommandUser(None, problem) if problem else CommandUser(user, weakness)
            finally:
                end_all(user)


def command_environ(environ: Mapping[str, str], worker: CommandUser, workspace: Path) -> dict[str, str]:
    """Return what commands may inherit from: where the action says `MTOR_COMMAND_X`, that is their X."""
    prefix = "MTOR_COMMAND_"
    own = {name.removeprefix(prefix): value for name, value in environ.items() if name.startswith(prefix)}
    result = {**{name: value for name, value in environ.items() if not name.startswith("MTOR_")}, **own}
    # rustup looks for its toolchains below HOME, and commands have one of their own.
    rustup = _home_of(workspace.stat().st_uid) / ".rustup"
    if worker.user and rustup.is_dir() and can_enter(worker.user, rustup):
        result.setdefault("RUSTUP_HOME", str(rustup))
    return result


def folders_of(environ: Mapping[str, str]) -> dict[Path, os.stat_result]:
    """Return the folders of the commands' PATH that are there, as they are now."""
    path = environ.get("MTOR_COMMAND_PATH", environ.get("PATH", ""))
    folders = [Path(name) for name in path.split(os.pathsep) if name.startswith("/")]
    return {folder: folder.stat() for folder in folders if folder.is_dir()}


def closed_folders(folders: Mapping[Path, os.stat_result], user: User) -> list[str]:
    """Return those that `user` may not enter, or that are covered by now."""
    return [str(folder) for folder, before in folders.items() if not _is_open(folder, before, user)]


def _is_open(folder: Path, before: os.stat_result, user: User) -> bool:
    return folder.is_dir() and os.path.samestat(folder.stat(), before) and can_enter(user, folder.resolve())


def end_all(user: User) -> None:
    """Kill every process of the user, wherever it went. Raises MtorError for one that would not go."""
    deadline = time.monotonic() + KILL_SECONDS
    while left := _processes_of(user.uid):
        if time.monotonic() > deadline:
            pids = ", ".join(map(str, left))
            raise MtorError(f"processes of {user.name} cannot be ended: {pids}", "restart the runner's machine")
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        # The kernel signals all at once, so that no fork slips through (kill(2), pid -1). They may stop the one that
        # asks for it, which is one of theirs.
        kill = ["/bin/sh", "-c", "kill -9 -1"]
        with suppress(subprocess.TimeoutExpired):
            subprocess.run(
                kill, user=user.uid, group=user.gid, extra_groups=(), env=_PATH, check=False, timeout=_KILL_SECONDS
            )
        time.sleep(_RESCAN_SECONDS)


def give(folder: Path, owner: os.stat_result) -> None:
    """Give what root wrote in and below `folder` to somebody.

    No link is followed, and a file with a second name stays: somebody may have made that name, of a file elsewhere.
    """
    if os.geteuid() != 0 or owner.st_uid == 0:
        return
    for parent, folders, names in os.walk(folder):
        for path in (parent, *(os.path.join(parent, name) for name in (*folders, *names))):  # noqa: PTH118  many
            state = os.lstat(path)
            if state.st_uid == 0 and (state.st_nlink == 1 or stat.S_ISDIR(state.st_mode)):
                os.lchown(path, owner.st_uid, owner.st_gid)


@contextmanager
def _borrowed() -> Iterator[User | str]:
    """The first user that no other job has, or why there is none."""
    import fcntl

    for name in _NAMES:
        try:
            lock = os.open(f"{_LOCKS}/{name}.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError as error:
            yield f"the user {name} cannot be locked: {error}"
            return
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield _find_or_make(name)
            return
        finally:
            os.close(lock)
    yield f"other jobs are using all of {', '.join(_NAMES)}"


def _find_or_make(name: str) -> User | str:
    import pwd

    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        problem = _make(name)
        if problem:
            return problem
        entry = pwd.getpwnam(name)
    groups = set(os.getgrouplist(name, entry.pw_gid)) - {entry.pw_gid}
    if entry.pw_uid == 0 or groups:
        return f"the user {name} has further rights: {'root' if entry.pw_uid == 0 else f'groups {sorted(groups)}'}"
    return User(entry.pw_uid, entry.pw_gid, name)


def _make(name: str) -> str:
    """Make the user; return why that failed, or ""."""
    for command in _MAKE:
        try:
            completed = subprocess.run([*command, name], env=_PATH, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            continue
        return f"{command[0]} cannot make the user {name}: {completed.stderr.strip()}" if completed.returncode else ""
    return f"the user {name} cannot be made: there is neither useradd nor adduser"


def _toolchains(user: User, workspace: Path, environ: Mapping[str, str]) -> list[Path]:
    further = [Path(environ[name]) for name in _TOOL_CACHES if environ.get(name)]
    rustup = _home_of(workspace.stat().st_uid) / ".rustup"
    return toolchains_for(user, folders_of(environ), [*further, rustup], closed_above(workspace))


def _home_of(uid: int) -> Path:
    import pwd

    try:
        return Path(pwd.getpwuid(uid).pw_dir)
    except KeyError:
        return Path("/nonexistent")


def _processes_of(uid: int) -> list[int]:
    """Processes that run with the uid in any role; those that only wait for their parent are over."""
    pids = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            info = dict(line.split(":\t", 1) for line in (folder / "status").read_text().splitlines() if ":\t" in line)
        except (OSError, UnicodeDecodeError):
            continue
        if str(uid) in info["Uid"].split() and info["State"][0] not in "ZX":
            pids.append(int(folder.name))
    return pids
