"""Transcripts are real output; beside each stands what is to be read from it. Adding one adds a test."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtor_action.test_output.failure import EXCERPT_CHARACTERS
from mtor_action.test_output.runners import failing_keys, read_failures

TRANSCRIPTS = Path(__file__).parent / "transcripts"
ALL = sorted(TRANSCRIPTS.rglob("*.txt"))
FULL_PYTEST_RUNS = [
    "colour",
    "quiet",
    "report-all",
    "tb-line",
    "tb-native-narrow",
    "tb-no",
    "tb-short",
    "verbose",
    "very-quiet",
]


def transcript(name: str) -> str:
    return (TRANSCRIPTS / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", ALL, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_transcript_is_read_as_its_json_says(path: Path) -> None:
    expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    reading = read_failures(path.read_text(encoding="utf-8"))
    assert (reading.runner, reading.tests_run, reading.broken) == (
        expected["runner"],
        expected["tests_run"],
        expected["broken"],
    )
    assert sorted(reading.ids) == expected["ids"]
    assert sorted(reading.keys - reading.ids) == expected.get("keys", [])


@pytest.mark.parametrize("path", ALL, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_id_is_in_the_output_and_comes_with_an_excerpt(path: Path) -> None:
    reading = read_failures(path.read_text(encoding="utf-8"))
    assert len(reading.keys) == len(reading.ids)
    assert len(reading.first_failure) <= EXCERPT_CHARACTERS
    assert not reading.ids or reading.first_failure.strip()


@pytest.mark.parametrize("name", FULL_PYTEST_RUNS)
def test_pytest_names_the_same_tests_whatever_its_options(name: str) -> None:
    assert read_failures(transcript(f"pytest/{name}")).ids == read_failures(transcript("pytest/default")).ids


def test_a_summary_that_a_test_printed_is_not_believed() -> None:
    reading = read_failures(transcript("pytest/default"))
    assert not any("test_fake" in name for name in reading.ids)
    assert reading.tests_run == 15


def test_two_runs_of_the_same_failures_are_the_same_failure_whatever_the_order() -> None:
    assert failing_keys(1, transcript("pytest/default")) == failing_keys(1, transcript("pytest/verbose"))


def test_fewer_failing_tests_are_another_failure() -> None:
    assert failing_keys(1, transcript("pytest/default")) != failing_keys(1, transcript("pytest/stop-at-first"))


def test_a_success_has_no_failure_whatever_it_printed() -> None:
    assert not failing_keys(0, transcript("pytest/default"))


def test_a_syntax_error_that_moved_is_another_failure_with_the_same_id() -> None:
    first = transcript("pytest/collection-errors")
    moved = first.replace('test_syntax.py", line 1', 'test_syntax.py", line 7')
    assert read_failures(first).ids == read_failures(moved).ids
    assert failing_keys(2, first) != failing_keys(2, moved)


def test_without_a_known_runner_the_masked_text_decides() -> None:
    first = failing_keys(1, "make: *** [all] Error 1 at 2026-11-23 14:00:01, pid 41, /tmp/tmpabcd1234/x")
    assert first == failing_keys(1, "make: *** [all] Error 1 at 2026-11-24 09:30:59, pid 977, /tmp/tmpzzzz9999/x")
    assert first != failing_keys(1, "make: *** [lint] Error 1")


def test_runners_one_after_the_other_are_read_together() -> None:
    both = transcript("go/passing-verbose") + transcript("pytest/default")
    reading = read_failures(both)
    assert reading.runner == "pytest+go"
    assert reading.ids == read_failures(transcript("pytest/default")).ids
    assert reading.tests_run == 16


@pytest.mark.parametrize("passing_first", [True, False])
def test_two_sessions_of_pytest_are_read_together(passing_first: bool) -> None:
    texts = [transcript("pytest/default"), transcript("pytest/passing")]
    reading = read_failures("".join(reversed(texts) if passing_first else texts))
    assert reading.ids == read_failures(transcript("pytest/default")).ids
    assert reading.tests_run == 16


def test_a_runner_quoted_inside_a_failing_test_is_not_read() -> None:
    quoted = transcript("go/default")
    around = transcript("pytest/default").replace("FAILED tests/test_other.py::test_fake - nothing", quoted)
    assert read_failures(around).ids == read_failures(transcript("pytest/default")).ids


def test_crlf_and_carriage_returns_change_nothing() -> None:
    text = transcript("cargo/no-fail-fast")
    assert read_failures(text.replace("\n", "\r\n")).ids == read_failures(text).ids


_WORDS = """\
FAILED |ERROR | |::|[|]| - |======|- |test|Ran 3 tests in 1s|FAIL\tx|--- FAIL: T (0s)|failures:|running 1 test|
test result: FAILED. 1 passed; 2 failed;|\u25cf a|FAIL a.js|Test Suites: 1 total|Tests: 1 failed, 2 total|
  1) x|  1 passing (1s)|  1 failing|not ok 1 - x|# pass 1|1 failed in 0.1s|=== short test summary info ===|
=== FAILURES ===|___ x ___|SUBFAILED(i=1) a.py::b|{"Action":"fail","Package":3}|{"Action":|\x1b[31m|\r|\ud800|
 Test Files  1 failed (1)| FAIL  a > b|error[E1]: x| --> a.rs:1:2|(|)|FAIL: x (y)|=== ERRORS ===|{"Action":"fail"}|
{"Action":"fail","Package":"p","Test":[1]}|error: could not compile x|error: test failed, to rerun pass `x`""".replace(
    "|\n", "|"
).split("|")


@given(st.one_of(st.text(), st.lists(st.sampled_from(_WORDS)).map("\n".join)))
def test_garbage_never_raises(output: str) -> None:
    reading = read_failures(output)
    assert len(reading.keys) >= min(1, len(reading.ids))
    failing_keys(1, output)


_PIECES = ["a", "1", "=", " ", "[", "- ", "1.", "0x", "/tmp/", "1h", "(1 failed, ", "\x1b[", "e-1:", "\u25cf "]


@pytest.mark.parametrize("piece", _PIECES)
def test_a_line_of_5_mb_is_read_in_linear_time(piece: str) -> None:
    line = piece * (5_000_000 // len(piece))
    started = time.monotonic()
    failing_keys(1, f"FAILED {line}\n=== short test summary info ===\nFAILED {line}\n1 failed in 0.1s")
    failing_keys(1, line)
    assert time.monotonic() - started < 30
