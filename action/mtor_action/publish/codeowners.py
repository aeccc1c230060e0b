"""CODEOWNERS: who owns which paths, by the last line that matches.

https://docs.github.com/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

# The first that exists counts.
LOCATIONS = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
MOST_BYTES = 3_000_000  # GitHub reads no larger one
MOST_STARS = 12  # each makes matching slower
_WORDS = re.compile(r"(?:\\.|[^\s\\])+")
_PIECES = re.compile(r"(\*\*/|/\*\*$|\*\*|\*|\?)")
_MEANING = {"**/": "(?:.*/)?", "/**": "/.*", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def owners_of(text: str, paths: Iterable[str]) -> list[str]:
    """Return the owners of these paths as the file names them (`@login`, `@org/team`, an address), each once."""
    rules = [rule for line in text.splitlines() if (rule := _rule(line))]
    owners_in_order: dict[str, None] = {}
    for path in paths:
        last = next((owners for pattern, owners in reversed(rules) if _compiled(pattern).fullmatch(path)), ())
        owners_in_order |= dict.fromkeys(last)
    return list(owners_in_order)


def _rule(line: str) -> tuple[str, tuple[str, ...]] | None:
    """Pattern and owners; None for a comment, and for what GitHub passes over: negations, classes, an escaped `#`."""
    words = _WORDS.findall(line)
    if not words or words[0].startswith(("#", "!", "\\#")) or "[" in words[0] or words[0].count("*") > MOST_STARS:
        return None
    comment = next((at for at, word in enumerate(words) if word.startswith("#")), len(words))
    return words[0].replace("\\ ", " "), tuple(words[1:comment])


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Match as .gitignore does, but `docs/*` only matches files in docs itself; letter case counts."""
    start = "" if "/" in pattern.rstrip("/") else "(?:.*/)?"
    pieces = _PIECES.split(pattern.strip("/"))
    below = "/.*" if pattern.endswith("/") else "" if pattern.endswith("/*") else "(?:/.*)?"
    return re.compile(start + "".join(_MEANING.get(piece, re.escape(piece)) for piece in pieces) + below, re.DOTALL)
