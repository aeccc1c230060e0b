"""A red command's output as a model is shown it: the assertion, the values, the lines of the repository's own code."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mtor_action.implementer.failing_output import pytest_frames
from mtor_action.implementer.failing_output.library_frames import without_foreign_frames
from mtor_action.processes.output import last_lines
from mtor_action.test_output.masking import plain
from mtor_action.test_output.runners import read_failures

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.processes.commands import CommandResult

_READ_CHARACTERS = 400_000
MOST_CHARACTERS = 1_800
_HEAD_CHARACTERS = 700  # of a text that is too long; the rest is its end
_MOST_LINE_CHARACTERS = 600  # an assertion of two long values; patterns read what is left in no time

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]{4,16}\b")
_NOISE = re.compile(
    r"^\s*duration_ms: .*$"  # TAP, of node
    r"|^[.FEsxXp]+ +\[ *\d+%\]$"  # pytest's progress
    r"|^note: run with `RUST_BACKTRACE=1`.*$"
    r"|^={3,} (?:FAILURES|ERRORS|short test summary info|test session starts) ={3,}$"
    r"|^(?:platform \w+ -- Python|rootdir: |plugins: |configfile: |cachedir: |created: \d+/\d+ worker).*$",
)
_LAST_WORD = re.compile(r"(?<![^\s'\"(\[{,])[^\s'\"(\[{,]*$")
_FIRST_WORD = re.compile(r"^[^\s'\")\]},]*")
_END_OF_TAP = re.compile(r"^\s*\.\.\.$", re.MULTILINE)


def failure_excerpt(results: Sequence[CommandResult]) -> str:
    """Return the red commands, each with the part of its output that helps, 1,800 characters a command at most."""
    return "\n\n".join(_excerpt(result) for result in results if not result.is_green)


def _excerpt(result: CommandResult) -> str:
    text = excerpt_of(own_output(result, _READ_CHARACTERS), result.cwd)
    ending = " (stopped at its time limit)" if result.timed_out else ""
    if not text:
        ending = ending or f" (exit code {result.exit_code})"
        text = "It printed nothing."
    return f"$ {result.command}{ending}\n{text}"


def own_output(result: CommandResult, limit: int) -> str:
    """Return the end of what a command printed, without the failures that the base has too."""
    if not result.excused:
        return result.tail(limit)
    from mtor_action.test_output.pruning import without_failures

    return last_lines(without_failures(result.tail(_READ_CHARACTERS), frozenset(result.excused)), limit)


def excerpt_of(output: str, root: str = "") -> str:
    """Return what a command printed in the folder `root`, cut to its first failure."""
    text = "\n".join(_cut_line(line) for line in own_paths(plain(output), root).split("\n"))
    reading = read_failures(text)
    if "pytest" in reading.runner:
        section = pytest_frames.section(text.split("\n"))
        shown = pytest_frames.shown(section, MOST_CHARACTERS)
        if shown:
            return shown
        text = "\n".join(section) or reading.first_failure or text
    else:
        text = reading.first_failure or text
    if "tap" in reading.runner and (end := _END_OF_TAP.search(text)):
        text = text[: end.start()]
    return _cut(without_noise(without_foreign_frames(text)))


def without_noise(text: str) -> str:
    """Return the lines that say something of a failure."""
    headed = (pytest_frames.HEADING.sub(r"\g<name>", line) for line in text.split("\n") if not _NOISE.match(line))
    return "\n".join(headed).strip("\n")


def own_paths(text: str, root: str) -> str:
    """Return the text with the repository's own paths as they are in it, and without addresses in memory."""
    for prefix in (f"file://{root}/", f"{root}/") if root else ():
        text = text.replace(prefix, "")
    return _ADDRESS.sub("", text)


def _cut_line(line: str) -> str:
    """Both ends of a line that is too long, in whole words: a half of a secret would not be known for one any more."""
    if len(line) <= _MOST_LINE_CHARACTERS:
        return line
    head, tail = line[: _MOST_LINE_CHARACTERS - 100], line[-80:]
    return f"{_LAST_WORD.sub('', head)}[...]{_FIRST_WORD.sub('', tail).rstrip()}"


def _cut(text: str) -> str:
    """A text's beginning and end, in whole lines: runners put the error at either."""
    if len(text) <= MOST_CHARACTERS:
        return text
    head = text[:_HEAD_CHARACTERS].rpartition("\n")[0]
    tail = text[-(MOST_CHARACTERS - _HEAD_CHARACTERS) :].partition("\n")[2]
    left_out = text.count("\n") - head.count("\n") - tail.count("\n") - 1
    return f"{head}\n[{left_out} lines left out]\n{tail}"
