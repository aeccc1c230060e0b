"""Lines replaced byte for byte, and lines found again in a later version of their file."""

from __future__ import annotations

import pytest

from mtor_action.authoring.suggested_lines import LineSpan, Replacement, replaced, span_in

OLD = b"a\nb\nc\nd\n"


def test_spans_of_one_file_are_replaced_together_whatever_their_order() -> None:
    edits = [Replacement(LineSpan(1, 1), (b"A", b"A2")), Replacement(LineSpan(3, 4), ())]
    assert replaced(OLD, edits) == replaced(OLD, edits[::-1]) == b"A\nA2\nb\n"


def test_mixed_line_endings_stay_as_they_were_beside_the_new_lines() -> None:
    assert replaced(b"a\r\nb\nc\r\n", [Replacement(LineSpan(2, 3), (b"B", b"C", b"D"))]) == b"a\r\nB\nC\r\nD\r\n"


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (OLD, LineSpan(2, 3)),
        (b"x\n" + OLD, LineSpan(3, 4)),
        (OLD + b"x\n", LineSpan(2, 3)),
        (b"b\nc\nd\n", LineSpan(1, 2)),
        (b"a\nb\nx\nc\nd\n", None),
        (b"a\nb\nC\nd\n", None),
        (b"a\nb \nc\nd\n", None),
        (b"a\nx\nb\nc\nx\nd\n", LineSpan(3, 4)),
        (b"", None),
    ],
)
def test_lines_are_found_where_others_came_and_went_and_not_once_they_changed(
    new: bytes, expected: LineSpan | None
) -> None:
    assert span_in(OLD, new, LineSpan(2, 3)) == expected


def test_lines_beyond_the_end_are_nowhere() -> None:
    assert span_in(OLD, OLD, LineSpan(4, 5)) is None
