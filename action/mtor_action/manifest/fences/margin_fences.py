"""Find the fences of a text with a plain structure without the Markdown parser, whose import takes 20 ms.

A fence at the margin ends every list, quote and paragraph, so what surrounds it does not matter. If anything could hide
a fence, or be one elsewhere, the parser reads the text: raw HTML, reference definitions, three markers anywhere but at
the margin, a fence that is never closed, or lists so deep that the parser gives up.
tests/manifest/test_margin_fences.py compares the two.
"""

from __future__ import annotations

import re

from mtor_action.lazy_dataclasses import NamedTuple
from mtor_action.lazy_patterns import lazy_pattern

# The last two: lines that may begin many lists and quotes at once. A level takes a column, and a tab is four of them.
_DECISIVE = lazy_pattern(r"(?m)```|~~~|<[A-Za-z/!?]|\]:|^[ >*+.)\-0-9]*\t|^[ >*+.)\-0-9]{17}")
_OPENING = lazy_pattern(r"(?P<marker>`{3,}(?=[^`\n]*$)|~{3,})[^\n]*", re.MULTILINE)
_CLOSING = lazy_pattern(r"\n {0,3}(?P<marker>`{3,}|~{3,})[ \t]*(?=\n|\Z)")


class FencedLines(NamedTuple):
    """Where a fenced block is: its first line and the line after its last, 0-based.

    `closed` is whether its last line closes it, `quoted` whether it is in a block quote, `inside` which HTML it is in.
    """

    line: int
    end: int
    closed: bool = True
    quoted: bool = False
    inside: str = ""


def margin_fences(text: str) -> list[FencedLines] | None:
    """Return every fence of a text in ASCII whose lines end in LF; None if that takes a Markdown parser."""
    fences = list[FencedLines]()
    line = position = 0
    while sign := _DECISIVE.search(text, position):
        start = sign.start()
        opening = _OPENING.match(text, start)
        if opening is None or (start and text[start - 1] != "\n"):
            return None
        closing = _closing(text, opening)
        if closing is None:
            return None
        line += text.count("\n", position, start)
        end = line + text.count("\n", start, closing.end()) + 1
        fences.append(FencedLines(line, end))
        line, position = end - 1, closing.end()
    return fences


def _closing(text: str, opening: re.Match[str]) -> re.Match[str] | None:
    """Return the line that closes the fence: the same character, at least as often, and nothing after it."""
    for closing in _CLOSING.finditer(text, opening.end()):
        if closing["marker"].startswith(opening["marker"]):
            return closing
    return None
