"""What a model is shown of real failures: the outputs of benchmarks/prompts.yml, each with its excerpt.

outputs/NAME.txt is what a command printed in /srv/checkout, a line `===== shown =====`, and the excerpt. After a wanted
change: MTOR_WRITE_GOLDENS=1 pytest tests/implementer/failing_output/test_failure_excerpt.py
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from mtor_action.implementer.failing_output.failure_excerpt import MOST_CHARACTERS, excerpt_of
from mtor_action.implementer.failing_output.fault_localization import likely_files, line_in, mention

ROOT = "/srv/checkout"
OUTPUTS = sorted((Path(__file__).parent / "outputs").glob("*.txt"))
MARK = "\n===== shown =====\n"


@pytest.mark.parametrize("path", OUTPUTS, ids=lambda path: path.stem)
def test_what_is_shown_of_a_real_failure(path: Path) -> None:
    output, _, expected = path.read_text(encoding="utf-8").partition(MARK)
    shown = excerpt_of(output, ROOT)
    if os.environ.get("MTOR_WRITE_GOLDENS"):
        path.write_text(f"{output}{MARK}{shown}\n", encoding="utf-8")
    else:
        assert shown == expected.removesuffix("\n")
    assert ROOT not in shown
    assert "\x1b" not in shown
    assert not re.search(r"site-packages|node:internal|/usr/local/|\[ *100%\]|at 0x", shown)
    assert len(shown) <= MOST_CHARACTERS


def pytest_output(error: list[str], code: str = "assert f() == 1", frames: str = "") -> str:
    head = "=== FAILURES ===\n_______ test_f _______\n\n    def test_f():\n"
    errors = "\n".join(f"E       {line}" for line in error)
    place = f"\ntest_f.py:5: \n{frames}" if frames else ""
    end = "=== short test summary info ===\nFAILED test_f.py::test_f\n1 failed in 0.1s\n"
    return f"{head}>       {code}\n{place}{errors}\n\ntest_f.py:5: AssertionError\n{end}"


@pytest.mark.parametrize(
    ("first", "items", "is_shown"),
    [
        ("assert {'B': inf, 'C...'D': inf, ...} == {'A': 0, ...}", ["  {'D': inf} != {'D': 10}"], False),
        ("assert {'B': inf, 'C...'D': inf, ...} == {'A': 0, ...}", ["  {'D': [1,...]} != {'D': [2,...]}"], True),
        ("assert {'D': 1} == {'D': 2}", [], False),
        ("assert {'D': 1...} == {'D': 2...}", [], True),
    ],
)
def test_a_difference_that_says_again_what_is_above_it_is_left_out(
    first: str, items: list[str], *, is_shown: bool
) -> None:
    named = ["  Differing items:", *items] if items else []
    error = [first, *named, "  Full diff: (-: missing in left side, +: extra in left side)", "    {", "  -     'D': 2,"]
    assert ("Full diff" in excerpt_of(pytest_output(error), ROOT)) == is_shown


def test_of_a_long_difference_the_assertion_the_values_and_the_lines_that_differ_stay() -> None:
    same = [f"      {number}," for number in range(900)]
    error = [
        "assert [0, 1, 2, ...] == [0, 1, 2, ...]",
        "  At index 900 diff: 7 != 8",
        "  Full diff:",
        *same,
        "  -   8,",
        "  +   7,",
    ]
    shown = excerpt_of(pytest_output(error), ROOT)
    assert "assert [0, 1, 2, ...] == [0, 1, 2, ...]\n  At index 900 diff: 7 != 8" in shown
    assert shown.endswith("-   8,\n  +   7,")
    assert "450," not in shown


def test_of_one_endless_line_both_ends_stay_and_no_word_is_cut_in_two() -> None:
    key = "sk-" + "a1B2c3D4" * 9
    shown = excerpt_of(pytest_output([f"AssertionError: assert [{f'{key!r}, ' * 900}] == ['b']"]), ROOT)
    assert "AssertionError: assert ['sk-" in shown
    assert "] == ['b']" in shown
    assert "[...]" in shown
    assert shown.count("sk-") == shown.count(key)
    assert "D4" not in shown.replace(key, "")
    frames = f"_ _ _\n\nkey = '{key * 3}', n = 1\n\n>       f()\n\na.py:1: \n"
    values = excerpt_of(pytest_output(["ValueError"], frames=frames), ROOT)
    assert "sk-" not in values
    assert "where n = 1" in values


def test_of_many_frames_the_test_and_the_innermost_own_one_stay() -> None:
    own = "".join(
        f"_ _ _ _\n\n    def step_{n}():\n>       step_{n + 1}({'x' * 180})\n\nsteps.py:{n}: \n" for n in range(60)
    )
    library = "_ _ _ _\n\n>       raise KeyError(key)\n"
    output = pytest_output(["KeyError: 'k'"], frames=own + library).replace(
        "test_f.py:5: AssertionError", "/usr/lib/python3.12/collections/__init__.py:9: KeyError"
    )
    shown = excerpt_of(output, ROOT)
    assert shown.startswith("test_f\ntest_f.py:5\n")
    assert "steps.py:59\n    step_60(" in shown
    assert shown.endswith("KeyError: 'k'")
    assert "collections" not in shown


@pytest.mark.parametrize(
    "hostile",
    [
        " " * 200_000, "\t/a\n" * 20_000, "a/" * 50_000 + ".py:3", "at (node:" * 20_000, "at " + "(" * 100_000,
        "_" * 200_000, "___ x ___\n" + "E   y\n" * 20_000, "E", "___ a ___\nE   \n", "\x1b[31m" * 10_000,
    ],
)  # fmt: skip
def test_any_text_is_bounded(hostile: str) -> None:
    assert len(excerpt_of(hostile, ROOT)) <= MOST_CHARACTERS


FILES = {
    "src/data.py": "ROWS = [1]\n",
    "a.py": "def ordered(rows):\n    return rows\n",
    "pkg/__init__.py": "",
    "pkg/deep/count.go": "func (c Count) Words(text string) int {\n",
    "src/parse.mjs": "export function parse(text) {\n",
    "src/lexer.mjs": "export const lex = 1;\n",
}


@pytest.mark.parametrize(
    ("failures", "expected"),
    [
        ('File "src/data.py", line 3\n  File "a.py", line 7\nKeyError', ["a.py"]),
        ("test_a.py:3: assert", ["src/data.py", "a.py", "pkg/deep/count.go", "src/parse.mjs", "src/lexer.mjs"]),
        ("test_data.py:3\n    assert ordered([1]) == 1", ["a.py"]),
        ("count.go:12:3: undefined: x", ["pkg/deep/count.go"]),
        ("TypeError\n  at lex (src/lexer.mjs:2:4)\n  at parse (src/parse.mjs:9:1)", ["src/lexer.mjs"]),
        ("/elsewhere/checkout/src/data.py:4: error", ["src/data.py"]),
        ("Words() = 1, want 2; parse() too", ["pkg/deep/count.go", "src/parse.mjs"]),
    ],
)  # fmt: skip
def test_which_files_a_failure_is_about(failures: str, expected: list[str]) -> None:
    assert likely_files(FILES, failures) == expected


def test_after_the_file_that_is_named_come_those_that_it_uses() -> None:
    order = "from prices import gross\ndef total():\n"
    files = {"prices.py": "def gross(net):\n", "other.py": "def other():\n", "order.py": order}
    assert likely_files(files, "assert 7 == 36\n +  where 7 = total([10])") == ["order.py", "prices.py"]


def test_a_path_is_mentioned_as_a_whole_and_its_line_is_that_of_the_innermost_frame() -> None:
    assert not mention("a.py", "data.py:3 and test_a.py and a.py.orig and ba/a.pyx")
    assert line_in("a.py", 'File "a.py", line 5, in f\n  File "a.py", line 9, in g') == 9
    assert line_in("src/a.mjs", "at g (src/a.mjs:9:1)\nat f (src/a.mjs:5:2)") == 9
