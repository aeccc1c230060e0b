"""One command while it runs: its output is read, its end is watched, and everything it started is ended."""

from __future__ import annotations

import os
import select
import signal
import time
from typing import TYPE_CHECKING

from mtor_action.lazy_dataclasses import NamedTuple

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from mtor_action.processes.interruption import Interruption
    from mtor_action.processes.output import BoundedOutput
    from mtor_action.processes.processes import CommandProcesses

_READ_BYTES = 256 * 1024
_TICK_SECONDS = 0.05
_SHORTEST_PAUSE_SECONDS = 0.0005
_DRAIN_SECONDS = 1.0


class Graces(NamedTuple):
    """The time that a command has to obey each signal before the next, harder one."""

    interrupt_seconds: float = 2.0
    terminate_seconds: float = 2.0


class Execution:
    """Owns the read end of the command's output; not for use after `finish`."""

    def __init__(
        self,
        popen: subprocess.Popen[bytes],
        processes: CommandProcesses,
        output: BoundedOutput,
        interruption: Interruption,
        on_output: Callable[[str], None] | None = None,
    ) -> None:
        if popen.stdout is None:
            raise ValueError("the command must be started with a pipe as stdout")
        self._stream = popen.stdout
        self._processes = processes
        self._output = output
        self._interruption = interruption
        self._known_interrupts = 0
        self._on_output = on_output
        self._poll = select.poll()
        self._poll.register(self._stream, select.POLLIN)
        os.set_blocking(self._stream.fileno(), False)
        self._at_end = False
        self._pause_seconds = _SHORTEST_PAUSE_SECONDS
        self._next_tick = 0.0
        self._told_bytes = 0

    def watch(self, timeout_seconds: float) -> int | None:
        """Read until the command ends; its exit code, or None at the time limit or an interrupt."""
        if self._wait(timeout_seconds, self._has_ended):
            return self._processes.exit_code()
        return None

    def finish(self, graces: Graces) -> int:
        """End what still runs, the gentle way first, read what is left, and return the exit code.

        A further Ctrl-C meanwhile skips what patience is left.
        """
        self._known_interrupts = self._interruption.count
        self._on_output = None  # it may raise
        nothing_left = False
        try:
            nothing_left = self._ask_to_end(graces)
        finally:
            left = set() if nothing_left else {process.pid for process in self._processes.kill_all()}
            left |= self._processes.untouchable()
            self._drain()
        if left:
            pids = ", ".join(str(pid) for pid in sorted(left))
            self._output.add(b"\n[mtor: could not end these processes: %b]\n" % pids.encode())
        exit_code = self._processes.exit_code()
        if exit_code is None:  # it hangs in the kernel, or is another user's
            return 128 + signal.SIGKILL
        self._processes.release()
        return exit_code

    def _ask_to_end(self, graces: Graces) -> bool:
        """Return whether nothing had to be asked but the command itself, and nothing is left for certain."""
        if not self._has_ended():
            self._processes.signal_group(signal.SIGINT)
            self._wait(graces.interrupt_seconds, self._has_ended)
        if not self._processes.survivors():
            return self._processes.sees_all
        self._processes.signal_all(signal.SIGTERM)
        self._wait(graces.terminate_seconds, lambda: not self._processes.survivors())
        return False

    def _has_ended(self) -> bool:
        return self._processes.exit_code() is not None

    def _wait(self, seconds: float, is_done: Callable[[], bool]) -> bool:
        """Read until `is_done`; False if the time was up or a Ctrl-C came first."""
        deadline = time.monotonic() + seconds
        while not is_done():
            now = time.monotonic()
            if now >= deadline or self._interruption.count > self._known_interrupts:
                return False
            if now >= self._next_tick:
                self._next_tick = now + _TICK_SECONDS
                self._processes.reap_adopted()
                self._tell_progress()
            self._read(min(deadline - now, _TICK_SECONDS))
        return True

    def _read(self, seconds: float) -> None:
        if self._at_end:
            # Output can end long before the command does. Nothing wakes us then, so look again ever later.
            time.sleep(min(seconds, self._pause_seconds))
            self._pause_seconds = min(2 * self._pause_seconds, _TICK_SECONDS)
        elif self._poll.poll(max(1, int(seconds * 1000))):
            self._read_available()

    def _read_available(self) -> bool:
        try:
            data = os.read(self._stream.fileno(), _READ_BYTES)
        except BlockingIOError:
            return False
        self._output.add(data)
        self._at_end = not data
        return not self._at_end

    def _drain(self) -> None:
        # A process that we could not end may write for ever.
        deadline = time.monotonic() + _DRAIN_SECONDS
        while not self._at_end and self._read_available() and time.monotonic() < deadline:
            pass
        self._stream.close()

    def _tell_progress(self) -> None:
        if self._on_output is not None and self._told_bytes != self._output.total_bytes:
            self._told_bytes = self._output.total_bytes
            if line := self._output.last_line():
                self._on_output(line)
