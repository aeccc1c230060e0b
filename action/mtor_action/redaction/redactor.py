"""Take keys and tokens out of a text before it is shown, stored or sent to a model.

Two sources: the values of environment variables that hold a secret (secret_names), in whatever form a program prints
them, and the shapes that issuers document (key_shapes).

| a value is found                                         | and not                                              |
| -------------------------------------------------------- | ---------------------------------------------------- |
| as it is, each line of it, the password of an address    | in pieces that others came between                   |
| in base64 and base64url, wherever it begins, and in hex  | encoded twice, compressed, encrypted, reversed       |
| with escapes of JSON, source code, addresses, HTML       | if it has fewer than 8 characters, fewer than 4      |
| with colours or unseen characters inside, over two lines | different ones, or is a common word (common_values)  |
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from mtor_action.redaction.key_shapes import shaped
from mtor_action.redaction.secret_names import has_userinfo, secrets_in
from mtor_action.redaction.spans import Span, read_through, replaced, without_unseen

REPLACEMENT = "[redacted]"
SHORTEST_SECRET = 8
_FEWEST_CHARACTERS = 4
_SHORTEST_NUMBER = 10
_COMMON = Path(__file__).with_name("common_values.txt")


class Redactor:
    """Replaces secrets by `[redacted]`; built once from an environment, used on any text."""

    def __init__(self, environ: Mapping[str, str], extra: Iterable[str] = ()) -> None:
        """`extra` are further secret values, such as a key given as an argument."""
        values = {part for value in (*secrets_in(environ).values(), *extra) for part in _parts(value)}
        plain = {value for value in values if is_telling(value)}
        self._forms = sorted(
            {form for value in plain for form in _forms(value) if len(form) >= SHORTEST_SECRET}, key=len, reverse=True
        )

    def redact(self, text: str) -> str:
        """Return the text without secrets; other text is kept as it is."""
        if len(text) < SHORTEST_SECRET:
            return text
        return replaced(text, self._secrets(text), REPLACEMENT)

    def redact_json(self, value: Any, without: str = "") -> Any:
        """Return JSON data with every text in it redacted; the value of the key `without` is kept as it is."""
        if isinstance(value, str):
            return self.redact(value)
        if isinstance(value, list):
            return [self.redact_json(item, without) for item in value]
        if isinstance(value, dict):
            return {
                self.redact(key): item if key == without else self.redact_json(item, without)
                for key, item in value.items()
            }
        return value

    def _secrets(self, text: str) -> Iterator[Span]:
        yield from shaped(text)
        if reading := without_unseen(text):
            yield from map(reading.place, shaped(reading.text))
        if self._forms:
            yield from _places(text, self._forms)
            for reading in read_through(text):
                yield from map(reading.place, _places(reading.text, self._forms))


def is_telling(value: str) -> bool:
    """Return whether a secret value is searched for: not short, not a pattern, not a word of ordinary text."""
    if len(value) < SHORTEST_SECRET or len(set(value)) < _FEWEST_CHARACTERS:
        return False
    return value.lower() not in _common_values() and not (value.isdigit() and len(value) < _SHORTEST_NUMBER)


@cache
def _common_values() -> frozenset[str]:
    lines = _COMMON.read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


def _negative_length(form: str) -> int:
    return -len(form)


def _places(text: str, forms: Sequence[str]) -> Iterator[Span]:
    # The longest come first: those that are longer than the text are skipped at once.
    for form in forms[bisect_left(forms, -len(text), key=_negative_length) :]:
        start = text.find(form)
        while start >= 0:
            yield start, start + len(form)
            start = text.find(form, start + len(form))


def _parts(value: str) -> Iterator[str]:
    """Yield a value, and what of it is a secret by itself."""
    stripped = value.strip()
    yield stripped
    # One that spans lines, such as a PEM key, also shows up line by line in quoted output.
    for line in re.split(r"\r?\n|\\n", stripped) if "\n" in stripped or "\\n" in stripped else ():
        if not line.startswith("-----"):
            yield line.strip()
    if has_userinfo(stripped):
        from urllib.parse import unquote

        userinfo = stripped.partition("://")[2].partition("/")[0].rpartition("@")[0]
        password = userinfo.partition(":")[2] or userinfo
        yield from (userinfo, password, unquote(password))


def _forms(value: str) -> Iterator[str]:
    """Return the forms in which programs write a value."""
    import base64
    import json
    from html import escape
    from urllib.parse import quote, quote_plus

    data = value.encode("utf-8", "surrogatepass")
    yield from (value, data.hex(), data.hex().upper(), *(reading.text for reading in read_through(value)))
    yield from (quote(data, safe=""), quote_plus(data), quote(data), escape(value), escape(value, quote=False))
    yield from (json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1])
    for offset in range(3):
        encoded = base64.b64encode(bytes(offset) + data).decode()
        # Only the characters that no neighbour has a part in.
        whole = encoded[-(-8 * offset // 6) : 8 * (offset + len(data)) // 6]
        yield from (whole, whole.replace("+", "-").replace("/", "_"))
