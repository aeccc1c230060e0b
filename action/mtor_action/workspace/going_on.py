"""Going on where a runner stops early at failures that the base has too, so that nothing hides behind them.

Each way is an option in a variable that the runner reads by itself. Pure: a result in, a way out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from mtor_action.test_output.runners import read_failures

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mtor_action.processes.commands import CommandResult

_READ_CHARACTERS = 400_000
# https://docs.pytest.org/en/stable/reference/reference.html#envvar-PYTEST_ADDOPTS
_OF_PYTEST = "--continue-on-collection-errors --maxfail=0"
_GO_TEST = re.compile(r"\.((?:Test|Example|Fuzz)\w*)(?:/.*)?$")
_SKIPPED = re.compile(r"^-skip=\^\((.*)\)\$$")


class GoingOn(NamedTuple):
    """An option for a runner, and the variable that it is added to."""

    variable: str
    option: str

    def added_to(self, environment: Mapping[str, str]) -> dict[str, str]:
        """Return the environment with the option at the end of the variable."""
        return {**environment, self.variable: f"{environment.get(self.variable, '')} {self.option}".strip()}


def way_on(result: CommandResult, before: GoingOn | None) -> GoingOn | None:
    """Return how to go on after this red result, made with `before`; None if it ran to its end, or nobody knows how.

    pytest goes on after files that it cannot import. go skips the tests that panic: each ends its whole package
    (https://pkg.go.dev/cmd/go#hdr-Testing_flags, https://pkg.go.dev/cmd/go#hdr-Environment_variables).
    """
    reading = read_failures(result.tail(_READ_CHARACTERS))
    if not reading.stopped or result.passed or result.timed_out:
        return None
    if reading.runner == "pytest" and reading.broken and before is None:
        return GoingOn("PYTEST_ADDOPTS", _OF_PYTEST)
    if reading.runner == "go" and reading.stopped_at:
        match = _SKIPPED.match(before.option) if before else None
        known = set(match[1].split("|")) if match else set()
        panicked = {match[1] for name in reading.stopped_at if (match := _GO_TEST.search(name))}
        return GoingOn("GOFLAGS", f"-skip=^({'|'.join(sorted(known | panicked))})$") if panicked - known else None
    return None
