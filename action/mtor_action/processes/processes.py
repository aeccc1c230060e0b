"""Find every process that a command started, wherever it went, and end them all.

On Linux there are three nets, each for what slips through the one before:

1. the process group of the command;
2. descendants: while a command runs we are a "child subreaper" (prctl(2)), so a daemon that forked twice and called
   setsid becomes our child instead of init's;
3. the variable `MTOR_JOB=<job>` in /proc/PID/environ, which also finds what a killed mtor left behind.

Elsewhere there is only the first. Processes in our own session are never touched: they are ours (a `git cat-file`,
say), because a command starts in a session of its own and none of its processes can come back.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from typing import TYPE_CHECKING

from mtor_action.lazy_dataclasses import NamedTuple

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Collection, Iterable, Iterator

JOB_VARIABLE = "MTOR_JOB"
LOST = 255
KILL_SECONDS = 10.0  # how long to insist; what is left then hangs in the kernel

_PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
_RESCAN_SECONDS = 0.002
_PATIENT_ROUNDS = 5
_HASTE_SECONDS = 0.01
_LINUX = sys.platform == "linux"


class Process(NamedTuple):
    """One line of /proc; `started_ticks` counts since boot."""

    pid: int
    parent: int
    session: int
    started_ticks: int
    ended: bool  # a zombie: waits for its parent to ask

    @property
    def identity(self) -> tuple[int, int]:
        """The key that tells the process from every other, also from a later one that gets its pid."""
        return self.pid, self.started_ticks


class CommandProcesses:
    """The processes that one command started; `leader` began a session of its own with `MTOR_JOB=<job>`.

    `spared` are children that we had before the command. One command at a time in a process.
    """

    def __init__(self, leader: subprocess.Popen[bytes], job: str, spared: Collection[Process] = ()) -> None:
        self._leader = leader
        self._job = job
        self._spared = {process.identity for process in spared}
        self._untouchable: set[int] = set()

    def exit_code(self) -> int | None:
        """Give the leader's exit code as a shell reports it (128+n for signal n), None while it runs.

        The leader stays a zombie until `release`, so that nobody else gets its pid, which names the group.
        """
        if sys.platform == "linux":
            try:
                ended = os.waitid(os.P_PID, self._leader.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return LOST  # someone else in this process took it; unknown must never be green
            if ended is None:
                return None
            return ended.si_status if ended.si_code == os.CLD_EXITED else 128 + ended.si_status
        code = self._leader.poll()
        return code if code is None or code >= 0 else 128 - code

    def release(self) -> None:
        """Let the leader's pid go; afterwards nothing here may be asked again."""
        self._leader.wait()

    def survivors(self) -> list[Process]:
        """List those that run, the leader among them, and the orphans that ended, which are reaped.

        A program that forks and exits all the time is never seen alive by a reader of /proc, but its ended
        generations are: nobody but us can reap them. So an empty list means that nothing is left for certain.
        """
        if not _LINUX:
            return self._living_group()
        running = running_processes()
        by_pid = {process.pid: process for process in self._descendants(running)}
        for process in self._marked(running):
            by_pid.setdefault(process.pid, process)
        self._reap(by_pid.values())
        ignored = self._untouchable | {process.pid for process in by_pid.values() if self._is_over(process)}
        return [process for process in by_pid.values() if process.pid not in ignored]

    @property
    def sees_all(self) -> bool:
        """Return whether `survivors` misses nothing here."""
        return _LINUX

    def untouchable(self) -> frozenset[int]:
        """Return pids that we may not signal: they gained rights (sudo)."""
        return frozenset(self._untouchable)

    def signal_group(self, signum: signal.Signals) -> None:
        """Send to the leader's process group, and wake it in case it was stopped."""
        for number in (signum, signal.SIGCONT):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._leader.pid, number)

    def signal_all(self, signum: signal.Signals) -> None:
        """Send to the group and to every survivor outside it, and wake them in case they were stopped."""
        self.signal_group(signum)
        for process in self.survivors() if _LINUX else ():
            self._send(process, signum)
            self._send(process, signal.SIGCONT)

    def kill_all(self) -> list[Process]:
        """SIGKILL until nothing is left, at most `KILL_SECONDS`; returns what would not go.

        Each is stopped before any is killed: the place of a killed one is free for another to fork into.
        """
        if not _LINUX:
            self.signal_group(signal.SIGKILL)
            return []
        deadline = time.monotonic() + KILL_SECONDS
        stopped: set[int] = set()
        rounds = 0
        while (alive := self.survivors()) and time.monotonic() < deadline:
            fresh = [process for process in alive if process.pid not in stopped]
            for process in fresh or alive:
                self._send(process, signal.SIGSTOP if fresh else signal.SIGKILL)
            stopped.update(process.pid for process in fresh)
            rounds += 1
            if rounds > _PATIENT_ROUNDS:
                self._kill_in_haste()
            elif not fresh:
                time.sleep(_RESCAN_SECONDS)
        return alive

    def reap_adopted(self) -> None:
        """Collect ended orphans of the command, as init would: a test may wait for its daemon to be gone."""
        if sys.platform != "linux":
            return
        ours = os.getsid(0)
        # Without WNOWAIT this would take exit codes that belong to others of our children.
        while (ended := _ended_child()) is not None:
            if ended == self._leader.pid or ended in {pid for pid, _ in self._spared} or _session(ended) == ours:
                return
            _wait_for(ended)

    def _kill_in_haste(self) -> None:
        # One that forks and exits in less time than a reading of /proc takes. The kernel's list of our own
        # children is a hundred times faster; killing from it is safe, for only we can free these pids.
        ours = os.getsid(0)
        spared = {pid for pid, _ in self._spared} | {self._leader.pid}
        deadline = time.monotonic() + _HASTE_SECONDS
        while time.monotonic() < deadline:
            for pid in _direct_children():
                if pid not in spared and _session(pid) != ours:
                    _kill(pid)

    def _is_over(self, process: Process) -> bool:
        return process.ended and (process.pid == self._leader.pid or process.parent != os.getpid())

    def _living_group(self) -> list[Process]:
        try:
            os.killpg(self._leader.pid, 0)
        except (ProcessLookupError, PermissionError):
            return []
        return [Process(self._leader.pid, os.getpid(), self._leader.pid, 0, ended=False)]

    def _descendants(self, running: Iterable[Process]) -> Iterator[Process]:
        children: dict[int, list[Process]] = {}
        for process in running:
            children.setdefault(process.parent, []).append(process)
        ours = os.getsid(0)
        queue = [
            child
            for child in children.get(os.getpid(), ())
            if child.session != ours and child.identity not in self._spared
        ]
        while queue:
            process = queue.pop()
            yield process
            queue.extend(children.get(process.pid, ()))

    def _marked(self, running: Iterable[Process]) -> Iterator[Process]:
        running = list(running)
        # A process older than the leader was not started by it, and need not be read.
        since = next((process.started_ticks for process in running if process.pid == self._leader.pid), 0)
        ours = os.getsid(0)
        for process in running:
            if process.started_ticks >= since and process.session != ours and carries_job(process.pid, self._job):
                yield process

    def _reap(self, processes: Iterable[Process]) -> None:
        for process in processes:
            if process.ended and process.parent == os.getpid() and process.pid != self._leader.pid:
                _wait_for(process.pid)

    def _send(self, process: Process, signum: signal.Signals) -> None:
        try:
            os.kill(process.pid, signum)
        except ProcessLookupError:
            return
        except PermissionError:
            self._untouchable.add(process.pid)


