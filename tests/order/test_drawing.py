"""The small graph that terminal and report show."""

from __future__ import annotations

import pytest

from mtor_action.order.batch import sort_stably
from mtor_action.order.drawing import draw


@pytest.mark.parametrize(
    ("after", "lines"),
    [
        ([(), (0,), (1,)], ["● 0", "● 1", "● 2"]),
        ([(), ()], ["● 0", "", "● 1"]),
        ([(), (0,), (0,), (1, 2)], ["● 0", "├─╮", "● │ 1", "│ ● 2", "├─╯", "● 3"]),
        ([(), (0,), (0, 1)], ["● 0", "● 1", "● 2"]),
        (
            [(), (0,), (0,), (0,), (1, 2, 3)],
            ["● 0", "├─┬─╮", "● │ │ 1", "│ ● │ 2", "│ │ ● 3", "├─┴─╯", "● 4"],
        ),
    ],
    ids=["chain", "apart", "diamond", "a longer way", "three abreast"],
)
def test_it_shows_what_comes_after_what(after: list[tuple[int, ...]], lines: list[str]) -> None:
    order = sort_stably(after)
    assert draw(after, order, {place: str(place) for place in order}).split("\n") == lines
