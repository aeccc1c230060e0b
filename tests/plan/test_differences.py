"""A miss says how its region differs from SEARCH, in lines of the file as it is on disk, and what caused it."""

from __future__ import annotations

import pytest

from planning import Files, edit, files, plan


def shown(text: str, tree: Files) -> list[str]:
    """Return the lines of help of the spec's only miss."""
    (fault,) = plan(text, tree).faults
    assert fault.rule == "hunk-not-found"
    return fault.help.splitlines()


def test_the_whole_hunk_decides_about_the_region_and_not_a_lone_bracket() -> None:
    text = "import a\n)\nb\nc = (\n  1\n)\nhooks(\n    Response,\n    hookimpl,\n)\n"
    lines = shown(edit("a.py", ("    Response,\n     hookimpl,\n)\n", "gone\n")), files(a_py=text))

    assert lines == [
        "the closest region, lines 8-10 of the file:",
        "    8 |     Response,",
        "    9 |     hookimpl,",
        "  yours      hookimpl,",
        "            ^ only blanks differ: 5 blanks here, 4 blanks in the file",
        "   10 | )",
    ]


def test_lines_are_numbered_as_the_file_has_them_whatever_earlier_hunks_did() -> None:
    text = edit("a.py", ("one\n", "one\n1.2\n1.4\n"), ("three = 4\nfour\n", "gone\n"))

    assert shown(text, files(a_py="one\ntwo\nthree = 3\nfour\n"))[0] == "the closest region, lines 3-4 of the file:"
    double = plan(edit("a.py", ("one\n", "one\n1.2\n"), ("b\n", "c\n")), files(a_py="one\nb\na\nb\n"))
    assert "2 places (lines 2, 4)" in double.faults[0].message


@pytest.mark.parametrize(
    ("sought", "line", "reason"),
    [
        ('desc:    "a",', 'desc:     "a",', "only blanks differ: 4 blanks here, 5 blanks in the file"),
        ("    x = 1", "\tx = 1", "indented with 4 blanks here, with 1 tab in the file"),
        ("cafe\u0301()", "caf\u00e9()", "decomposed (NFD) here, composed (NFC) in the file"),
        ("x\u00a0= 1", "x = 1", "U+00A0 NO-BREAK SPACE here"),
        ("x = 1", "x\u200b = 1", "U+200B ZERO WIDTH SPACE in the file"),
        ("call(a)", "call(b)", ""),
    ],
)
def test_the_characters_that_differ_are_marked_and_invisible_ones_named(sought: str, line: str, reason: str) -> None:
    lines = shown(edit("a.py", (f"{sought}\nkept line\n", "gone\n")), files(a_py=f"0\n{line}\nkept line\n"))

    assert lines[2] == f"  yours {sought}"
    assert lines[3].lstrip(" ").startswith("^")
    assert lines[3].lstrip(" ^").endswith(reason)
    differs = next(at for at, (one, other) in enumerate(zip(sought, line, strict=False)) if one != other)
    assert lines[3].index("^") == 8 + differs


@pytest.mark.parametrize("dots", ["    ...", "    # ...", "    \u2026", "  // ..."])
def test_an_ellipsis_in_search_is_named_as_the_cause(dots: str) -> None:
    text = edit("a.py", (f"def f():\n{dots}\n    return 1\n", "gone\n"))

    assert "is compared like any other line" in shown(text, files(a_py="def f():\n    a\n    b\n    return 1\n"))[0]
    # A lone ellipsis that the file has is code.
    other = shown(edit("a.py", ("def g():\n    ...\n", "gone\n")), files(a_py="def f():\n    ...\n"))
    assert other[0].startswith("the closest region")


def test_an_earlier_hunk_that_changed_the_lines_is_named() -> None:
    text = edit("a.py", ("a\n", "x1\nx2\n"), ("a\nb\n", "gone\n"))
    lines = shown(text, files(a_py="0\na\nb\n"))

    assert lines[0] == (
        "the cause: lines 2-3 of the file were equal, but the hunk of line 2 of this spec changed them before"
    )
    assert "  new | x2" in lines


def test_an_earlier_hunk_without_a_place_that_was_to_write_the_lines_is_named() -> None:
    made = plan(edit("a.py", ("A\n", "z\nnew line\n"), ("new line\n", "q\n")), files(a_py="0\na\n"))

    assert made.faults[1].help.startswith("the cause: the hunk of line 2, which has no place")
