"""The arguments of a tool call as models send them → one JSON object, if there is exactly one reading.

Raw line feeds inside strings, an object encoded twice, a block's fence around it, Python's notation, a comma too many:
cheap models send all of these, and each means one thing.
"""

from __future__ import annotations

import ast
import json
import re
from typing import Any

_FENCE = re.compile(r"\A```\w*[ \t]*\n(?P<body>.*)\n```\Z", re.DOTALL)
_STRING = re.compile(r"(\"(?:[^\"\\]|\\.)*\")", re.DOTALL)
_STRAY = re.compile(r",(?=\s*[}\]])|\\n")
_MOST_PYTHON_CHARACTERS = 100_000


class Unreadable(ValueError):
    """The arguments have no single reading; the message says why."""


def read_object(text: str) -> dict[str, object]:
    """Return the object that `text` means; {} for nothing at all. Raises Unreadable."""
    value = _value(text.strip())
    for _ in range(2):
        if isinstance(value, str):
            value = _value(value.strip())
    if value is None or value in ("", []):
        return {}
    if not isinstance(value, dict):
        raise Unreadable("not an object")
    return value


def _value(text: str) -> Any:
    fenced = _FENCE.match(text)
    text = fenced["body"].strip() if fenced else text
    if not text:
        return None
    try:
        return _json(text)
    except (ValueError, RecursionError) as error:
        repaired = _without_strays(text)
        if repaired != text:
            try:
                return _json(repaired)
            except (ValueError, RecursionError):
                pass
        python = _python(text)
        if python is None:
            raise error if isinstance(error, Unreadable) else Unreadable(f"not JSON: {error}") from error
        return python


def _json(text: str) -> Any:
    value, end = json.JSONDecoder(strict=False).raw_decode(text)
    remainder = text[end:].strip()
    if remainder.startswith(("{", "[")):
        raise Unreadable("more than one object; make one call for each")
    if remainder.strip(",;} \n`"):
        raise ValueError(f"unexpected text after the object: {remainder[:40]!r}")
    return value


def _without_strays(text: str) -> str:
    r"""Drop, outside of strings, a comma before a closing bracket and a `\n` between values."""
    parts = _STRING.split(text)
    return "".join(part if index % 2 else _STRAY.sub("", part) for index, part in enumerate(parts))


def _python(text: str) -> Any:
    if len(text) > _MOST_PYTHON_CHARACTERS or not text.startswith("{"):
        return None
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None
    return value if isinstance(value, dict) and all(isinstance(key, str) for key in value) else None
