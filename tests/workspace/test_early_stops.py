"""Ways past the place where a runner stops early, read from what it printed."""

from __future__ import annotations

from pathlib import Path

from mtor_action.processes.commands import CommandResult
from mtor_action.workspace.early_stops import GoingOn, way_on

TRANSCRIPTS = Path(__file__).parents[1] / "test_output/transcripts"


def result(name: str, exit_code: int = 1) -> CommandResult:
    output = (TRANSCRIPTS / f"{name}.txt").read_bytes()
    return CommandResult("base", "test", exit_code, 1.0, output, len(output))


def test_pytest_goes_on_after_files_that_it_cannot_import_once() -> None:
    way = way_on(result("pytest/collection-errors", 2), None)
    assert way == GoingOn("PYTEST_ADDOPTS", "--continue-on-collection-errors --maxfail=0")
    assert way_on(result("pytest/collection-errors", 2), way) is None


def test_go_passes_over_the_tests_that_panic_one_after_the_other() -> None:
    way = way_on(result("go/panic"), None)
    assert way == GoingOn("GOFLAGS", "-skip=^(TestPanics)$")
    assert way_on(result("go/panic"), way) is None
    assert way_on(result("go/panic"), GoingOn("GOFLAGS", "-skip=^(TestOther)$")) == GoingOn(
        "GOFLAGS", "-skip=^(TestOther|TestPanics)$"
    )


def test_cargo_runs_the_other_test_programs_too() -> None:
    stopped = result("cargo/default", 101)._replace(command="cd sub && cargo +nightly test --all -- --nocapture")
    way = way_on(stopped, None)
    assert way == GoingOn("", "--no-fail-fast")
    assert way.applied_to(stopped.command) == "cd sub && cargo +nightly test --no-fail-fast --all -- --nocapture"
    assert way.added_to({"A": "b"}) == {"A": "b"}
    assert way_on(stopped, way) is None
    assert way_on(stopped._replace(command="make test"), None) is None


def test_there_is_no_way_on_after_a_run_that_ended_or_stopped_for_another_reason() -> None:
    for name in ("pytest/default", "pytest/stop-at-first", "go/verbose", "go/timeout", "cargo/default"):
        assert way_on(result(name), None) is None
    assert way_on(result("cargo/compile-error", 101)._replace(command="cargo test"), None) is None
    assert way_on(result("pytest/collection-errors", 0), None) is None


def test_an_option_is_added_to_what_the_variable_has() -> None:
    way = GoingOn("GOFLAGS", "-skip=^(A)$")
    assert way.added_to({"GOFLAGS": "-mod=vendor", "A": "b"}) == {"GOFLAGS": "-mod=vendor -skip=^(A)$", "A": "b"}
    assert way.added_to({}) == {"GOFLAGS": "-skip=^(A)$"}
