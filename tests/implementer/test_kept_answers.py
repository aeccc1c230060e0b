"""An answer that repaired what it was about, though something else is red now, is kept; any other is undone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from command_line import FORKED_PYTEST as PYTEST
from scripted_runs import block, spec
from standins.model import say

if TYPE_CHECKING:
    from scripted_runs import Run, Runner

FILLER = "".join(f"\n\ndef filler_{number}():\n    return {number}\n" for number in range(80))
AREA = "def area(width, height):\n    return width + height\n"
BORDER = "def border(width, height):\n    return width + height\n"
RIGHT_AREA = AREA.replace("width + height", "width * height")
RIGHT_BORDER = BORDER.replace("width + height", "2 * (width + height)")
SHAPES = f"{AREA}\n\n{BORDER}{FILLER}"
CONFTEST = "import sys\n\nsys.path.insert(0, '.')\n"
TESTS = """import shapes


def test_area():
    assert shapes.area(2, 3) == 6


def test_border():
    assert shapes.border(2, 3) == 10
"""


def run_of(runner: Runner, answers: list[str], test: str = f"{PYTEST} -x", **settings: object) -> Run:
    tree = {"tests/conftest.py": CONFTEST, "tests/test_shapes.py": TESTS}
    root = runner.repository(tree, protocol="text", **settings)
    text = spec(None, blocks=[block("create", "shapes.py", SHAPES)], test=[test])
    given = [say(f"It is wrong.\n\n```python\n{answer}```\n") for answer in answers]
    return runner.run(given, root=root, text=text)


def asked_about(run: Run) -> list[str]:
    """The definition that each question asks for."""
    last = [asked[1]["content"].splitlines()[-1] for asked in run.asked]
    return [line.removeprefix("Give the whole corrected definition of ").removesuffix(".") for line in last]


@pytest.mark.parametrize("test", [f"{PYTEST} -x", PYTEST], ids=["up to the first failure", "all tests"])
def test_of_two_mistakes_one_is_repaired_after_the_other(runner: Runner, test: str) -> None:
    run = run_of(runner, [RIGHT_AREA, RIGHT_BORDER], test)
    assert (run.outcome, len(run.requests)) == ("fixed", 2)
    assert run.committed("shapes.py") == f"{RIGHT_AREA}\n\n{RIGHT_BORDER}{FILLER}"
    assert asked_about(run) == ["area", "border"]
    assert [request.body["temperature"] for request in run.requests] == [0.0, 0.0]
    assert "Answers before this one" not in run.asked[1][1]["content"]


def test_after_an_answer_that_is_kept_there_are_as_many_samples_again(runner: Runner) -> None:
    wrong = BORDER.replace("width + height", "3 * (width + height)")
    run = run_of(runner, [AREA, RIGHT_AREA, wrong, RIGHT_BORDER], samples=2)
    assert (run.outcome, len(run.requests)) == ("fixed", 4)
    assert asked_about(run) == ["area", "area", "border", "border"]


def test_an_answer_that_breaks_something_else_is_undone(runner: Runner) -> None:
    broken = f"{RIGHT_AREA}\n\ndef filler_0():\n    return 1\n"
    tests = f"{PYTEST} -x && ! grep -q 'def filler_0():.*1' shapes.py"
    run = run_of(runner, [broken.replace("*", "/"), RIGHT_AREA, RIGHT_BORDER], tests)
    assert run.outcome == "fixed"
    assert run.committed("shapes.py") == f"{RIGHT_AREA}\n\n{RIGHT_BORDER}{FILLER}"


def test_an_answer_after_which_the_same_definition_fails_elsewhere_is_undone(runner: Runner) -> None:
    tests = TESTS.replace("test_border", "test_area_again").replace("border(2, 3) == 10", "area(3, 3) == 9")
    half = AREA.replace("width + height", "6")
    tree = {"tests/conftest.py": CONFTEST, "tests/test_shapes.py": tests}
    text = spec(None, blocks=[block("create", "shapes.py", SHAPES)], test=[f"{PYTEST} -x"])
    given = [say(f"It is wrong.\n\n```python\n{answer}```\n") for answer in (half, RIGHT_AREA)]
    run = runner.run(given, root=runner.repository(tree, protocol="text"), text=text)
    assert (run.outcome, len(run.requests)) == ("fixed", 2)
    assert AREA in run.asked[1][1]["content"]
    assert asked_about(run) == ["area", "area"]


def test_the_transcript_says_what_was_kept_for_a_run_that_is_resumed(runner: Runner) -> None:
    run = run_of(runner, [RIGHT_AREA, BORDER, RIGHT_BORDER])
    [transcript] = (run.root / ".git/mtor/jobs").glob("*/transcript.jsonl")
    events = [json.loads(line) for line in transcript.read_text(encoding="utf-8").splitlines()]
    assert [event["is_kept"] for event in events if event["event"] == "turn"] == [True, False, False]


CORNERS = "def corners():\n    return 4\n"
OF_CORNERS = "\n\ndef test_corners():\n    assert shapes.corners() == 4\n"
ALWAYS_GREEN = "def test_one(): pass\n\n\ndef test_two(): pass\n"


def test_an_answer_that_breaks_a_test_is_undone_though_another_command_is_green(runner: Runner) -> None:
    """The answer repairs `area` and breaks `corners`; the first results have the red command alone."""
    tree = {"tests/conftest.py": CONFTEST, "tests/test_shapes.py": TESTS + OF_CORNERS, "tests/test_b.py": ALWAYS_GREEN}
    shapes = f"{AREA}\n\n{BORDER}\n\n{CORNERS}{FILLER}"
    commands = [f"{PYTEST} tests/test_shapes.py", f"{PYTEST} tests/test_b.py"]
    text = spec(None, blocks=[block("create", "shapes.py", shapes)], test=commands)
    breaking = f"{RIGHT_AREA}\n\n{CORNERS.replace('4', '5')}"
    given = [say(f"It is wrong.\n\n```python\n{each}```\n") for each in (breaking, RIGHT_AREA, RIGHT_BORDER)]
    run = runner.run(given, root=runner.repository(tree, protocol="text"), text=text)
    assert run.outcome == "fixed"
    assert asked_about(run) == ["area", "area", "border"]
    assert CORNERS in run.committed("shapes.py")
