"""The test that fails, where its runner prints a place and values alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mtor_action.implementer.failing_output.lines_of_test import with_test_lines
from scripted_runs import block, spec
from standins.model import say

if TYPE_CHECKING:
    from scripted_runs import Runner

GO = """package count

import "testing"

func TestWords(t *testing.T) {
\tgot := Words("a b c")
\tif got != 3 {
\t\tt.Errorf("got %d", got)
\t}
}
"""
RUST = """use twice::twice;

#[test]
fn doubles() {
    assert_eq!(
        twice(2),
        4
    );
}
"""
NODE = """import {sum} from '../src/sum.mjs'

test('adds', () => {
  const numbers = [1, 2]
  assert.equal(sum(numbers), 3)
})
"""
PYTHON = """import dates


class Dates(unittest.TestCase):
    def test_parse(self):
        self.assertEqual(1, 1)

    def test_shown(self):
        day = dates.parse("2026-01-31")
        self.assertEqual(day.isoformat(), "2026-01-31")
"""
LONG = "".join(f"step({number})\n" for number in range(40))


@pytest.mark.parametrize(
    ("path", "text", "failures", "shown"),
    [
        pytest.param(
            "count_test.go",
            GO,
            "--- FAIL: TestWords (0.00s)\n    count_test.go:8: got 2",
            'func TestWords(t *testing.T) {\n\tgot := Words("a b c")\n\tif got != 3 {\n\t\tt.Errorf("got %d", got)',
            id="go",
        ),
        pytest.param(
            "tests/twice.rs",
            RUST,
            "panicked at tests/twice.rs:5:5:\n  left: 5\n right: 4",
            "fn doubles() {\n    assert_eq!(\n        twice(2),\n        4\n    );",
            id="a call of several lines",
        ),
        pytest.param(
            "test/sum.test.mjs",
            NODE,
            "not ok 1 - adds\n  location: 'test/sum.test.mjs:3:1'\n-3 !== 3\n"
            "    TestContext.<anonymous> (test/sum.test.mjs:5:10)",
            "test('adds', () => {\n  const numbers = [1, 2]\n  assert.equal(sum(numbers), 3)",
            id="node",
        ),
        pytest.param(
            "test_dates.py",
            PYTHON,
            'File "test_dates.py", line 10, in test_shown\n    self.assertEqual(day.isoformat(), "2026-01-31")',
            'def test_shown(self):\n    day = dates.parse("2026-01-31")\n    '
            'self.assertEqual(day.isoformat(), "2026-01-31")',
            id="unittest",
        ),
        pytest.param(
            "test_long.py", LONG, "test_long.py:30", "step(26)\nstep(27)\nstep(28)\nstep(29)", id="no test opens"
        ),
    ],
)
def test_the_lines_up_to_the_one_that_fails_are_added(path: str, text: str, failures: str, shown: str) -> None:
    added = with_test_lines(failures, {path: text}.get).removeprefix(f"{failures}\n\n")
    head, _, lines = added.partition("\n")
    assert head.startswith(f"The test, {path} up to line ")
    assert lines == "\n".join(f"    {line}" for line in shown.split("\n"))


@pytest.mark.parametrize(
    "failures",
    [
        pytest.param("FAIL: 2 is not 3", id="no place"),
        pytest.param("src/sum.mjs:2:1", id="not a test"),
        pytest.param("count_test.go:99: gone", id="a line that is not there"),
        pytest.param(f"count_test.go:8: got 2\n{GO}", id="shown already"),
    ],
)
def test_nothing_is_added_where_there_is_nothing_to_add(failures: str) -> None:
    assert with_test_lines(failures, {"count_test.go": GO}.get) == failures


def test_a_line_of_a_test_that_is_very_long_is_not_added() -> None:
    text = f"def test_it():\n    values = [{'1, ' * 900}]\n    assert total(values) == 900\n"
    shown = with_test_lines("test_it.py:3: wrong", {"test_it.py": text}.get)
    assert shown.endswith("up to line 3:\n    assert total(values) == 900")


def test_the_model_is_shown_the_test_and_asked_about_what_it_calls(runner: Runner) -> None:
    test = "grep -q 'a + b' src/sum.mjs || { echo 'not ok 1 - adds (test/sum.test.mjs:5:10)'; false; }"
    wrong = "export function sum(a, b) {\n  return a - b\n}\n"
    blocks = [block("create", "src/sum.mjs", wrong), block("create", "test/sum.test.mjs", NODE)]
    root = runner.repository({"README": "Sums.\n"}, protocol="text")
    answer = f"It subtracts.\n\n```js\n{wrong.replace('a - b', 'a + b')}```\n"
    run = runner.run([say(answer)], root=root, text=spec(None, blocks=blocks, test=[test]))
    assert run.outcome == "fixed"
    asked = run.asked[0][1]["content"]
    assert "src/sum.mjs has a mistake" in asked
    assert "The test, test/sum.test.mjs up to line 5:\n    test('adds', () => {\n" in asked
