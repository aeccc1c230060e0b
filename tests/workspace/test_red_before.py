"""What a base excuses of one result, and what may hide behind it. Pure: real transcripts, no process."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mtor_action.processes.commands import CommandResult
from mtor_action.workspace.red_before import BaseCommand, RedBefore

TRANSCRIPTS = Path(__file__).parents[1] / "test_output/transcripts"


def result(name: str, command: str = "test", exit_code: int = 1, more: str = "") -> CommandResult:
    output = (TRANSCRIPTS / f"{name}.txt").read_bytes() + more.encode()
    return CommandResult("test", command, exit_code, 1.0, output, len(output))


def weighed(now: CommandResult, base: CommandResult | None = None) -> CommandResult:
    """The result beside a base whose two runs printed the same."""
    red_before = RedBefore(list)
    red_before.commands[now.command] = BaseCommand.of([(base or now,), (base or now,)])
    return red_before.weighed(now)


@pytest.mark.parametrize("name", ["pytest/default", "jest/default", "vitest/default", "mocha/default", "nodejs/tap"])
def test_a_run_that_fails_as_the_base_does_counts_as_passed(name: str) -> None:
    done = weighed(result(name))
    assert done.is_green, done.unexcused
    assert done.excused


HIDING = {
    "the time limit": (result("pytest/default", exit_code=124)._replace(timed_out=True), "stopped before its end"),
    "a signal": (result("pytest/default", exit_code=139), "stopped before its end"),
    "-x": (result("pytest/stop-at-first"), "pytest said: stopping after 1 failures"),
    "a file that cannot be imported": (result("pytest/collection-errors", exit_code=2), "pytest said: Interrupted"),
    "a panic": (result("go/panic"), "stopped at a panic"),
    "cargo": (result("cargo/default", exit_code=101), "add --no-fail-fast"),
    "--bail": (result("jest/default", "npx jest --bail"), "stops at its first failure"),
    "-failfast": (result("go/verbose", "go test -v -failfast ./..."), "stops at its first failure"),
    "&&": (result("jest/default", "npx jest && npx eslint ."), "what follows in the command did not run"),
    "a second line": (result("jest/default", "npx jest\nnpx eslint ."), "what follows in the command did not run"),
    "coverage": (
        result("pytest/default", more="FAIL Required test coverage of 90% not reached. Total coverage: 80.00%\n"),
        "complains about coverage",
    ),
}


@pytest.mark.parametrize("name", HIDING)
def test_what_may_hide_a_failure_is_not_excused_and_said(name: str) -> None:
    now, reason = HIDING[name]
    done = weighed(now)
    assert not done.is_green
    assert reason in done.unexcused


@pytest.mark.parametrize(
    "command",
    [
        "cd sub && npx jest",
        "export A=1; npx jest",
        "A=1 npx jest",
        "npm ci && npx jest",
        ". venv/bin/activate && npx jest",
        "npx jest;",
    ],
)
def test_what_only_prepares_hides_nothing(command: str) -> None:
    assert weighed(result("jest/default", command)).is_green


def test_another_exit_code_or_fewer_tests_are_not_as_on_the_base() -> None:
    base = result("pytest/default")
    assert "exit code 3, on the base with 1" in weighed(result("pytest/default", exit_code=3), base).unexcused
    fewer = base._replace(output=re.sub(rb"\d+ passed", b"1 passed", base.output))
    assert "fewer tests ran than on the base" in weighed(fewer, base).unexcused
    more = base._replace(output=base.output.replace(b"10 failed", b"11 failed"))
    assert "counts more failures than the base's" in weighed(more, base).unexcused


def test_nothing_is_excused_of_a_base_whose_two_runs_differ() -> None:
    base = result("pytest/default")
    other = base._replace(output=base.output.replace(b"E  ", b"E   changed "))
    red_before = RedBefore(list)
    red_before.commands["test"] = BaseCommand.of([(base,), (other,)])
    assert red_before.weighed(base).excused == ()


def test_times_and_addresses_that_differ_on_the_base_may_differ_in_the_run() -> None:
    base = result("pytest/default")
    runs = [base._replace(output=base.output.replace(b"E  ", b"E   at 0x%012x " % number)) for number in (1, 2, 3)]
    red_before = RedBefore(list)
    red_before.commands["test"] = BaseCommand.of([(runs[0],), (runs[1],)])
    assert red_before.weighed(runs[2]).is_green


def test_after_it_was_granted_nothing_more_is_excused() -> None:
    base = result("pytest/default")
    red_before = RedBefore(list)
    red_before.commands["test"] = BaseCommand.of([(base,), (base,)])
    red_before.grant([base._replace(excused=())])
    assert red_before.weighed(base).excused == ()


def test_a_resumed_run_knows_what_was_granted() -> None:
    base = result("pytest/default")
    red_before = RedBefore(list)
    red_before.commands["test"] = BaseCommand.of([(base,), (base,)])
    red_before.grant([red_before.weighed(base)])
    again = RedBefore(list)
    again.take_up(red_before.as_json())
    assert (again.commands, again.granted) == (red_before.commands, red_before.granted)
    assert again.weighed(base).is_green
