"""Lines to fenced blocks: which lines CommonMark reads as fences, and what is around them.

The Markdown library decides the structure unless it is plain to see (margin_fences.py); a fence's words and its body
are cut from our own lines, because the library decodes entities and escapes in info strings and closes an unclosed
fence without a word.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mtor_action.lazy_dataclasses import NamedTuple
from mtor_action.lazy_patterns import lazy_pattern
from mtor_action.manifest.fences.info_string import Info, read_info
from mtor_action.manifest.fences.margin_fences import FencedLines, margin_fences

if TYPE_CHECKING:
    from mtor_action.manifest.text import Lines

# Block structure depends on ASCII alone. One byte a character keeps a text with a single emoji from taking four
# times its size, and keeps Python's Unicode idea of white space out of CommonMark's.
_ASCII_ONLY = bytes(byte if byte < 0x80 else ord("x") for byte in range(256)).replace(b"\r", b" ")

OPENING = lazy_pattern(r"(?P<lead>[ \t\r>*+.)\-0-9]*?)(?P<marker>`{3,}|~{3,})(?P<info>.*)", re.DOTALL)


class Fence(NamedTuple):
    """A fenced code block. Lines are 0-based; `end` is the line after its last.

    `column` is where its marker begins (characters), `indent` how many columns every body line is indented by,
    `closed` whether its last line is a closing fence, `inside` the raw HTML that may hide it ("" if none does).
    """

    line: int  # of the opening fence
    end: int
    column: int
    indent: int
    marker: str  # its backticks or tildes
    info: Info  # the words after the marker
    closed: bool
    quoted: bool  # inside a block quote
    inside: str

    @property
    def body(self) -> tuple[int, int]:
        """The body's first line and the line after its last."""
        return self.line + 1, self.end - 1 if self.closed else self.end


def read_fences(lines: Lines) -> list[Fence]:
    """Return every fence of the text, in order."""
    skeleton = lines.data.translate(_ASCII_ONLY).decode("ascii")
    fenced = margin_fences(skeleton)
    if fenced is None:
        from mtor_action.manifest.fences.parsed_fences import parsed_fences

        fenced = parsed_fences(lines, skeleton)
    return [_fence(lines, each) for each in fenced]


def _fence(lines: Lines, fenced: FencedLines) -> Fence:
    text = lines.text(fenced.line)
    opening = OPENING.fullmatch(text)
    if opening is None:  # pragma: no cover  there is a fence on this line
        raise AssertionError(f"no fence marker on line {fenced.line + 1}: {text!r}")
    column, marker = opening.start("marker"), opening["marker"]
    return Fence(
        line=fenced.line,
        end=fenced.end,
        column=column,
        indent=len(text[:column].expandtabs(4)),
        marker=marker,
        info=read_info(opening["info"], opening.start("info")),
        closed=fenced.closed,
        quoted=fenced.quoted,
        inside=fenced.inside,
    )


def body_line_indented_by(raw: bytes, indent: int) -> bytes | None:
    """Return a body line without the `indent` columns of its list item; None if that would split a tab."""
    column = position = 0
    while column < indent and position < len(raw):
        if raw[position] == 0x20:
            column += 1
        elif raw[position] == 0x09:
            column += 4 - column % 4
        else:
            break
        position += 1
    return raw[position:] if column <= indent else None
