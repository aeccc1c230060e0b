from __future__ import annotations

import pytest

from planning import after, edit, files, plan, rules, state


def placed(before: str | bytes, *hunks: tuple[str, str], attributes: str = "") -> bytes:
    return after(edit("a.py", *hunks, attributes=attributes), {"a.py": state(before)})["a.py"].content


def how(before: str, *hunks: tuple[str, str]) -> tuple[str, str]:
    landing = plan(edit("a.py", *hunks), {"a.py": state(before)}).landings[0]
    return landing.placement, landing.note


def test_the_one_exact_place_is_replaced_and_called_exact() -> None:
    assert placed("a\nb\nc\n", ("b\n", "B\nB2\n")) == b"a\nB\nB2\nc\n"
    assert how("a\nb\nc\n", ("b\n", "B\n")) == ("exact", "")


def test_an_exact_place_wins_over_one_that_differs_in_white_space() -> None:
    assert placed("  b\nb\n", ("b\n", "B\n")) == b"  b\nB\n"


@pytest.mark.parametrize(
    ("before", "search", "replace", "result", "note"),
    [
        (
            "x\n    if a:\n        b\n",
            "if a:\n    b\n",
            "if a:\n    c\n",
            b"x\n    if a:\n        c\n",
            "indented further",
        ),
        ("\tif a:\n\t\tb\n", "if a:\n\tb\n", "if a:\n\tc\n\n\td\n", b"\tif a:\n\t\tc\n\n\t\td\n", "indented further"),
        ("if a:\n    b\n", "    if a:\n        b\n", "    if a:\n        c\n", b"if a:\n    c\n", "indented less"),
        ("a  \nb\n", "a\nb\n", "a\nc\n", b"a  \nc\n", "trailing white space differs"),
        ("a\nb\n", "a \nb\t\n", "a \nc\n", b"a\nc\n", "trailing white space differs"),
    ],
)
def test_the_second_look_allows_one_uniform_shift_or_trailing_white_space(
    before: str, search: str, replace: str, result: bytes, note: str
) -> None:
    assert placed(before, (search, replace)) == result
    assert how(before, (search, replace)) == ("adjusted", note)


@pytest.mark.parametrize(
    ("before", "search"),
    [
        ("  a\n    b\n", "a\nb\n"),  # the shift differs from line to line
        ("  a\n\tb\n", "a\nb\n"),
        ("\ta\n", "    a\n"),  # a tab is no four spaces
        ("a  b\n", "a b\n"),
        ("  a \n", "a\n"),  # both at once
        ("A\n", "a\n"),
        ("colour = 1\n", "color = 1\n"),  # alike is not equal
    ],
)
def test_nothing_else_is_ever_placed(before: str, search: str) -> None:
    assert rules(edit("a.py", (search, "z\n")), {"a.py": state(before)}) == ["hunk-not-found"]


def test_a_miss_shows_the_closest_region_with_its_line_numbers() -> None:
    made = plan(edit("a.py", ("def f():\n    return 2\n", "x\n")), files(a_py="import x\n\ndef f():\n    return 1\n"))

    assert made.unplaced[0].diagnostic.help.splitlines() == [
        "the closest region, lines 3-4 of the file:",
        "    3 | def f():",
        "    4 |     return 1",
        "  yours     return 2",
        "                   ^",
    ]
    assert made.unplaced[0].search == (b"def f():", b"    return 2")


def test_a_miss_far_from_everything_says_so() -> None:
    made = plan(edit("a.py", ("zzzzzzzz\n", "x\n")), files(a_py="import x\n"))

    assert "right file" in made.unplaced[0].diagnostic.help


def test_two_places_are_ambiguous_and_their_lines_are_listed() -> None:
    made = plan(edit("a.py", ("b\n", "c\n")), files(a_py="b\na\nb\n"))

    assert [hunk.diagnostic.rule for hunk in made.unplaced] == ["hunk-ambiguous"]
    assert "2 places (lines 1, 3)" in made.unplaced[0].diagnostic.message
    assert "count=2" in made.unplaced[0].diagnostic.help


def test_two_adjusted_places_are_ambiguous_too() -> None:
    assert rules(edit("a.py", ("b\n", "c\n")), files(a_py="  b\na\n    b\n")) == ["hunk-ambiguous"]


def test_count_replaces_exactly_so_many_places() -> None:
    assert placed("b\na\nb\n", ("b\n", "c\nd\n"), attributes="count=2") == b"c\nd\na\nc\nd\n"
    assert rules(edit("a.py", ("b\n", "c\n"), attributes="count=3"), files(a_py="b\na\nb\n")) == ["hunk-ambiguous"]
    assert rules(edit("a.py", ("x\n", "c\n"), attributes="count=2"), files(a_py="b\n")) == ["hunk-not-found"]


def test_count_never_takes_the_second_look() -> None:
    assert rules(edit("a.py", ("b\n", "c\n"), attributes="count=2"), files(a_py=" b\n b\n")) == ["hunk-not-found"]


def test_overlapping_places_are_ambiguous_even_with_their_count() -> None:
    assert rules(edit("a.py", ("b\nb\n", "c\n"), attributes="count=2"), files(a_py="b\nb\nb\n")) == ["hunk-ambiguous"]


def test_a_second_hunk_may_rest_on_the_first() -> None:
    assert placed("a\n", ("a\n", "b\nc\n"), ("c\n", "d\n")) == b"b\nd\n"


def test_a_second_hunk_that_fails_is_reported_at_its_own_line() -> None:
    made = plan(edit("a.py", ("a\n", "b\n"), ("zzz\n", "d\n")), files(a_py="a\n"))

    assert [(found.rule, found.line) for found in made.faults] == [("hunk-not-found", 7)]


def test_an_edit_may_empty_a_file() -> None:
    assert placed("a\nb\n", ("a\nb\n", "")) == b""


def test_a_long_repetitive_file_is_searched_in_good_time() -> None:
    tree = files(a_py="x\n" * 6_000)

    assert rules(edit("a.py", ("x\n" * 3_000, "y\n")), tree) == ["hunk-ambiguous"]
    assert rules(edit("a.py", (" x\n" * 3_000, "y\n")), tree) == ["hunk-ambiguous"]
    assert rules(edit("a.py", ("x\n" * 3_000 + "z\n", "y\n")), tree) == ["hunk-not-found"]
