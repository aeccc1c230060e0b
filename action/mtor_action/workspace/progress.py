"""The progress that a person sees on stderr while a run works."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Protocol, TextIO

if TYPE_CHECKING:
    from rich.status import Status
    from rich.text import Text

    from mtor_action.processes.commands import CommandResult


class Progress(Protocol):
    """A listener that is told what a run does, and never asked."""

    def say(self, text: str) -> None:
        """Take one line of text about a stage of the run."""
        ...

    def started(self, stage: str, command: str) -> None:
        """Take the news that a command of this stage begins."""
        ...

    def output(self, line: str) -> None:
        """Take the last line that the running command printed."""
        ...

    def finished(self, result: CommandResult) -> None:
        """Take the result of the command that has ended."""
        ...

    def stopped(self) -> None:
        """Take the news that the command was given up: nothing more is said about it."""
        ...


class Silent:
    """A listener that prints nothing (`--quiet`)."""

    def say(self, text: str) -> None:
        """Print nothing about the stage (see Progress.say)."""

    def started(self, stage: str, command: str) -> None:
        """Print nothing about the command (see Progress.started)."""

    def output(self, line: str) -> None:
        """Print nothing of the output (see Progress.output)."""

    def finished(self, result: CommandResult) -> None:
        """Print nothing about the result (see Progress.finished)."""

    def stopped(self) -> None:
        """Print nothing about the end (see Progress.stopped)."""


class Plain:
    """A listener that prints one line for each event, for logs and pipes. A closed stream does not stop a run."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def say(self, text: str) -> None:
        """Print `mtor: TEXT` on the stream (see Progress.say)."""
        with contextlib.suppress(OSError, ValueError):
            print(f"mtor: {text}", file=self._stream, flush=True)

    def started(self, stage: str, command: str) -> None:
        """Print the stage and the command (see Progress.started)."""
        self.say(f"{stage}: {_short(command)}")

    def output(self, line: str) -> None:
        """Print nothing of the output (see Progress.output)."""

    def finished(self, result: CommandResult) -> None:
        """Print the stage and how its command ended (see Progress.finished)."""
        self.say(f"{result.stage}: {ending(result)}")

    def stopped(self) -> None:
        """Print nothing about the end (see Progress.stopped)."""


class Live(Plain):
    """A spinner with the running command and the last line it printed, for terminals. Loads rich."""

    _status: Status | None = None

    def started(self, stage: str, command: str) -> None:
        """Start the spinner (see Progress.started)."""
        from rich.console import Console

        self._headline = f"{stage}: {_short(command)}"
        self._status = Console(file=self._stream, highlight=False).status(_text(self._headline))
        self._status.start()

    def output(self, line: str) -> None:
        """Show the line at the spinner (see Progress.output)."""
        if self._status is not None:
            self._status.update(_text(f"{self._headline}  {_short(line)}"))

    def finished(self, result: CommandResult) -> None:
        """Stop the spinner and print the result (see Progress.finished)."""
        self.stopped()
        self.say(f"{result.stage}: {_short(result.command)}: {ending(result)}")

    def stopped(self) -> None:
        """Stop the spinner (see Progress.stopped)."""
        if self._status is not None:
            # It hid the cursor, and its thread would go on drawing.
            self._status.stop()
            self._status = None


def progress_for(*, quiet: bool) -> Progress:
    """Return the listener for stderr: silent, a spinner for a terminal, else plain lines."""
    if quiet:
        return Silent()
    return Live(sys.stderr) if sys.stderr.isatty() else Plain(sys.stderr)


def _text(line: str) -> Text:
    from rich.text import Text

    return Text(line)


def _short(text: str) -> str:
    from mtor_action.neutral import one_line

    return one_line(text.strip().split("\n", 1)[0], 100)


def ending(result: CommandResult) -> str:
    """Return how the command ended, in words and seconds."""
    if result.timed_out:
        return f"stopped after {result.seconds:.1f} s"
    if result.doubt:
        return f"no proof: exit code 0, but {result.doubt}"
    if result.as_on_base:
        return f"failed with exit code {result.exit_code}, as on the base ({len(result.excused)} excused)"
    return f"passed in {result.seconds:.1f} s" if result.passed else f"failed with exit code {result.exit_code}"
