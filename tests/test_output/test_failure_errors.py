"""The error of a failure: the same in two runs of it, another one as soon as it says something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from mtor_action.test_output.failure_errors import failure_errors
from mtor_action.test_output.pruning import without_failures
from mtor_action.test_output.runners import read_failures

TRANSCRIPTS = Path(__file__).parent / "transcripts"
WITH_ERRORS = [
    "cargo/no-fail-fast", "go/default", "go/json", "go/verbose", "jest/default", "jest/verbose", "mocha/default",
    "nodejs/spec", "nodejs/tap", "pytest/default", "pytest/subtests", "pytest/tb-short", "pytest/tb-native-narrow",
    "pytest/collection-errors-continue", "unittest/default", "vitest/default",
]  # fmt: skip
STOPPED = [
    "cargo/default", "go/panic", "go/timeout", "go/early-exit", "pytest/collection-errors", "pytest/stop-at-first",
]  # fmt: skip


def transcript(name: str) -> str:
    return (TRANSCRIPTS / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", WITH_ERRORS)
def test_every_failure_that_says_something_has_an_error(name: str) -> None:
    reading, errors = failure_errors(transcript(name))
    silent = {"tests.test_calc.CalcTest.test_unexpected", "example.com/demo/calc.TestInvented"}
    assert reading.ids - errors.keys() <= silent | {"example.com/demo/boom.TestPanics"}
    assert all(error.shown for error in errors.values())


@pytest.mark.parametrize("name", WITH_ERRORS)
def test_the_errors_of_different_failures_are_not_one(name: str) -> None:
    _, errors = failure_errors(transcript(name))
    assert len(errors) < 3 or len({error.exact for error in errors.values()}) > 1


def test_a_position_that_moved_is_the_same_error_and_another_value_is_not() -> None:
    text = transcript("pytest/default")
    _, before = failure_errors(text)
    _, moved = failure_errors(text.replace("tests/test_calc.py:1", "tests/test_calc.py:91"))
    assert {name: error.exact for name, error in moved.items()} == {name: error.exact for name, error in before.items()}
    _, other = failure_errors(text.replace("assert 1 == 2", "assert 1 == 3"))
    changed = [name for name, error in other.items() if error.exact != before[name].exact]
    assert changed or "assert 1 == 2" not in text


@pytest.mark.parametrize("name", STOPPED)
def test_a_run_that_stopped_early_says_so(name: str) -> None:
    assert read_failures(transcript(name)).stopped


@pytest.mark.parametrize("name", ["cargo/no-fail-fast", "go/verbose", "jest/default", "pytest/default"])
def test_a_run_that_went_to_its_end_does_not(name: str) -> None:
    assert read_failures(transcript(name)).stopped == ""


@pytest.mark.parametrize("name", [name for name in WITH_ERRORS if not name.startswith("go/json")])
def test_a_log_can_be_shown_without_some_of_its_failures(name: str) -> None:
    text = transcript(name)
    reading, errors = failure_errors(text)
    gone = min(errors)
    left = without_failures(text, {gone})
    assert len(left) < len(text)
    kept = read_failures(left).ids
    # Of a go package without its failures, the line that says it failed is left.
    assert {name for name in kept if not gone.startswith(f"{name}.")} <= reading.ids
    assert kept or len(reading.ids) == 1
