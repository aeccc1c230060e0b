"""Globs as in .gitignore: `**` for any folders, `*` and `?` within a name; without a slash, at any depth.

Letter case does not count, as on file systems that do not tell it apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from mtor_action.lazy_patterns import lazy_pattern
from mtor_action.tree.path_policy import folded

_WILD = lazy_pattern(r"[*?]")
_PIECES = lazy_pattern(r"(\*\*/|/\*\*$|\*\*|\*|\?)")
_MEANINGS = {"**/": "(?:.*/)?", "/**": "/.*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
_MOST_TRIED = 2
_IN_FOLDER = "…/"  # within the folders that **/ stands for


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
def _compiled(glob: str) -> re.Pattern[str] | _Stepwise:
    return _translated(_pattern(glob))


@cache
def _cased(glob: str) -> re.Pattern[str] | _Stepwise:
    return _translated(_anywhere(glob))


def _translated(pattern: str) -> re.Pattern[str] | _Stepwise:
    pieces = [piece for piece in _PIECES.split(pattern) if piece]
    if sum(piece in _MEANINGS and piece != "?" for piece in pieces) > _MOST_TRIED:
        return _Stepwise(pieces)
    return re.compile("".join(_MEANINGS.get(piece, re.escape(piece)) for piece in pieces), re.DOTALL)


class _Stepwise:
    """A glob with many wild parts, which a regular expression would try in every combination."""

    def __init__(self, pieces: Iterable[str]) -> None:
        parts = {"**/": ("**/", _IN_FOLDER), "/**": ("/", "**")}
        whole = frozenset(_MEANINGS)
        self._steps = [step for piece in pieces for step in parts.get(piece, [piece] if piece in whole else piece)]

    def fullmatch(self, path: str) -> bool | None:
        """Return True if the glob matches the whole path, else None, in time of their lengths' product."""
        at = self._idle({0})
        for sign in path:
            at = self._idle({after for number in at for after in self._after(number, sign)})
        return True if len(self._steps) in at else None

    def _idle(self, at: set[int]) -> set[int]:
        """Return also the steps that are reached without a character."""
        reached = set()
        left = list(at)
        while left:
            number = left.pop()
            if number not in reached:
                reached.add(number)
                step = self._steps[number] if number < len(self._steps) else ""
                left += [number + 2] if step == "**/" else [number + 1] if step in ("*", "**") else []
        return reached

    def _after(self, number: int, sign: str) -> Iterator[int]:
        step = self._steps[number] if number < len(self._steps) else ""
        if step in (_IN_FOLDER, "**") or (step == "*" and sign != "/"):
            yield number
        if step in (sign, "**/") or (step == "?" and sign != "/") or (step == _IN_FOLDER and sign == "/"):
            yield number + 1
        if step == "**/" and sign == "/":
            yield number + 2


def _pattern(glob: str) -> str:
    return folded(_anywhere(glob))


def _anywhere(glob: str) -> str:
    return glob if "/" in glob else f"**/{glob}"
