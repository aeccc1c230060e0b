"""The info string of a fence: `LANG key=value key="a value"`, read raw.

    info      = words separated by spaces or tabs
    word      = bare word | KEY "=" VALUE          split at the first "="
    VALUE     = characters without blanks | '"' … '"' | "'" … "'"

Nothing is decoded: no entities, no backslash escapes. Columns are 0-based characters of the source line.
"""

from __future__ import annotations

from mtor_action.lazy_dataclasses import NamedTuple


class InfoWord(NamedTuple):
    """One word; `key` is empty for a bare word. `fault` says why a quoted value could not be read."""

    text: str
    column: int
    key: str = ""
    value: str = ""
    fault: str = ""


class Info(NamedTuple):
    """The words of an info string, in their order."""

    words: tuple[InfoWord, ...]
    column: int

    @property
    def bare(self) -> tuple[str, ...]:
        """The words that have no `=`, in their order."""
        return tuple(word.text for word in self.words if not word.key)

    @property
    def attributes(self) -> tuple[InfoWord, ...]:
        """The words of the form `key=value`, in their order."""
        return tuple(word for word in self.words if word.key)


def read_info(text: str, column: int) -> Info:
    """Read what follows a fence's marker, which begins at `column` of its line."""
    words: list[InfoWord] = []
    position = 0
    while True:
        while position < len(text) and text[position] in " \t":
            position += 1
        if position == len(text):
            return Info(tuple(words), column + (words[0].column - column if words else 0))
        word, position = _word(text, position, column)
        words.append(word)


def _word(text: str, start: int, column: int) -> tuple[InfoWord, int]:
    end = start
    while end < len(text) and text[end] not in " \t":
        if text[end] == "=" and text[end + 1 : end + 2] in ('"', "'") and _is_key(text[start:end]):
            return _quoted(text, start, end, column)
        end += 1
    bare = text[start:end]
    key, equals, value = bare.partition("=")
    if not (equals and _is_key(key)):
        return InfoWord(bare, column + start), end
    return InfoWord(bare, column + start, key, value), end


def _is_key(text: str) -> bool:
    return text.replace("-", "a").replace("_", "a").isalpha()


def _quoted(text: str, start: int, equals: int, column: int) -> tuple[InfoWord, int]:
    quote = text[equals + 1]
    close = text.find(quote, equals + 2)
    key = text[start:equals]
    if close < 0:
        return InfoWord(text[start:], column + start, key, text[equals + 2 :], f"no closing {quote}"), len(text)
    end = close + 1
    fault = ""
    while end < len(text) and text[end] not in " \t":
        fault = f"expected a space after the closing {quote}"
        end += 1
    return InfoWord(text[start:end], column + start, key, text[equals + 2 : close], fault), end
