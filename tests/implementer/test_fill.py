"""Tests first: a spec that gives tests and signatures, and a model that writes the bodies."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from command_line import FORKED_PYTEST as PYTEST
from mtor_action.report.markdown import render_markdown
from mtor_action.report.report_json import report_from_json
from scripted_runs import Runner, block
from standins.model import say

if TYPE_CHECKING:
    from pathlib import Path

STUB = "def delay(times):\n    raise NotImplementedError\n"
CASES = "from retry import delay\n\n\ndef test_three():\n    assert delay(3) == 8\n"
TEST = f"PYTHONPATH=. {PYTEST}"
REFLECTION = say(json.dumps({"surprised": "nothing"}))


def asked_for(stub: str = STUB, **settings: object) -> str:
    said = {"test": [TEST], "fill": ["retry.py::delay"], **settings}
    lines = "".join(f"{key}: {json.dumps(value)}\n" for key, value in said.items())
    blocks = [block("create", "retry.py", stub), block("create", "tests/test_retry.py", CASES)]
    return "\n".join(["# Wait longer each time", *blocks, f"```yaml mtor\n{lines}```\n"])


def answer(code: str) -> str:
    return f"It is a power of two.\n\nretry.py\n```python\n{code}```\n"


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


def test_the_model_writes_the_body_and_green_under_another_head_is_not_enough(runner: Runner) -> None:
    other_head = say(answer("def delay(times, base=2):\n    return base**times\n"))
    run = runner.run(
        [other_head, say(answer("def delay(times):\n    return 2**times\n")), REFLECTION], text=asked_for()
    )
    assert run.outcome == "fixed", run.err
    assert run.report["fill"] == ["retry.py::delay"]
    assert run.committed("retry.py") == "def delay(times):\n    return 2**times\n"
    assert "leaves these bodies to you: retry.py::delay" in str(run.asked[0])
    page = render_markdown(report_from_json(run.report))
    assert "The implementer wrote these bodies; the architect gave only tests and signatures" in page
    assert "Left to the implementer" not in page


def test_tests_that_are_green_before_prove_nothing_and_no_model_is_asked(runner: Runner) -> None:
    run = runner.run([], text=asked_for("def delay(times):\n    return 8\n"))
    assert (run.outcome, run.requests) == ("failing", [])
    assert "the tests are green before a body is written for retry.py::delay" in run.report["reason"]
    assert "write a test that fails without it" in run.report["next_step"]


def test_what_the_base_fails_too_proves_nothing_until_the_spec_names_it(runner: Runner) -> None:
    """The stub and its test are on the base already: the spec changes nothing that a test could tell."""
    base = {"retry.py": STUB, "tests/test_retry.py": CASES}
    edit = block("create", "notes.txt", "Wait longer.\n")
    test = block("create", "tests/test_more.py", "def test_more():\n    assert True\n")

    settings = f"test: [{json.dumps(TEST)}]\nfill: [retry.py::delay]\n"
    blocks = f"# Wait longer\n{edit}\n{test}"
    text = f"{blocks}\n```yaml mtor\n{settings}```\n"
    run = runner.run([], text=text, root=runner.repository(base))
    assert (run.outcome, run.requests) == ("failing", []), run.err
    assert "but those that the base fails too" in run.report["reason"]
    assert "`fixes`" in run.report["next_step"]
    assert "test_three" in run.report["next_step"]
    named = f"{settings}fixes: [tests/test_retry.py::test_three]\n"
    written = say(answer("def delay(times):\n    return 2**times\n"))
    text = f"{blocks}\n```yaml mtor\n{named}```\n"
    run = runner.run([written, REFLECTION], text=text, root=runner.repository(base))
    assert run.outcome == "fixed", run.report
    assert "2**times" in run.committed("retry.py")
