"""Paths of keys and headings: parts with dots between them, a part with a dot of its own in quotes.

jobs.test.steps     tool."a.b".x     ## Install (one heading by its level and its whole text)
"""

from __future__ import annotations

import re

from mtor_action.symbols.naming import plain

MOST_CHARACTERS = 400  # of a path
_QUOTES = "\"'"
_HEADING = re.compile(r"(?P<marks>#{1,6})\s+(?P<text>.*)", re.DOTALL)


def joined(parent: str | None, name: str) -> str | None:
    """Return the path of `name` inside of `parent` ("" is the file); None if no spec can write it."""
    part = _part(name)
    if parent is None or part is None:
        return None
    path = f"{parent}.{part}" if parent else part
    return path if len(path) <= MOST_CHARACTERS else None


def _part(name: str) -> str | None:
    if not name.isprintable() or len(name) > MOST_CHARACTERS:
        return None
    is_plain = name and name[0] not in f"{_QUOTES}#" and "." not in name and name == name.strip()
    if is_plain:
        return name
    quote = next((quote for quote in _QUOTES if quote not in name), None)
    return f"{quote}{name}{quote}" if quote else None


def as_parts(text: str) -> list[str] | None:
    """Return the names in a path as it was typed; None if it cannot be read."""
    parts: list[str] = []
    rest = text
    while True:
        if rest[:1] and rest[0] in _QUOTES:
            end = rest.find(rest[0], 1)
            if end < 0:
                return None
            part, rest = rest[1:end], rest[end + 1 :]
        else:
            at = rest.find(".")
            part, rest = (rest, "") if at < 0 else (rest[:at], rest[at:])
            if not part:
                return None
        parts.append(part)
        if not rest:
            return parts
        if rest[0] != ".":
            return None
        rest = rest[1:]


def path_of(names: list[str]) -> str | None:
    """Return the path of these names, from the outermost on."""
    path: str | None = ""
    for name in names:
        path = joined(path, name)
    return path


def heading_form(level: int, text: str) -> str:
    """Return the form that names a heading by its level and text."""
    return f"{'#' * level} {plain(text)}"


def typed_heading(text: str) -> str | None:
    """Return a typed `## Install` as `heading_form` gives it; None for another form."""
    match = _HEADING.fullmatch(text)
    return heading_form(len(match["marks"]), match["text"]) if match else None
