"""Whose texts a model read before it wrote this one: a hidden line, which gives a spec the standing of all of them.

    <!-- mtor:read User:7:alice,User:9:bob -->

The line only adds authors, so that nobody gains anything by writing it; what cannot be read in it is taken for somebody
unknown, who is trusted with nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from mtor_action.github.texts.authors import UNKNOWN, Author

_LINE = re.compile(r"(?mi)^[ \t]*<!--[ \t]*mtor:read\b(?P<accounts>[^\n]*)$")
_ACCOUNT = re.compile(r"(?P<type>[A-Za-z]{0,20}):(?P<id>[0-9]{1,18}):(?P<login>(?:[A-Za-z0-9_-]{1,80}(?:\[bot\])?)?)")


def read_line(authors: Iterable[Author]) -> str:
    """Return the line that names these authors, each once."""
    accounts = (f"{author.type}:{author.id}:{author.login}" for author in dict.fromkeys(authors))
    return f"<!-- mtor:read {','.join(accounts)} -->"


def authors_read(text: str) -> tuple[Author, ...]:
    """Return the accounts that all such lines of a text name, in their order, each once."""
    lines = (line["accounts"].strip().removesuffix("-->") for line in _LINE.finditer(text.replace("\r\n", "\n")))
    words = [word for line in lines for word in line.split(",")]
    return tuple(dict.fromkeys(_author(word.strip()) for word in words))


def _author(word: str) -> Author:
    match = _ACCOUNT.fullmatch(word)
    return Author(int(match["id"]), match["login"], match["type"]) if match and int(match["id"]) else UNKNOWN
