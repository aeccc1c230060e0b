"""A few lines that come back corrected take the place of those that were asked for, and nothing else does."""

from __future__ import annotations

import pytest

from mtor_action.implementer.answered_files.corrected_lines import begins_alike, corrected

TEXT = "def f(a):\n    if a:\n        b = g(a)\n        return b\n    return 0\n"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param("b = g(-a)\n", "        b = g(-a)\n", id="alone"),
        pytest.param("        b = g(-a)\n", "        b = g(-a)\n", id="with its indentation"),
        pytest.param("\n\n  b = g(-a)\n\n", "        b = g(-a)\n", id="with blanks around it"),
        pytest.param("b = g(-a)\nreturn b\n", "        b = g(-a)\n", id="with the line after it"),
        pytest.param("    if a:\n        b = g(-a)\n", "        b = g(-a)\n", id="with the line before it"),
        pytest.param(
            "def f(a):\n    if a:\n        b = g(-a)\n        return b\n",
            "        b = g(-a)\n",
            id="with all around it",
        ),
        pytest.param("c = -a\nb = g(c)\n", "        c = -a\n        b = g(c)\n", id="two for one"),
        pytest.param("if a > 1:\n    b = g(a)\n", "        if a > 1:\n            b = g(a)\n", id="a block for one"),
        pytest.param("", None, id="nothing"),
        pytest.param("b = g(-a\n", None, id="what does not parse"),
        pytest.param("-b = g(a)\n+b = g(-a)\n", None, id="a diff"),
        pytest.param("1\n2\n3\n4\n5\n", None, id="much more"),
        pytest.param("def f(a):\n    return g(-a)\n", None, id="the function itself"),
        pytest.param("b = g(a)\nb = g(-a)\n", "        b = g(-a)\n", id="after the old one"),
        pytest.param("# before\nb = g(a)  # wrong\n\n# after\nb = g(-a)\n", "        b = g(-a)\n", id="with comments"),
        pytest.param("b = g(a)\nb = -b\n", "        b = g(a)\n        b = -b\n", id="going on from the old one"),
        pytest.param("b = g(a)\nuse(b)\n", "        b = g(a)\n        use(b)\n", id="something after the old one"),
        pytest.param("...\n    b = g(-a)\n    # ...\n", "        b = g(-a)\n", id="between dots"),
        pytest.param("    if a:\n\n        b = g(-a)\n", "        b = g(-a)\n", id="after a neighbour and a blank"),
        pytest.param('b = """\nx\n"""\n', '        b = """\nx\n"""\n', id="a text over lines"),
        pytest.param('        b = """\nx\n"""\n', '        b = """\nx\n"""\n', id="a text over lines, indented"),
        pytest.param("return b\n", None, id="a copy of the next line"),
        pytest.param("if a:\n", None, id="a copy of the line before"),
        pytest.param("# nothing is wrong here\n", None, id="a comment alone"),
        pytest.param("...\n", None, id="dots alone"),
        pytest.param("pass\n", None, id="a statement that does nothing"),
        pytest.param("38\n", None, id="output"),
        pytest.param("pytest -q\n", None, id="a command that happens to parse"),
    ],
)
def test_a_line_that_comes_back_takes_the_place_of_the_one_that_was_asked_for(
    answer: str, expected: str | None
) -> None:
    whole = corrected(TEXT, 3, 3, answer)
    assert whole == (None if expected is None else TEXT.replace("        b = g(a)\n", expected))


SEVERAL = "def f(a):\n    if a:\n        b = 1\n    return b\n"


@pytest.mark.parametrize(
    ("first", "answer", "expected"),
    [
        pytest.param(3, "        b = 2\n    return 3\n", "        b = 2\n    return 3\n", id="as in the file"),
        pytest.param(3, "    b = 2\nreturn 3\n", "        b = 2\n    return 3\n", id="as they were shown"),
        pytest.param(3, "b = 2\nreturn 3\n", "        b = 2\n    return 3\n", id="without any indentation"),
        pytest.param(3, "            b = 2\n        return 3\n", "        b = 2\n    return 3\n", id="with more"),
        pytest.param(3, "    b = 2\n    c = 3\n", "        b = 2\n        c = 3\n", id="both at one"),
        pytest.param(3, "  b = 2\n return 3\n", None, id="with one that fits nowhere"),
    ],
)
def test_several_lines_keep_their_indentation(first: int, answer: str, expected: str | None) -> None:
    whole = corrected(SEVERAL, first, 4, answer)
    assert whole == (None if expected is None else SEVERAL.replace("        b = 1\n    return b\n", expected))


def test_a_line_of_a_language_without_a_parser_is_placed_as_it_is() -> None:
    text = "function f(a) {\n  return a - 1;\n}\n"
    assert corrected(text, 2, 2, "return a + 1;\n") == text.replace("a - 1", "a + 1")
    assert corrected(text, 2, 2, "function f(a) {\n  return a + 1;\n}\n") == text.replace("a - 1", "a + 1")


CHECK = "function check(a) {\n  if (a < 0) throw new Error('no');\n  return a;\n}\n"


@pytest.mark.parametrize(
    ("line", "answer", "expected"),
    [
        pytest.param(2, "if (a <= 0) throw new Error('no');\n", "  if (a <= 0) throw new Error('no');\n", id="alike"),
        pytest.param(3, "const b = a + 1;\nreturn b;\n", "  const b = a + 1;\n  return b;\n", id="two for one"),
        pytest.param(4, "};\n", "};\n", id="without a word"),
        pytest.param(2, "// This line is wrong\n", None, id="a remark"),
        pytest.param(2, "/* wrong */\n", None, id="another remark"),
        pytest.param(2, "node --test\n", None, id="a command"),
        pytest.param(3, "Error: no\n", None, id="output"),
        pytest.param(3, "function check(a)\n{\n  return a + 1;\n}\n", None, id="all of it, laid out otherwise"),
    ],
)
def test_a_line_of_another_language_is_replaced_by_what_looks_like_it(
    line: int, answer: str, expected: str | None
) -> None:
    old = CHECK.split("\n")[line - 1]
    assert corrected(CHECK, line, line, answer) == (None if expected is None else CHECK.replace(f"{old}\n", expected))


def test_a_remark_may_take_the_place_of_a_remark() -> None:
    text = "// one\nvar a = 1;\n"
    assert corrected(text, 1, 1, "// two\n") == text.replace("one", "two")
    assert corrected("let a = 1;\n", 1, 1, "const a = 1;\n") == "const a = 1;\n"


def test_a_block_with_none_of_the_first_words_of_the_lines_is_something_else() -> None:
    assert begins_alike(["    return a - 1;"], "return a + 1;")
    assert not begins_alike(["    return a - 1;"], "npm test")
