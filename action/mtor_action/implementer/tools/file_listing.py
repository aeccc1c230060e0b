"""Lines of a file as a model is shown them: the file itself, in a block, without numbers or marks.

A model sends back what it was shown. So nothing is cut or replaced inside a line: a line that is too long to show is
left out, and said to be.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_LINE_CHARACTERS = 2_000
_LANGUAGES = {"py": "python", "js": "javascript", "ts": "typescript", "rs": "rust", "rb": "ruby", "sh": "bash"}


def listing(path: str, lines: Sequence[str], start: int = 1, end: int | None = None) -> str:
    """Return lines `start` to `end` (from 1, inclusive) of a file under a heading that names it."""
    last = len(lines) if end is None else end
    parts, run = [f"{path}, lines {start}-{last} of {len(lines)}:"], list[str]()
    for number in range(start, last + 1):
        line = lines[number - 1]
        if len(line) <= MOST_LINE_CHARACTERS:
            run.append(line)
            continue
        parts += [fenced(run, path)] if run else []
        parts.append(f"(line {number} is left out: {len(line)} characters)")
        run = []
    return "\n".join([*parts, fenced(run, path)] if run or len(parts) == 1 else parts)


def fenced(lines: Sequence[str], path: str) -> str:
    """Return lines in a block whose fence is longer than those inside."""
    body = "\n".join(lines)
    longest = max((len(match) for match in re.findall(r"`{3,}", body)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{_LANGUAGES.get(path.rpartition('.')[2], '')}\n{body}\n{fence}"
