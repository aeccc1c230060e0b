"""Lines that two specs change though neither comes after the other."""

from __future__ import annotations

import pytest

from mtor_action.order.overlaps import overlaps
from mtor_action.tree.changes import Change, FileState

OLD = b"1\n2\n3\n4\n5\n6\n"


def change(new: bytes | None, old: bytes | None = OLD, path: str = "a") -> list[Change]:
    states = [None if content is None else FileState(content) for content in (old, new)]
    return [Change(path, states[0], states[1])]


@pytest.mark.parametrize(
    ("one", "other", "lines"),
    [
        (change(b"1\nb\n3\n4\n5\n6\n"), change(b"1\nc\n3\n4\n5\n6\n"), ["2"]),
        (change(b"1\nb\nb\n4\n5\n6\n"), change(b"1\n2\nc\nc\n5\n6\n"), ["3"]),
        (change(OLD + b"b\n"), change(OLD + b"c\n"), ["7"]),
        (change(b"1\nb\n3\n4\n5\n6\n"), change(b"1\n2\n3\n4\nc\n6\n"), []),
        (change(b"b\n", None), change(b"c\n", None), [""]),
        (change(b"b\n", None), change(b"b\n", None), []),
        (change(None), change(b"1\n"), [""]),
        (change(b"b\n"), change(b"b\n", OLD, "b"), []),
    ],
    ids=["one line", "side by side", "both append", "apart", "two files", "the same", "deleted", "other paths"],
)
def test_it_names_the_lines_that_would_conflict(one: list[Change], other: list[Change], lines: list[str]) -> None:
    assert [overlap.lines for overlap in overlaps([(), ()], {0: one, 1: other})] == lines


def test_specs_with_an_order_do_not_overlap() -> None:
    appended, again = change(OLD + b"b\n"), change(OLD + b"c\n")
    assert list(overlaps([(), (0,), (1,)], {0: appended, 2: again})) == []
