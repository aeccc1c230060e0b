"""Secrets that nobody told us of, found by their shape: keys, credentials in addresses and headers, private keys."""

from __future__ import annotations

import binascii
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from mtor_action.lazy_dataclasses import NamedTuple
from mtor_action.lazy_patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mtor_action.redaction.spans import Span

_TABLE = Path(__file__).with_name("key_shapes.txt")
_PROBE = 3
_LONGEST_ESCAPE = 6
# What may come before a key though it ends with a letter or digit: an escape, as in `"\nghp_…"` or `token%3Dghp_…`.
_ESCAPE = lazy_pattern(r"(?:\\[abefnrtv]|%[0-9A-Fa-f]{2}|\\x[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4})\Z")
# With a digit: the words that follow "bearer" in prose and in code have none.
_BEARER = lazy_pattern(
    r"(?:Bearer|bearer|BEARER)(?: |%20|\\u0020)(?=[A-Za-z._~+/=-]{0,200}[0-9])[A-Za-z0-9._~+/=-]{16,}"
)
_BASIC = lazy_pattern(r"(?:Basic|basic|BASIC)(?: |%20|\\u0020)([A-Za-z0-9+/_-]{6,}={0,2})")
# The part between `://` and the last `@` before the path; without a password only what is too long for a name.
_USERINFO = lazy_pattern(
    r"://([^\s/?#@:'\"<>`]{0,200}:[^\s/?#'\"<>`]{1,400}|(?=[A-Za-z_-]*[0-9])[A-Za-z0-9_-]{20,200})@"
)
_PLACEHOLDER = lazy_pattern(r":(?:[$%{\[*.…][^:@]*|[Xx*.]+|)\Z")
# Z.ai: an id of 32 hex digits, a dot, 16 letters and digits. Both cases tell it from the name of a file.
_ZAI = lazy_pattern(
    r"\.(?<=[0-9a-f]{32}\.)"
    r"(?=[a-z0-9]*[A-Z])(?=[A-Z0-9]*[a-z])[A-Za-z0-9]{16}(?![A-Za-z0-9])"
)
_ZAI_ID = 32
_PEM_BEGIN = lazy_pattern(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_PEM_END = lazy_pattern(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_LONGEST_PEM = 20_000
# Base64 with what may stand between its lines: breaks, escaped ones, quotes, marks of a comment or of a difference.
_PEM_BODY = lazy_pattern(r"(?:(?:[\s>|+\"',#*-]|\\[nr]){0,40}+[A-Za-z0-9+/=]{16,}+)++")
_PEM_GAP = lazy_pattern(r"(?:[\s>|+\"',#*-]|\\[nr]){0,40}+\Z")
_RUN = lazy_pattern(r"[A-Za-z0-9+/=]{16}")


class Shape(NamedTuple):
    """A key that begins with `literal` and goes on as `rest` says."""

    literal: str
    rest: str

    def pattern(self) -> re.Pattern[str]:
        """Return the regular expression, in text, that matches a whole key of this shape."""
        return _compiled(re.escape(self.literal) + self.rest)


def shaped(text: str) -> Iterator[Span]:
    """Yield every part of the text that has the shape of a secret; the parts may overlap."""
    for probe, shapes in _shapes().items():
        if probe in text:
            for shape in shapes:
                yield from _keys(text, shape)
    lower = text.lower() if "earer" in text or "EARER" in text or "asic" in text or "ASIC" in text else ""
    if "bearer" in lower:
        yield from (match.span() for match in _BEARER.finditer(text) if _begins(text, match.start()))
    if "basic" in lower:
        yield from (match.span() for match in _BASIC.finditer(text) if _is_userinfo(match[1]))
    if "://" in text and "@" in text:
        yield from (match.span(1) for match in _USERINFO.finditer(text) if not _PLACEHOLDER.search(match[1]))
    if "PRIVATE KEY" in text:
        yield from _private_keys(text)
    for match in _ZAI.finditer(text):
        if _begins(text, match.start() - _ZAI_ID):
            yield match.start() - _ZAI_ID, match.end()


@cache
def _shapes() -> dict[str, list[Shape]]:
    """Return all shapes by their first characters: one look tells that none of them is there."""
    by_start: dict[str, list[Shape]] = {}
    for line in _TABLE.read_text(encoding="utf-8").splitlines():
        parts = line.split(maxsplit=2)
        if parts and parts[0] != "#":
            by_start.setdefault(parts[0][:_PROBE], []).append(Shape(parts[0], parts[1]))
    return by_start


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _keys(text: str, shape: Shape) -> Iterator[Span]:
    pattern = shape.pattern()
    start = text.find(shape.literal)
    while start >= 0:
        match = pattern.match(text, start) if _begins(text, start) else None
        if match:
            yield match.span()
        start = text.find(shape.literal, match.end() if match else start + len(shape.literal))


def _begins(text: str, start: int) -> bool:
    """Return whether a word begins at `start`: nothing, a sign or an escape comes before."""
    before = text[start - 1 : start]
    if not (before.isascii() and before.isalnum()):
        return True
    return _ESCAPE.search(text[max(0, start - _LONGEST_ESCAPE) : start]) is not None


def _is_userinfo(encoded: str) -> bool:
    """Return whether this is `name:password` in base64, and no word after "basic"."""
    padded = encoded.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        decoded = binascii.a2b_base64(padded + "=" * (-len(padded) % 4))
        return ":" in decoded.decode() and decoded.decode().isprintable()
    except ValueError:
        return False


def _private_keys(text: str) -> Iterator[Span]:
    for begin in _PEM_BEGIN.finditer(text):
        end = _PEM_END.search(text, begin.end(), begin.end() + _LONGEST_PEM)
        between = text[begin.end() : end.start()] if end else ""
        if end and "-----BEGIN" not in between and _RUN.search(between):
            yield begin.start(), end.end()
        elif body := _PEM_BODY.match(text, begin.end()):
            yield begin.start(), body.end()
    since = 0
    for end in _PEM_END.finditer(text):
        start = _start_of_body(text, max(since, end.start() - _LONGEST_PEM), end.start())
        if start < end.start():
            yield start, end.end()
        since = end.end()


def _start_of_body(text: str, since: int, end: int) -> int:
    """Return where the base64 before `end` begins, if the beginning of a private key was cut off; else `end`."""
    for body in _PEM_BODY.finditer(text, since, end):
        if _PEM_GAP.match(text, body.end(), end):
            run = _RUN.search(text, body.start())
            return run.start() if run else end
    return end
