"""Lines to fenced blocks: which lines CommonMark reads as fences, and what is around them.

The Markdown library decides the structure; a fence's words and its body are cut from our own lines, because the
library decodes entities and escapes in info strings and closes an unclosed fence without a word.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from markdown_it import MarkdownIt

from mtor_action.lazy_patterns import lazy_pattern
from mtor_action.manifest.info_string import Info, read_info
from mtor_action.manifest.raw_html import RawHtml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it.token import Token

    from mtor_action.manifest.text import Lines

# Block structure depends on ASCII alone. One byte a character keeps a text with a single emoji from taking four
# times its size, and keeps Python's Unicode idea of white space out of CommonMark's.
_ASCII_ONLY = bytes(byte if byte < 0x80 else ord("x") for byte in range(256)).replace(b"\r", b" ")

_INLINE = MarkdownIt("zero", {"html": True}).enable(["backticks", "escape", "autolink", "html_inline"])
_TAG = lazy_pattern(r"<[A-Za-z/!?]")
_ENDLESS = lazy_pattern(r"<[!?]")
_MOST_ENDLESS = 200

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
    return list(_fences(lines, _block_tokens(lines.data.translate(_ASCII_ONLY).decode("ascii"))))


def _block_tokens(skeleton: str) -> list[Token]:
    parser = MarkdownIt("commonmark")
    tokens: list[Token] = []
    parser.block.parse(skeleton, parser, {}, tokens)
    return tokens


def _fences(lines: Lines, tokens: list[Token]) -> Iterator[Fence]:
    quotes = 0
    html = RawHtml()
    for token in tokens:
        if token.type == "blockquote_open":
            quotes += 1
        elif token.type == "blockquote_close":
            quotes -= 1
        elif token.type == "html_block" and token.map:
            html.read(lines.block(*token.map))
        elif token.type == "inline":
            html.read(_inline_html(token.content), is_inline=True)
        elif token.type == "fence" and token.map:
            yield _fence(lines, token, quoted=quotes > 0, inside=html.inside)


def _inline_html(text: str) -> bytes:
    """Return the tags and comments in a paragraph, which are those outside of code spans."""
    if not _TAG.search(text):
        return b""
    if len(_ENDLESS.findall(text)) > _MOST_ENDLESS:
        return b"<"  # each would be searched for its end
    tokens: list[Token] = []
    _INLINE.inline.parse(text, _INLINE, {}, tokens)
    html = [child.content for token in tokens for child in (token.children or [token]) if child.type == "html_inline"]
    return "".join(html).encode("ascii", "replace")


def _fence(lines: Lines, token: Token, *, quoted: bool, inside: str) -> Fence:
    line, end = token.map or (0, 0)
    text = lines.text(line)
    opening = OPENING.fullmatch(text)
    if opening is None:  # pragma: no cover  the library saw a fence on this line
        raise AssertionError(f"no fence marker on line {line + 1}: {text!r}")
    column, marker = opening.start("marker"), opening["marker"]
    indent = len(text[:column].expandtabs(4))
    return Fence(
        line=line,
        end=end,
        column=column,
        indent=indent,
        marker=marker,
        info=read_info(opening["info"], opening.start("info")),
        closed=_is_closed(token),
        quoted=quoted,
        inside=inside,
    )


def _is_closed(token: Token) -> bool:
    """The library ends an unclosed fence quietly: then its last line is part of the content."""
    first, end = token.map or (0, 0)
    content = token.content
    return content.count("\n") + (not content.endswith("\n") and bool(content)) == end - first - 2


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
