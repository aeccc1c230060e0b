"""pytest's first failure for a model: frames of the repository's own code, then the error with its values.

pytest shows a failure as frames of source with marks in the margin and the values of variables beside them. A small
model takes both for code, so here each frame is its place and its lines, and values are said to be values.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mtor_action.implementer.failing_output.library_frames import is_foreign

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_MOST_TEST_LINES = 12
_FEWEST_TEST_LINES = 3
_MOST_FRAMES = 6
_MOST_ERROR_LINES = 24
_MOST_VALUES_CHARACTERS = 200

HEADING = re.compile(r"^_{3,} (?!_ )(?P<name>.+?) _{3,}$")
_FRAME_END = re.compile(r"^_ (?:_ )+_?\s*$")
_BANNER = re.compile(r"^(?:=+ .* =+|!+ .* !+)$")
_CAPTURED = re.compile(r"^-+ (?:Captured|generated|coverage).* -+$")
_WORKER = re.compile(r"^\[gw\d+\] \w+ -- Python ")
_CHAIN = re.compile(r"^(?:The above exception was|During handling of the above exception)")
_PLACE = re.compile(r"^(?P<path>\S.*?\.\w+):(?P<line>\d+): ?(?P<rest>.*)$")
_ERROR = re.compile(r"^E(?: {3}|$)")
_ARGUMENTS = re.compile(r"^[A-Za-z_]\w* = \S.*$")
_NEXT_ARGUMENT = re.compile(r", (?=[A-Za-z_]\w* = )")
_LOCAL = re.compile(r"^(?: {8})?[A-Za-z_]\w* += .*$")
_DEF = re.compile(r"^\s*(?:async )?def \w")
_CARETS = re.compile(r"^\s*[\^~]+\s*$")
_ADVICE = re.compile(r"^\s*(?:You can reproduce this|Explanation:|Use -v to get|\(Use -v )")
_FULL_DIFF = re.compile(r"^\s*(?:Full diff:|Use -v)")
_ITEMS = re.compile(r"^\s*(?:Differing items:|(?:Left|Right) contains \d+ more item|Extra items in the )")


def section(lines: Sequence[str]) -> list[str]:
    """Return the first failure's lines, heading included, without what the test printed; [] without a heading."""
    start = next((number for number, line in enumerate(lines) if HEADING.match(line)), None)
    if start is None:
        return []
    ends = (number for number in range(start + 1, len(lines)) if _ends(lines[number]))
    return [line for line in lines[start : next(ends, len(lines))] if not _WORKER.match(line)]


def _ends(line: str) -> bool:
    return bool(HEADING.match(line) or _BANNER.match(line) or _CAPTURED.match(line))


def shown(lines: Sequence[str], most_characters: int) -> str:
    """Return a failure's section for a model; "" where it has no lines of error, as with `--tb=native`.

    What has to go goes from the middle: the heading, the innermost frame and the error stay.
    """
    heading = HEADING.match(lines[0]) if lines else None
    chain = _exceptions(lines[1:])
    if heading is None or not any(part.errors for part in chain):
        return ""
    text = ""
    for most_frames, most_lines in ((_MOST_FRAMES, _MOST_TEST_LINES), (2, _FEWEST_TEST_LINES), (1, 1)):
        text = "\n".join([heading["name"], *(line for part in chain for line in part.shown(most_frames, most_lines))])
        if len(text) <= most_characters:
            return text
        chain = chain[-1:]
    return text


@dataclass(slots=True)
class _Frame:
    """One frame: `path` and `line`; `values` are the arguments, `code` its lines, the failing one last."""

    path: str = ""
    line: str = ""
    values: str = ""
    code: list[str] = field(default_factory=list)

    def shown(self, most_lines: int) -> list[str]:
        place = f"{self.path}:{self.line}" if self.path else ""
        head = place + (f", where {self.values}" if self.values else "")
        code = textwrap.dedent("\n".join(self._code[-most_lines:])).split("\n")
        return [head, *(f"    {line}" for line in code)]

    @property
    def _code(self) -> list[str]:
        """Return the lines without decorators where this case's own values are known: those have all cases'."""
        is_decorated = bool(self.code) and self.code[0].lstrip().startswith("@")
        start = next((number for number, line in enumerate(self.code) if _DEF.match(line)), 0)
        return self.code[start:] if self.values and is_decorated else self.code


