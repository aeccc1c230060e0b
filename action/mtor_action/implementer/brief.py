"""A red command's output for the smallest question: the assertion, the values, the lines of code, nothing else.

pytest shows a failure as frames of source with marks in the margin and the values of variables next to them. A small
model takes both for code, so here each frame is its place and its lines, and values are said to be values.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mtor_action.failures.masking import plain
from mtor_action.failures.reading import read_failures

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mtor_action.run.commands import CommandResult

_READ_CHARACTERS = 400_000
MOST_CHARACTERS = 1_800
_MOST_TEST_LINES = 12
_MOST_FRAMES = 6

_HEADING = re.compile(r"^_+ (?!_ )(?P<name>.+?) _+$")
_FRAME_END = re.compile(r"^_ (?:_ )+_?\s*$")
_BANNER = re.compile(r"^(?:=+ .* =+|!+ .* !+)$")
_PLACE = re.compile(r"^(?P<path>\S.*?\.\w+):(?P<line>\d+): ?(?P<rest>.*)$")
_ARGUMENTS = re.compile(r"^[A-Za-z_]\w* = \S.*$")
_LOCAL = re.compile(r"^(?: {8})?[A-Za-z_]\w* += .*$")
_FOREIGN = re.compile(
    r"^[ \t]*File \"[^\"\n]*/(?:site-packages|dist-packages|lib/python3[.0-9]*)/[^\"\n]*\", line \d+.*\n"
    r"(?:(?![ \t]*File \")[ \t]+.*\n)*",
    re.MULTILINE,
)
_CARETS = re.compile(r"^\s*[\^~]+\s*$")


def brief(results: Sequence[CommandResult]) -> str:
    """Return the red commands, each with the end of its output that helps, 1,800 characters a command at most."""
    return "\n\n".join(_brief(result) for result in results if not result.is_green)


def _brief(result: CommandResult) -> str:
    output = plain(result.tail(_READ_CHARACTERS))
    ending = " (stopped at its time limit)" if result.timed_out else ""
    return f"$ {result.command}{ending}\n{brief_output(output)}"


def brief_output(output: str) -> str:
    """Return what a command printed, cut to its first failure."""
    reading = read_failures(output)
    text = _pytest(output.split("\n")) if "pytest" in reading.runner else ""
    text = _without_foreign_frames(text or reading.first_failure or output)
    return text.strip("\n") if len(text) <= MOST_CHARACTERS else _tail(text)


def _without_foreign_frames(text: str) -> str:
    """Return a traceback of Python without the frames of installed packages and of Python's own library."""
    return _FOREIGN.sub("", text)


def _tail(text: str) -> str:
    """Return the end of a text, where the error is, from the beginning of a line."""
    return text[-MOST_CHARACTERS:].partition("\n")[2].strip("\n")


@dataclass(slots=True)
class _Frame:
    """One frame: `place` is path:line, `values` the arguments, `code` its lines, the failing one last."""

    place: str = ""
    values: str = ""
    code: list[str] = field(default_factory=list)

    def shown(self) -> list[str]:
        head = self.place + (f", where {self.values}" if self.values else "")
        return [head, *(f"    {line}" for line in self.code)] if self.code or self.place else []


def _pytest(lines: Sequence[str]) -> str:
    start = next((number for number, line in enumerate(lines) if _HEADING.match(line)), None)
    if start is None:
        return ""
    end = next(
        (
            number
            for number in range(start + 1, len(lines))
            if _HEADING.match(lines[number]) or _BANNER.match(lines[number])
        ),
        len(lines),
    )
    heading = _HEADING.match(lines[start])
    frames, errors = _frames(lines[start + 1 : end])
    if not errors:
        return ""
    if len(frames) > _MOST_FRAMES:
        frames = [frames[0], *frames[1 - _MOST_FRAMES :]]
    for frame in frames[1:]:
        del frame.code[:-1]  # of the code under test the failing line says enough: the file is shown as it is
    shown = [line for frame in frames for line in frame.shown()]
    return "\n".join([heading["name"] if heading else "", *shown, *errors])


def _frames(lines: Sequence[str]) -> tuple[list[_Frame], list[str]]:
    frames: list[_Frame] = []
    errors: list[str] = []
    frame = _Frame()
    is_short = False
    for line in _meaningful(lines):
        place = _PLACE.match(line)
        if line.startswith("E"):
            errors.append(line[1:].strip())
        elif place and place["rest"].startswith("in "):
            frames, frame, is_short = [*frames, frame], _Frame(f"{place['path']}:{place['line']}"), True
        elif place:
            frame.place = f"{place['path']}:{place['line']}"
            frames, frame, is_short = [*frames, frame], _Frame(), False
        elif line.startswith(">"):
            frame.code = [*frame.code[-_MOST_TEST_LINES:], line[1:].removeprefix("   ")]
        elif line.startswith("    ") and not (is_short and frame.code):
            frame.code.append(line[4:])
        elif _ARGUMENTS.match(line) and not frame.code and " object at 0x" not in line:
            frame.values = line[:200]
    return _without_repeats([item for item in [*frames, frame] if item.code]), [error for error in errors if error]


def _meaningful(lines: Sequence[str]) -> Iterator[str]:
    """Leave out what is neither code nor error: blanks, carets, separators, the local variables of `-l`."""
    after_error = False
    for line in lines:
        after_error = (after_error or line.startswith("E ")) and not _PLACE.match(line)
        is_local = _LOCAL.match(line) and (after_error or (line.startswith(" " * 8) and "  = " in line))
        if line.strip() and not (_CARETS.match(line) or _FRAME_END.match(line) or is_local):
            yield line


def _without_repeats(frames: list[_Frame]) -> list[_Frame]:
    kept: list[_Frame] = []
    for frame in frames:
        if not kept or (frame.place, frame.code) != (kept[-1].place, kept[-1].code):
            kept.append(frame)
    return kept
