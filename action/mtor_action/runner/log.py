"""The job's log on GitHub: groups, masks and annotations, and no line of a command that the runner would obey.

The runner reads commands from stdout and stderr of a step alike, so everything goes through one stream, in order.
https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Self, TextIO

from mtor_action.neutral import inert_log, one_line, visible
from mtor_action.processes.output import plain_text
from mtor_action.redaction.redactor import Redactor, is_telling
from mtor_action.workspace.progress import ending

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mtor_action.processes.commands import CommandResult

_DATA: dict[str, str | int | None] = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY: dict[str, str | int | None] = {**_DATA, ":": "%3A", ",": "%2C"}


class Log:
    """A Progress (see run.progress) for runners; a context manager that leaves the log as open as it found it."""

    def __init__(self, stream: TextIO, redactor: Redactor) -> None:
        self._stream = stream
        self._redactor = redactor
        self._resume = ""  # the word that lets the runner obey again

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped()

    def command(self, name: str, data: str = "", properties: Mapping[str, str] | None = None) -> None:
        """One workflow command; `data` and `properties` may be anything."""
        pairs = ",".join(f"{key}={_escaped(value, _PROPERTY)}" for key, value in (properties or {}).items() if value)
        self._print(f"::{name}{' ' if pairs else ''}{pairs}::{_escaped(data, _DATA)}")

    def mask(self, secrets: Iterable[str]) -> None:
        """Have the runner show each as ***, whole and line by line; it does not show the command itself."""
        for secret in secrets:
            lines = (line.strip() for line in _lines(secret))
            for text in dict.fromkeys((secret, *(line for line in lines if is_telling(line)))):
                if text:
                    self.command("add-mask", text)

    def warn(self, text: str) -> None:
        """Print a warning that GitHub shows on the run's page."""
        self.command("warning", visible(self._redactor.redact(text)), {"title": "mtor"})

    def say(self, text: str) -> None:
        """Print a line about a stage (see Progress.say)."""
        self._print(inert_log(visible(self._redactor.redact(f"mtor: {text}"))))

    def started(self, stage: str, command: str) -> None:
        """See Progress: begins a group in which nothing is a command to the runner."""
        import secrets

        first = command.strip().partition("\n")[0]
        self.command("group", inert_log(one_line(self._redactor.redact(f"{stage}: {first}"), 120)))
        self._resume = secrets.token_hex(16)
        self.command("stop-commands", self._resume)

    def output(self, line: str) -> None:
        """See Progress: all of it is shown when the command has ended."""

    def finished(self, result: CommandResult) -> None:
        """Print how the command ended, and close its group (see Progress.finished)."""
        self._print(inert_log(self._redactor.redact(plain_text(result.output).rstrip("\n"))))
        self.stopped()
        self.say(f"{result.stage}: {ending(result)}")

    def stopped(self) -> None:
        """See Progress: ends the group, if one is open."""
        if self._resume:
            self._print(f"::{self._resume}::")
            self._resume = ""
            self.command("endgroup")

    def _print(self, line: str) -> None:
        # A log that nobody reads any more does not stop a run.
        with contextlib.suppress(OSError, ValueError):
            print(line, file=self._stream, flush=True)


def _lines(secret: str) -> list[str]:
    # A key pasted on one line has the breaks of PEM as \\n.
    return secret.replace("\\n", "\n").splitlines()


def _escaped(text: str, table: dict[str, str | int | None]) -> str:
    return text.translate(str.maketrans(table))