@dataclass(slots=True)
class _Exception:
    """One exception of a chain; `joint` says how the one before led to it."""

    joint: str = ""
    frames: list[_Frame] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def shown(self, most_frames: int, most_lines: int) -> list[str]:
        frames = _without_repeats([frame for frame in self.frames if frame.code])
        frames = [frame for frame in frames if not is_foreign(frame.path)] or frames[-1:]
        if len(frames) > most_frames:
            frames = [*frames[: 1 if most_frames > 1 else 0], *frames[len(frames) - max(most_frames - 1, 1) :]]
        # The failing line is enough of the code under test, since the model is shown the file.
        lines = [line for number, frame in enumerate(frames) for line in frame.shown(1 if number else most_lines)]
        errors = textwrap.dedent("\n".join(self.errors)).split("\n")
        return [*([self.joint] if self.joint else []), *lines, *_cut_errors(errors)]


def _exceptions(lines: Sequence[str]) -> list[_Exception]:
    chain = [_Exception()]
    frame = _Frame()
    is_short = False
    for line in _meaningful(lines):
        place = _PLACE.match(line)
        if _ERROR.match(line):
            chain[-1].errors.append(line[4:])
        elif _CHAIN.match(line):
            chain[-1].frames.append(frame)
            chain, frame, is_short = [*chain, _Exception(line)], _Frame(), False
        elif place and place["rest"].startswith("in "):
            chain[-1].frames.append(frame)
            frame, is_short = _Frame(place["path"], place["line"]), True
        elif place:
            frame.path, frame.line = place["path"], place["line"]
            chain[-1].frames.append(frame)
            frame, is_short = _Frame(), False
        elif line.startswith(">"):
            frame.code.append(" " + line[1:])
        elif line.startswith("    ") and not (is_short and frame.code):
            frame.code.append(line)
        elif _ARGUMENTS.match(line) and not frame.code:
            frame.values = _values(frame.values, line)
    chain[-1].frames.append(frame)
    return chain


def _values(before: str, line: str) -> str:
    """Return the arguments of a frame, those with a meaningful value, none of them cut."""
    values = before
    for part in _NEXT_ARGUMENT.split(line):
        longer = f"{values}, {part}" if values else part
        if " object at 0x" not in part and len(longer) <= _MOST_VALUES_CHARACTERS:
            values = longer
    return values


def _meaningful(lines: Sequence[str]) -> Iterator[str]:
    """Leave out blanks, carets, separators and the local variables of `-l`: neither code nor error."""
    after_error = False
    for line in lines:
        after_error = (after_error or bool(_ERROR.match(line))) and not (_PLACE.match(line) or _CHAIN.match(line))
        is_local = _LOCAL.match(line) and (after_error or (line.startswith(" " * 8) and "  = " in line))
        if line.strip() and not (_CARETS.match(line) or _FRAME_END.match(line) or is_local):
            yield line


def _without_repeats(frames: list[_Frame]) -> list[_Frame]:
    distinct: list[_Frame] = []
    for frame in frames:
        same = distinct and (frame.path, frame.line, frame.code[-1].strip()) == (
            distinct[-1].path,
            distinct[-1].line,
            distinct[-1].code[-1].strip(),
        )
        if not same:
            distinct.append(frame)
    return distinct


def _cut_errors(errors: Sequence[str]) -> list[str]:
    """Return the lines of an error: of a long diff only the differing ones, without pytest's advice."""
    lines: list[str] = []
    errors = _without_repeated_diff(errors)
    is_diff, is_long = False, len(errors) > _MOST_ERROR_LINES
    for line in errors:
        if not line.strip() or _ADVICE.match(line):
            continue
        if is_diff and is_long and not line.lstrip().startswith(("-", "+", "?")):
            if lines[-1] != "  ...":
                lines.append("  ...")
            continue
        is_diff = is_diff or bool(_FULL_DIFF.match(line))
        lines.append(line)
    if len(lines) <= _MOST_ERROR_LINES:
        return lines
    return [*lines[: _MOST_ERROR_LINES - 6], f"[{len(lines) - _MOST_ERROR_LINES} lines left out]", *lines[-6:]]


def _without_repeated_diff(errors: Sequence[str]) -> Sequence[str]:
    """Leave out pytest's full diff where both values, or all items that differ, are written out above it."""
    start = next((number for number, line in enumerate(errors) if _FULL_DIFF.match(line)), 0)
    [first, *others] = errors[:start] or [""]
    written_out = others if any(_ITEMS.match(line) for line in others) else [first]
    is_repeated = start and " == " in first and not any("..." in line for line in written_out)
    return errors[:start] if is_repeated else errors
