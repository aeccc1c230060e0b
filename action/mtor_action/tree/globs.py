"""Globs as in .gitignore: `**` for any folders, `*` and `?` within a name; without a slash, at any depth.

Letter case does not count, as on file systems that do not tell it apart.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from mtor_action.tree.path_policy import folded

if TYPE_CHECKING:
    from collections.abc import Iterable

_WILD = re.compile(r"[*?]")


def any_matches(globs: Iterable[str], path: str) -> bool:
    """Return whether one of the globs matches the path."""
    return any(_compiled(glob).fullmatch(folded(path)) for glob in globs)


def any_matches_cased(globs: Iterable[str], path: str) -> bool:
    """Return whether one of the globs matches the path letter for letter."""
    return any(_cased(glob).fullmatch(path) for glob in globs)


def matches_one_of(glob: str, folded_paths: Iterable[str]) -> bool:
    """Return whether the glob matches one of many paths, which are `folded` already."""
    pattern = _pattern(glob)
    head, *pieces = _WILD.split(pattern)
    # Compiling costs more than a hundred comparisons, and most globs of many notes match nothing.
    tail = pieces[-1].lstrip("/") if pieces else head
    return any(
        _compiled(glob).fullmatch(path) for path in folded_paths if path.startswith(head) and path.endswith(tail)
    )


def is_within(inner: str, outer: str) -> bool:
    """Return whether `outer` certainly matches all that `inner` matches; False where that is not plain to see."""
    narrow, wide = _pattern(inner), _pattern(outer)
    if narrow == wide or wide in ("**", "**/*", "**/**"):
        return True
    if not _WILD.search(narrow):
        return _compiled(outer).fullmatch(narrow) is not None
    head, name = wide.removesuffix("/**"), wide.removeprefix("**/")
    if head != wide and not _WILD.search(head):
        return narrow.startswith(f"{head}/")
    last = narrow.rpartition("/")[2]
    if name != wide and "/" not in name and last != "**":
        return last == name or (not _WILD.search(last) and _compiled(outer).fullmatch(last) is not None)
    return False


@cache
def _compiled(glob: str) -> re.Pattern[str]:
    return _translated(_pattern(glob))


@cache
def _cased(glob: str) -> re.Pattern[str]:
    return _translated(_anywhere(glob))


def _translated(pattern: str) -> re.Pattern[str]:
    pieces = re.split(r"(\*\*/|/\*\*$|\*\*|\*|\?)", pattern)
    meaning = {"**/": "(?:.*/)?", "/**": "/.*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(meaning.get(piece, re.escape(piece)) for piece in pieces), re.DOTALL)


def _pattern(glob: str) -> str:
    return folded(_anywhere(glob))


def _anywhere(glob: str) -> str:
    return glob if "/" in glob else f"**/{glob}"