def own_children() -> list[Process]:
    """List the children that this process has now; empty where there is no /proc."""
    if not _LINUX or _is_childless():
        return []
    return [process for process in running_processes() if process.parent == os.getpid()]


@contextlib.contextmanager
def adopting_orphans() -> Iterator[None]:
    """Be the parent of what descendants leave behind, as long as the block lasts."""
    adopted = _set_subreaper(on=True)
    try:
        yield
    finally:
        if adopted:
            _set_subreaper(on=False)


def kill_survivors(job: str) -> int:
    """Kill every process that carries `MTOR_JOB=<job>`, with its children, and see them gone; returns how many.

    For what a killed mtor left running. Our own ancestors and ourselves are spared.
    """
    if not _LINUX or not job:
        return 0
    killed: set[tuple[int, int]] = set()
    deadline = time.monotonic() + KILL_SECONDS
    while time.monotonic() < deadline:
        running = running_processes()
        killed.update(process.identity for process in _left_behind(job, running) if _kill(process.pid))
        # Once its parent has ended, nothing says of one that is still dying whose it was.
        if not any(process.identity in killed and not process.ended for process in running):
            break
        time.sleep(_RESCAN_SECONDS)
    return len(killed)


def running_processes() -> list[Process]:
    """Return all processes in /proc; one that ends while we read is left out."""
    return [
        process
        for name in os.listdir("/proc")  # noqa: PTH208 - a hundred Path objects cost more than the reading
        if name.isdigit() and (process := _read_process(int(name))) is not None
    ]


