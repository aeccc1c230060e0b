"""Running one of the user's commands, and what came of it."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from typing import TYPE_CHECKING

from mtor_action.errors import MtorError
from mtor_action.lazy_dataclasses import NamedTuple
from mtor_action.processes.execution import Execution, Graces
from mtor_action.processes.interruption import Interruption
from mtor_action.processes.output import BoundedOutput, last_lines, plain_text
from mtor_action.processes.processes import JOB_VARIABLE, CommandProcesses, adopting_orphans, own_children
from mtor_action.report.report import CommandReport

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

TIMED_OUT = 124  # as timeout(1) reports it
REPORT_CHARACTERS = 8000

_READ_CHARACTERS = 400_000
_MOST_IDS = 200
_MOST_ID_CHARACTERS = 300

_PIPE_BYTES = 1024 * 1024
# `--` because a command may begin with a dash.
_BASH = ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", "--")
_SH = ("/bin/sh", "-e", "-c", "--")
# POSIX has pipefail since 2024, older shells stop at an option that they do not know.
_SH_PIPEFAIL = "if (set -o pipefail) 2>/dev/null; then set -o pipefail; fi; "


class CommandResult(NamedTuple):
    """A command that has ended.

    `exit_code` is 0 to 255: 128+n if signal n ended it, 124 at the time limit. `output` is stdout and stderr
    in order: all `output_total_bytes` of it, or its head and tail around a line that says what is missing.
    `doubt` says why exit code 0 is not proof, if its log says otherwise. `cwd` is the folder that it ran in.
    """

    stage: str  # gate | setup | test | base | flaky | verify
    command: str  # as written in the settings
    exit_code: int
    seconds: float  # from start to end
    output: bytes
    output_total_bytes: int
    timed_out: bool = False  # stopped at its time limit
    doubt: str = ""
    cwd: str = ""
    excused: tuple[str, ...] = ()  # ids of failures that the base has too, with the same errors
    as_on_base: bool = False  # nothing failed but those
    unexcused: str = ""  # why they do not count as all, if every failure is one of them

    @property
    def passed(self) -> bool:
        """Return whether it ended with exit code 0, in time."""
        return self.exit_code == 0 and not self.timed_out

    @property
    def is_green(self) -> bool:
        """Return whether it passed and its log does not say otherwise, or failed only as the base does."""
        return self.as_on_base or (self.passed and not self.doubt)

    @property
    def has_ended_well(self) -> bool:
        """Return whether it passed, or failed only as the base does, whatever its log says."""
        return self.as_on_base or self.passed

    def tail(self, limit: int) -> str:
        """Give readable text: the last whole lines within `limit` characters, and a note of what was cut."""
        return last_lines(plain_text(self.output), limit)

    def as_report(self, limit: int = REPORT_CHARACTERS) -> CommandReport:
        """Return the form for `report.json`, with at most `limit` characters of output."""
        return CommandReport(
            stage=self.stage,
            command=self.command,
            exit_code=self.exit_code,
            seconds=round(self.seconds, 3),
            output_tail=self.tail(limit),
            timed_out=self.timed_out,
            failures=[] if self.passed and not self.doubt else self._failures(),
            doubt=self.doubt,
            as_on_base=self.as_on_base,
        )

    def _failures(self) -> list[str]:
        """The ids of failing tests, at most 200 and none that is very long, where the output can be read."""
        from mtor_action.test_output.runners import read_failures

        ids = sorted(read_failures(self.tail(_READ_CHARACTERS)).ids)
        return [name for name in ids if len(name) <= _MOST_ID_CHARACTERS][:_MOST_IDS]


class CommandRunner(NamedTuple):
    """The way commands are run: where, with what environment, for how long, as whom.

    `environment` is what the command sees (see `environment.command_environment`); `MTOR_JOB=<job>` is added.
    `as_user` is the uid to become, for a runner started as root: its group alone, no other groups.
    `before_each` is called before a command starts.
    `on_output` gets the last line of text, at most twenty times a second; its exceptions end the command.
    """

    cwd: Path
    environment: Mapping[str, str]
    timeout_seconds: float
    job: str
    as_user: int | None = None
    before_each: Callable[[], None] | None = None
    on_output: Callable[[str], None] | None = None
    graces: Graces = Graces()

    def run(self, stage: str, command: str) -> CommandResult:
        """Run `command` in a shell that stops at its first failure; nothing it started outlives the call.

        Raises MtorError if it cannot be started, and KeyboardInterrupt (or what the caller's signal handler
        raises) after a Ctrl-C, when everything is dead.
        """
        output = BoundedOutput()
        if self.before_each is not None:
            self.before_each()
        with Interruption() as interruption, adopting_orphans():
            spared = own_children()
            started = time.monotonic()
            popen = self._start(command)
            execution = Execution(
                popen, CommandProcesses(popen, self.job, spared), output, interruption, self.on_output
            )
            exit_code = None
            try:
                exit_code = execution.watch(self.timeout_seconds)
            finally:
                seconds = time.monotonic() - started
                execution.finish(self.graces)
        return CommandResult(
            stage=stage,
            command=command,
            exit_code=TIMED_OUT if exit_code is None else exit_code,
            seconds=seconds,
            output=output.content(),
            output_total_bytes=output.total_bytes,
            timed_out=exit_code is None,
            cwd=str(self.cwd),
        )

    def _start(self, command: str) -> subprocess.Popen[bytes]:
        _expect_exit_codes()
        try:
            try:
                return self._start_shell([*_BASH, command])
            except (FileNotFoundError, PermissionError) as error:
                if error.filename != _BASH[0]:
                    raise
                return self._start_shell([*_SH, _SH_PIPEFAIL + command])
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            raise MtorError(
                f"cannot start the command {command[:200]!r} in {self.cwd}: {error}",
                "check that the folder exists and that the command is not longer than 128 KiB",
            ) from error

    def _start_shell(self, arguments: list[str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            arguments,
            cwd=self.cwd,
            env={**self.environment, JOB_VARIABLE: self.job},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            pipesize=_PIPE_BYTES,
            start_new_session=True,
            user=self.as_user,
            group=None if self.as_user is None else _group_of(self.as_user),
            extra_groups=None if self.as_user is None else (),
        )


def _group_of(user: int) -> int:
    import pwd

    try:
        return pwd.getpwuid(user).pw_gid
    except KeyError:
        return user


def _expect_exit_codes() -> None:
    # The process that started us may ignore SIGCHLD, and then the kernel throws exit codes away.
    if signal.getsignal(signal.SIGCHLD) == signal.SIG_IGN and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
