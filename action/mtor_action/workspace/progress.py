"""What a person sees on stderr while a run works."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Protocol, TextIO

if TYPE_CHECKING:
    from rich.status import Status
    from rich.text import Text

    from mtor_action.processes.commands import CommandResult


class Progress(Protocol):
    """Told what happens; never asked anything."""

    def say(self, text: str) -> None:
        """One line about a stage."""
        ...

    def started(self, stage: str, command: str) -> None:
        """A command begins."""
        ...

    def output(self, line: str) -> None:
        """The last line that the running command printed."""
        ...

    def finished(self, result: CommandResult) -> None:
        """The command has ended."""
        ...

    def stopped(self) -> None:
        """The command was given up: nothing more is said about it."""
        ...


class Silent:
    """Says nothing (`--quiet`)."""

    def say(self, text: str) -> None:
        """See Progress."""

    def started(self, stage: str, command: str) -> None:
        """See Progress."""

    def output(self, line: str) -> None:
        """See Progress."""

    def finished(self, result: CommandResult) -> None:
        """See Progress."""

    def stopped(self) -> None:
        """See Progress."""


class Plain:
    """A line an event, for logs and pipes. That nobody reads it any more is no reason to stop a run."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def say(self, text: str) -> None:
        """See Progress."""
        with contextlib.suppress(OSError, ValueError):
            print(f"mtor: {text}", file=self._stream, flush=True)

    def started(self, stage: str, command: str) -> None:
        """See Progress."""
        self.say(f"{stage}: {_short(command)}")

    def output(self, line: str) -> None:
        """See Progress."""

    def finished(self, result: CommandResult) -> None:
        """See Progress."""
        self.say(f"{result.stage}: {ending(result)}")

    def stopped(self) -> None:
        """See Progress."""


class Live(Plain):
    """A spinner with the running command and the last line it printed, for terminals. Loads rich."""

    _status: Status | None = None

    def started(self, stage: str, command: str) -> None:
        """See Progress."""
        from rich.console import Console

        self._headline = f"{stage}: {_short(command)}"
        self._status = Console(file=self._stream, highlight=False).status(_text(self._headline))
        self._status.start()

    def output(self, line: str) -> None:
        """See Progress."""
        if self._status is not None:
            self._status.update(_text(f"{self._headline}  {_short(line)}"))

    def finished(self, result: CommandResult) -> None:
        """See Progress."""
        self.stopped()
        self.say(f"{result.stage}: {_short(result.command)}: {ending(result)}")

    def stopped(self) -> None:
        """See Progress."""
        if self._status is not None:
            # It hid the cursor, and its thread would go on drawing.
            self._status.stop()
            self._status = None


def progress_for(stream: TextIO | None = None, *, quiet: bool = False) -> Progress:
    """The right one for where stderr goes."""
    stream = stream or sys.stderr
    if quiet:
        return Silent()
    return Live(stream) if stream.isatty() else Plain(stream)


def _text(line: str) -> Text:
    from rich.text import Text

    return Text(line)


def _short(text: str) -> str:
    from mtor_action.neutral import one_line

    return one_line(text.strip().split("\n", 1)[0], 100)


def ending(result: CommandResult) -> str:
    """How the command ended, in words."""
    if result.timed_out:
        return f"stopped after {result.seconds:.1f} s"
    if result.doubt:
        return f"no proof: exit code 0, but {result.doubt}"
    return f"passed in {result.seconds:.1f} s" if result.passed else f"failed with exit code {result.exit_code}"
