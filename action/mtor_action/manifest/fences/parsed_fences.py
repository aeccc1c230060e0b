"""The fences of any text, by the Markdown library: in lists, in quotes, hidden by raw HTML, never closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

from mtor_action.lazy_patterns import lazy_pattern
from mtor_action.manifest.fences.margin_fences import FencedLines
from mtor_action.manifest.fences.raw_html import RawHtml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it.token import Token

    from mtor_action.manifest.text import Lines

_INLINE = MarkdownIt("zero", {"html": True}).enable(["backticks", "escape", "autolink", "html_inline"])
_TAG = lazy_pattern(r"<[A-Za-z/!?]")
_ENDLESS = lazy_pattern(r"<[!?]")
_MOST_ENDLESS = 200


def parsed_fences(lines: Lines, text: str) -> list[FencedLines]:
    """Return every fence of the lines, in order. `text` is the same with one ASCII character for each byte."""
    parser = MarkdownIt("commonmark")
    tokens: list[Token] = []
    parser.block.parse(text, parser, {}, tokens)
    return list(_fences(lines, tokens))


def _fences(lines: Lines, tokens: list[Token]) -> Iterator[FencedLines]:
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
            line, end = token.map
            yield FencedLines(line, end, closed=_is_closed(token), quoted=quotes > 0, inside=html.inside)


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


def _is_closed(token: Token) -> bool:
    """The library ends an unclosed fence quietly: then its last line is part of the content."""
    first, end = token.map or (0, 0)
    content = token.content
    return content.count("\n") + (not content.endswith("\n") and bool(content)) == end - first - 2
