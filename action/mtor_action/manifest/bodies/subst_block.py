"""The parts of a `subst=GLOB` block that other blocks do not have: the glob, and hunks within one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.lazy_patterns import lazy_pattern
from mtor_action.tree.path_policy import path_fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from mtor_action.manifest.bodies.hunks import Hunk

_WILD = lazy_pattern(r"[*?]+")


def glob_fault(glob: str) -> str:
    """Return why no file that a spec may change has a path of this form, with what was expected; "" if some may."""
    if glob.startswith("!"):
        return f'"{glob}" begins with "!", expected a glob without exceptions'
    # A name that is all wild may be any; `x` stands for whatever it matches.
    return path_fault(_WILD.sub("x", glob), is_new=False)


def check_one_line(hunk: Hunk, fault: Callable[[str, int, str, str], None]) -> bool:
    """Return whether SEARCH is one line and REPLACE at most one; what is wrong goes to `fault`."""
    if hunk.search == (b"",):
        fault("empty-search", hunk.line, "SEARCH is an empty line, expected text within a line", "")
        return False
    if len(hunk.search) == 1 and len(hunk.replace) <= 1:
        return True
    sides = f"SEARCH has {len(hunk.search)} lines and REPLACE {len(hunk.replace)}"
    fault(
        "subst-line",
        hunk.line,
        f"{sides}, expected one line in SEARCH and at most one in REPLACE",
        "subst replaces text within lines; use edit=PATH for whole lines",
    )
    return False
