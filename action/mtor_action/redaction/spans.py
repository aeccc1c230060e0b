"""Parts of a text, and a text seen through: without its noise, and with each place in it known in the original."""

from __future__ import annotations

import sys
from bisect import bisect_right
from typing import TYPE_CHECKING

from mtor_action.lazy_patterns import lazy_pattern

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Iterator

Span = tuple[int, int]  # from, to

# What a reader does not see: ECMA-48 sequences, control characters, characters without width.
_UNSEEN = (
    r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x9b\xad\u034f\u061c\u180e"
    r"\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
)
_HAS_UNSEEN = lazy_pattern(f"[{_UNSEEN}]")
_HEX = "[0-9A-Fa-f]"
# How each goes on after its first character.
_AFTER_UNSEEN = (
    r"(?<=\x1b)(?:\[[0-?]*+[ -/]*+[@-~]?|[\]PX^_][^\x07\x1b\n]*+(?:\x07|\x1b\\)?|[ -/]*+[0-~]?)"
    rf"|(?<=\x9b)[0-?]*+[ -/]*+[@-~]?|(?<=[{_UNSEEN}])"
)
_AFTER_BREAK = r"(?<=[\r\n])[\r\n]*+[ \t]*+"
_AFTER_BACKSLASH = (
    rf"(?<=\\)(?:(?:u001[bB]|x1[bB]|033|e)\[[0-?]*+[ -/]*+[@-~]"
    rf"|u{_HEX}{{4}}|u\{{{_HEX}{{1,6}}\}}|U{_HEX}{{8}}|x{_HEX}{{2}}"
    r"|[0-3][0-7]{2}|\r?\n[ \t]*+|[\"'/`$nrt\\])"
)
_AFTER_PERCENT = rf"(?<=%){_HEX}{{2}}|(?<=&)(?:\#[0-9]{{1,7}}|\#[xX]{_HEX}{{1,6}}|[a-z]{{2,4}});"


def _pattern(first: str, *after: str) -> re.Pattern[str]:
    # A set of characters comes first, so that most of a text is passed over quickly.
    return lazy_pattern(rf"[{first}{_UNSEEN}](?:{'|'.join((_AFTER_UNSEEN, *after))})")


_PATTERN_OF_UNSEEN = _pattern("")
_PATTERN_OF_LINES = _pattern(r"\r\n", _AFTER_BREAK)
_PATTERN_OF_BACKSLASHES = _pattern(r"\\\r\n", _AFTER_BREAK, _AFTER_BACKSLASH)
_PATTERN_OF_QUOTES = _pattern(r"%&\r\n", _AFTER_BREAK, _AFTER_PERCENT)


class Seen:
    """A text with parts left out or replaced: `text` is what is left."""

    def __init__(self, original: str, pattern: re.Pattern[str], *, escapes: bool = True) -> None:
        """Replace all that `pattern` finds by what it means; without `escapes` that is nothing."""
        self._original = original
        self._pattern = pattern
        self._parts: _Parts | None = None  # made when asked for, which is seldom
        self.text = pattern.sub(_unescaped if escapes else "", original)

    def place(self, span: Span) -> Span:
        """Return where a part of `text` that is not empty is in the original."""
        if self._parts is None:
            self._parts = _Parts(self._original, self._pattern)
        return self._parts.place(span[0])[0], self._parts.place(span[1] - 1)[1]


class _Parts:
    """The parts that are left of a text: where each begins in it, and in the original."""

    def __init__(self, original: str, pattern: re.Pattern[str]) -> None:
        self._starts: list[int] = []
        self._places: list[int] = []
        self._ends: dict[int, int] = {}  # of the parts that stand for something else
        length = last = 0
        for match in pattern.finditer(original):
            start, end = match.span()
            self._add(length, last)
            length += start - last
            if character := _unescaped(match):
                self._ends[len(self._starts)] = end
                self._add(length, start)
                length += len(character)
            last = end
        self._add(length, last)

    def place(self, index: int) -> Span:
        part = bisect_right(self._starts, index) - 1
        start = self._places[part]
        if part in self._ends:
            return start, self._ends[part]
        return start + index - self._starts[part], start + index - self._starts[part] + 1

    def _add(self, start: int, place: int) -> None:
        self._starts.append(start)
        self._places.append(place)


def without_unseen(text: str) -> Seen | None:
    """Return the text as a reader sees it; None if that is all of it."""
    return Seen(text, _PATTERN_OF_UNSEEN, escapes=False) if _HAS_UNSEEN.search(text) else None


def read_through(text: str) -> Iterator[Seen]:
    """The text as one long line: as it is, with escapes of source code undone, and with those of addresses and HTML.

    Each by itself: undone where none was meant, an escape would hide a word that follows it (`100%41abc`).
    """
    yield Seen(text, _PATTERN_OF_LINES, escapes=False)
    if "\\" in text:
        yield Seen(text, _PATTERN_OF_BACKSLASHES)
    if "%" in text or "&" in text:
        yield Seen(text, _PATTERN_OF_QUOTES)


def replaced(text: str, spans: Iterable[Span], replacement: str) -> str:
    """Return the text with each of the spans replaced; those that touch are one."""
    parts: list[str] = []
    last = until = 0
    for start, end in sorted(spans):
        if start >= until and (start > until or not parts):
            parts += (text[last:start], replacement)
            last = end
        until = max(until, end)
        last = max(last, end)
    return "".join((*parts, text[last:])) if parts else text


def _unescaped(match: re.Match[str]) -> str:
    """Return the character that an escape means; "" for what is not seen and for the end of a line."""
    written = match[0]
    if written[0] not in "\\%&":
        return ""
    if written[0] == "%":
        return _visible(int(written[1:], 16))
    if written[0] == "&":
        from html import unescape  # with a table of two thousand names

        character = unescape(written)
        return character if len(character) == 1 else written
    kind, digits = written[1], written[2:].strip("{}")
    if kind in "uUx" and "[" not in digits:
        return _visible(int(digits, 16))
    if kind in "0123" and "[" not in digits:
        return _visible(int(written[1:], 8))
    return "" if "[" in digits or kind in "nrt\r\n" else kind


def _visible(number: int) -> str:
    character = chr(number) if number <= sys.maxunicode else ""
    return "" if _HAS_UNSEEN.match(character) else character
