"""Going on where a runner stops early at failures that the base has too, so that nothing hides behind them.

Each way is an option in a variable that the runner reads by itself, or in the command where there is no such variable.
Pure: a result in, a way out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.lazy_dataclasses import NamedTuple
from mtor_action.lazy_patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mtor_action.processes.commands import CommandResult

_READ_CHARACTERS = 400_000
# https://docs.pytest.org/en/stable/reference/reference.html#envvar-PYTEST_ADDOPTS
_OF_PYTEST = "--continue-on-collection-errors --maxfail=0"
_GO_TEST = lazy_pattern(r"\.((?:Test|Example|Fuzz)\w*)(?:/.*)?$")
_CARGO_TEST = lazy_pattern(r"\bcargo (?:\+\S+ )?(?:test|t)\b(?!.* --no-fail-fast)")
_SKIPPED = lazy_pattern(r"^-skip=\^\((.*)\)\$$")


class GoingOn(NamedTuple):
    """An option for a runner, and the variable that it is added to; "" for the command itself."""

    variable: str
    option: str

    def added_to(self, environment: Mapping[str, str]) -> dict[str, str]:
        """Return the environment with the option at the end of the variable."""
        if not self.variable:
            return dict(environment)
        return {**environment, self.variable: f"{environment.get(self.variable, '')} {self.option}".strip()}

    def applied_to(self, command: str) -> str:
        """Return the command with the option, if it belongs there."""
        return command if self.variable else _CARGO_TEST.sub(rf"\g<0> {self.option}", command, count=1)


def way_on(result: CommandResult, before: GoingOn | None) -> GoingOn | None:
    """Return how to go on after this red result, made with `before`; None if it ran to its end, or nobody knows how.

    pytest goes on after files that it cannot import. go skips the tests that panic: each ends its whole package
    (https://pkg.go.dev/cmd/go#hdr-Testing_flags, https://pkg.go.dev/cmd/go#hdr-Environment_variables). cargo runs the
    other test programs too (https://doc.rust-lang.org/cargo/commands/cargo-test.html#option-cargo-test---no-fail-fast).
    """
    from mtor_action.test_output.runners import read_failures

    reading = read_failures(result.tail(_READ_CHARACTERS))
    if not reading.stopped or result.passed or result.timed_out:
        return None
    if reading.runner == "pytest" and reading.broken and before is None:
        return GoingOn("PYTEST_ADDOPTS", _OF_PYTEST)
    if reading.runner == "cargo" and before is None and not reading.broken and _CARGO_TEST.search(result.command):
        return GoingOn("", "--no-fail-fast")
    if reading.runner == "go" and reading.stopped_at:
        match = _SKIPPED.match(before.option) if before else None
        known = set(match[1].split("|")) if match else set()
        panicked = {match[1] for name in reading.stopped_at if (match := _GO_TEST.search(name))}
        return GoingOn("GOFLAGS", f"-skip=^({'|'.join(sorted(known | panicked))})$") if panicked - known else None
    return None
