"""Globs: what they match, however many wild parts they have, in little time."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtor_action.tree.globs import any_matches_cased

_WILD = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def by_regular_expression(glob: str, path: str) -> bool:
    """Return what a plain translation of the glob says, which may try every combination."""
    anywhere = glob if "/" in glob else f"**/{glob}"
    pieces = re.split(r"(\*\*/|/\*\*$|\*\*|\*|\?)", anywhere)
    meanings = {**_WILD, "/**": "/.*"}
    return re.fullmatch("".join(meanings.get(piece, re.escape(piece)) for piece in pieces), path, re.DOTALL) is not None


@given(
    st.lists(st.sampled_from(["**/", "*", "?", "a", "b", "/", "**", "/**"]), min_size=1, max_size=9).map("".join),
    st.text("ab/", max_size=12),
)
def test_many_wild_parts_mean_what_few_do(glob: str, path: str) -> None:
    assert any_matches_cased((glob,), path) == by_regular_expression(glob, path)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("glob", ["*a" * 30 + "b", "**/" * 40 + "b", "**a" * 30 + "b", "*/**/" * 20 + "x*y*z"])
def test_a_glob_with_many_wild_parts_ends_soon(glob: str) -> None:
    assert not any_matches_cased((glob,), "a/" * 60 + "a" * 250)
