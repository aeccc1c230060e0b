"""What of a real log speaks against exit code 0, and what only looks so."""

from __future__ import annotations

from pathlib import Path

import pytest

from mtor_action.test_output.contradictions import FailedTests, contradiction, named_in
from mtor_action.test_output.runners import read_failures

TRANSCRIPTS = Path(__file__).parent / "transcripts"
ALL = sorted(TRANSCRIPTS.rglob("*.txt"))
# No summary of a runner is in them, or none that counts failures.
UNSAID = {"pytest/no-such-file", "pytest/usage-error", "go/vet-failed", "mocha/broken"}
RED = FailedTests(("pytest",), ("tests/test_a.py::test_a", "tests/test_a.py::test_b"))


def transcript(name: str) -> str:
    return (TRANSCRIPTS / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", ALL, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_log_speaks_against_exit_code_0_exactly_where_it_names_what_failed(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    name = f"{path.parent.name}/{path.stem}"
    assert (contradiction(text) is not None) is bool(read_failures(text).ids and name not in UNSAID)


@pytest.mark.parametrize("end", ["=" * 20 + " 15 passed in 0.50s " + "=" * 20, "15 passed in 0.50s"])
def test_counts_printed_when_pytest_was_done_take_nothing_back(end: str) -> None:
    found = contradiction(transcript("pytest/default") + f"\n{end}\n")
    assert found is not None
    assert found.text == "its log says 12 failed"


def test_a_second_session_that_passes_is_green_unless_the_red_run_named_that_runner() -> None:
    twice = transcript("pytest/quiet") + "\n..                               [100%]\n2 passed in 0.01s\n"
    assert contradiction(twice.replace("                               [", " [")) is None
    assert contradiction(transcript("pytest/default") + transcript("pytest/passing")) is None
    assert contradiction(transcript("pytest/default") + transcript("pytest/passing"), RED) is not None


def test_the_last_runner_decides_where_nothing_was_red_before() -> None:
    both = transcript("pytest/default") + transcript("go/passing-verbose")
    assert contradiction(both) is None
    assert contradiction(both, RED) is not None
    assert contradiction(transcript("go/passing-verbose") + transcript("pytest/default")) is not None


SILENT = [
    "",
    "all good\n",
    "no tests ran in 0.01s\n",
    transcript("pytest/nothing-collected"),
    transcript("jest/nothing"),
]


@pytest.mark.parametrize("text", SILENT)
def test_no_test_at_all_proves_nothing_after_a_red_run_that_named_some(text: str) -> None:
    found = contradiction(text, RED)
    assert found is not None
    assert found.text == "its log names no test that ran, where the red run named 2"
    assert contradiction(text) is None


def test_a_package_that_ran_no_test_is_silent_beside_others_that_did() -> None:
    red = FailedTests(("go",), ("example.com/demo/ok.TestA",))
    text = transcript("go/nothing-matched") + "ok  \texample.com/demo/other\t0.002s\n"
    assert contradiction(text, red) is not None
    assert contradiction(text, FailedTests(("go",), ("example.com/demo/other.TestA",))) is None
    assert contradiction(
        "ok  \tm\t0.002s\tcoverage: 0.0% of statements [no tests to run]\n", FailedTests(("go",), ("m.T",))
    )


@pytest.mark.parametrize("name", ["cargo/compile-error", "go/build-failed"])
def test_a_build_that_failed_names_no_test_when_it_passes(name: str) -> None:
    red = named_in(transcript(name))
    assert red is not None
    assert contradiction("    Finished `dev` profile in 0.01s\n", red) is None
