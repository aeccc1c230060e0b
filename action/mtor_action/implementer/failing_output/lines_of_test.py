"""The lines of a test that lead to the one that fails, where the output does not have them.

Most runners print a place and two values; what was called, and with what, stands in the test alone.
"""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_LINES = 12
_LINES_WITHOUT_BEGINNING = 4  # where no line in reach opens a test
_MOST_LINES_AFTER = 6  # of a call that begins on the line
_MOST_CHARACTERS = 800
_PLACE = re.compile(r"(?<![\w./@-])(?P<path>[\w@][\w./@+-]*\.\w+)(?:\", line |:|\()(?P<line>\d+)")
_DECLARED = re.compile(r"^\s*location: .*$", re.MULTILINE)  # of node's runner: where the test begins
_OPENS = re.compile(
    r"^\s*(?:(?:export|public|private|protected|internal|static|async|final|override|pub)\s+)*"
    r"(?:def|fn|func|fun|function|void|test|it|specify|should|context|subtest|Deno\.test)\b"
)


def with_test_lines(failures: str, read: Callable[[str], str | None]) -> str:
    """Return the failing output and, below it, the lines of the innermost test that it names but does not show.

    `read` gives the text of a test file, None for any other path.
    """
    mentions = _PLACE.findall(_DECLARED.sub("", failures))
    places = [(path, int(line), text) for path, line in mentions if (text := read(path)) is not None]
    if not places:
        return failures
    path, number, text = places[-1 if places[0][0].endswith(".py") else 0]
    lines = _lines(text.split("\n"), number)
    code = [line for line in lines if line.strip()]
    if not code or all(line.strip() in failures for line in code):
        return failures
    excerpt = textwrap.indent(textwrap.dedent("\n".join(lines)), "    ")
    return f"{failures}\n\nThe test, {path} up to line {number}:\n{excerpt}"


def _lines(lines: list[str], number: int) -> list[str]:
    """Return the lines from the beginning of a test to the end of the call at line `number`, from 1; [] for none."""
    if not 0 < number <= len(lines):
        return []
    before = lines[max(0, number - _MOST_LINES) : number]
    opening = [at for at, line in enumerate(before) if _OPENS.match(line)]
    chosen = before[opening[-1] if opening else -_LINES_WITHOUT_BEGINNING :] + _rest_of_call(lines, number)
    while sum(map(len, chosen)) > _MOST_CHARACTERS:
        chosen = chosen[1:]
    return chosen


def _rest_of_call(lines: list[str], number: int) -> list[str]:
    """Return the lines after `number` that close the brackets which it opens; [] if they are too many."""
    rest: list[str] = []
    is_open = _depth(lines[number - 1])
    for line in lines[number : number + _MOST_LINES_AFTER]:
        if is_open <= 0:
            return rest
        is_open += _depth(line)
        rest.append(line)
    return rest if is_open <= 0 else []


def _depth(line: str) -> int:
    return sum((character in "([{") - (character in ")]}") for character in line)
