"""Lines to fenced blocks: which lines CommonMark reads as fences, and what stands around them.

The Markdown library decides the structure; a fence's words and its body are cut from our own lines, because the
library decodes entities and escapes in info strings and closes an unclosed fence without a word.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from markdown_it import MarkdownIt

from mtor_action.spec.info_string import Info, read_info

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it.token import Token

    from mtor_action.spec.text import Lines

# Block structure depends on ASCII alone. One byte a character keeps a text with a single emoji from taking four
# times its size, and keeps Python's Unicode idea of white space out of CommonMark's.
_ASCII_ONLY = bytes(byte if byte < 0x80 else ord("x") for byte in range(256)).replace(b"\r", b" ")

OPENING = re.compile(r"(?P<lead>[ \t\r>*+.)\-0-9]*?)(?P<marker>`{3,}|~{3,})(?P<info>.*)", re.DOTALL)


class Fence(NamedTuple):
    """A fenced code block. Lines are 0-based; `end` is the line after its last.

    `column` is where its marker begins (characters), `indent` how many columns every body line is indented by,
    `closed` whether its last line is a closing fence.
    """

    line: int
    end: int
    column: int
    indent: int
    marker: str
    info: Info
    closed: bool
    quoted: bool
    hidden: bool

    @property
    def body(self) -> tuple[int, int]:
        """The body's first line and the line after its last."""
        return self.line + 1, self.end - 1 if self.closed else self.end


def read_fences(lines: Lines) -> list[Fence]:
    """Every fence of the text, in order."""
    return list(_fences(lines, _block_tokens(lines.data.translate(_ASCII_ONLY).decode("ascii"))))


def _block_tokens(skeleton: str) -> list[Token]:
    parser = MarkdownIt("commonmark")
    tokens: list[Token] = []
    parser.block.parse(skeleton, parser, {}, tokens)
    return tokens


def _fences(lines: Lines, tokens: list[Token]) -> Iterator[Fence]:
    quotes = 0
    open_html = b""
    for token in tokens:
        if token.type == "blockquote_open":
            quotes += 1
        elif token.type == "blockquote_close":
            quotes -= 1
        elif token.type == "html_block" and token.map:
            open_html = open_markup(lines.block(*token.map), open_html)
        elif token.type == "fence" and token.map:
            yield _fence(lines, token, quoted=quotes > 0, hidden=bool(open_html))


def open_markup(html: bytes, still_open: bytes = b"") -> bytes:
    """What a browser that has read this raw HTML is still inside of: `<!--`, `<` (a tag), or b"" for nothing.

    A tag that is left open may hide what follows in an attribute, so nothing closes it again.
    """
    position = 0
    while still_open != b"<":
        if still_open:
            end = html.find(b"-->", position)
            if end < 0:
                return still_open
            position = end + 3
        start = _MARKUP.search(html, position)
        if start is None:
            return b""
        if start.group() == b"<!--":
            position, still_open = start.end() - 2, b"<!--"  # `<!-->` is a whole comment
        else:
            position = _end_of_tag(html, start.end())
            still_open = b"" if position else b"<"
    return still_open


_MARKUP = re.compile(rb"<!--|</?[A-Za-z][^\s/>]*|<[!?]")
# https://html.spec.whatwg.org/multipage/parsing.html#before-attribute-name-state
_ATTRIBUTE = re.compile(
    rb"[\s/]*(?:(?P<end>>)|[^\s/>][^\s/>=]*(?:\s*=\s*(?:\"[^\"]*(?:\"|(?P<cut>\Z))|'[^']*(?:'|(?P<bare>\Z))|[^\s>\"'][^\s>]*))?)"
)


def _end_of_tag(html: bytes, position: int) -> int:
    """The offset after the `>` of a tag; 0 if there is none."""
    while True:
        found = _ATTRIBUTE.match(html, position)
        if found is None or found["cut"] is not None or found["bare"] is not None:
            return 0
        position = found.end()
        if found["end"]:
            return position


def _fence(lines: Lines, token: Token, *, quoted: bool, hidden: bool) -> Fence:
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
        hidden=hidden,
    )


def _is_closed(token: Token) -> bool:
    """The library ends an unclosed fence quietly: then its last line is part of the content."""
    first, end = token.map or (0, 0)
    content = token.content
    return content.count("\n") + (not content.endswith("\n") and bool(content)) == end - first - 2


def body_line_indented_by(raw: bytes, indent: int) -> bytes | None:
    """A body line without the `indent` columns of its list item; None if that would split a tab."""
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