def carries_job(pid: int, job: str) -> bool:
    """Return whether the process was started with `MTOR_JOB=<job>`; False where we may not look."""
    entry = os.fsencode(f"{JOB_VARIABLE}={job}")
    try:
        with open(f"/proc/{pid}/environ", "rb", buffering=0) as file:  # noqa: PTH123 - as in running_processes
            return entry in file.readall().split(b"\0")
    except OSError:
        return False


def _read_process(pid: int) -> Process | None:
    try:
        descriptor = os.open(f"/proc/{pid}/stat", os.O_RDONLY)
    except OSError:
        return None
    try:
        line = os.read(descriptor, 4096)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    # proc_pid_stat(5). The name in parentheses may hold anything, parentheses too.
    fields = line[line.rindex(b")") + 2 :].split()
    threads = int(fields[17])
    # A program whose first thread has left shows as a zombie while its other threads run on.
    ended = fields[0] in {b"Z", b"X"} and threads <= 1
    return Process(pid, int(fields[1]), int(fields[3]), int(fields[19]), ended)


def _direct_children() -> list[int]:
    children: list[int] = []
    for task in os.listdir("/proc/self/task"):  # noqa: PTH208 - as in running_processes
        # Missing where the kernel was built without CONFIG_PROC_CHILDREN.
        with (
            contextlib.suppress(OSError),
            open(f"/proc/self/task/{task}/children", "rb", buffering=0) as file,  # noqa: PTH123 - as above
        ):
            children.extend(int(pid) for pid in file.readall().split())
    return children


def _left_behind(job: str, running: Collection[Process]) -> list[Process]:
    parents = {process.pid: process.parent for process in running}
    spared = set()
    pid = os.getpid()
    while pid:
        spared.add(pid)
        pid = parents.get(pid, 0)
    pids = {process.pid for process in running if carries_job(process.pid, job)} - spared
    # Their sessions too, for a command may have cleared its environment; but not the terminal of a person.
    sessions = {process.session for process in running if process.pid in pids}
    sessions = {session for session in sessions if session in pids or session not in parents}
    while grown := {
        process.pid
        for process in running
        if (process.parent in pids or process.session in sessions) and process.pid not in pids | spared
    }:
        pids |= grown
    return [process for process in running if process.pid in pids and not process.ended]


def _kill(pid: int) -> bool:
    try:
        os.kill(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _ended_child() -> int | None:
    if sys.platform != "linux":
        return None
    try:
        ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return None
    return None if ended is None else ended.si_pid


def _is_childless() -> bool:
    """Return whether this process has no child, by one question to the kernel instead of reading all of /proc."""
    if sys.platform != "linux":
        return False
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return True
    return False


def _session(pid: int) -> int:
    try:
        return os.getsid(pid)
    except OSError:
        return 0


def _wait_for(pid: int) -> None:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def _set_subreaper(*, on: bool) -> bool:
    if not _LINUX:
        return False
    try:
        import ctypes

        return bool(ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, int(on), 0, 0, 0) == 0)
    except (ImportError, OSError, AttributeError):
        return False  # a Python without ctypes; the group and MTOR_JOB remain
