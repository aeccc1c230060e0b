"""The few pieces of HTML that several sections of the page share. Only `esc` lets text in."""

from __future__ import annotations

from mtor_action.neutral import visible

# As `html.escape`, whose module also has a table of two thousand names.
_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"})


def esc(text: str) -> str:
    """Return text for an element's content or a quoted attribute; control and bidi characters made visible."""
    return visible(text).translate(_ESCAPED)


def fact(name: str, value: str) -> str:
    """Return one term and its value of a `<dl>`; nothing for an empty value."""
    return f"<div><dt>{esc(name)}</dt><dd>{esc(value)}</dd></div>" if value else ""


def card(title: str, body: str, aside: str = "") -> str:
    """Return a section with a heading; `body` and `aside` are HTML."""
    right = f'<span class="aside">{aside}</span>' if aside else ""
    return f"<section><h2>{esc(title)}{right}</h2>\n{body}\n</section>"


def folded(summary: str, body: str, *, is_open: bool = False) -> str:
    """Return something to open with a click; both arguments are HTML."""
    return f"<details{' open' if is_open else ''}><summary>{summary}</summary>\n{body}\n</details>\n"


def pre(text: str) -> str:
    """Return the text preformatted and escaped."""
    # The parser drops one line feed after <pre>; without it a text that starts with one would lose it.
    return f"<pre>\n{esc(text)}</pre>"
