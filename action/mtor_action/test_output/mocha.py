"""Reads mocha's reporters that end with `N passing`, `N failing` and a numbered list (spec, dot, min, …)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.lazy_patterns import lazy_pattern
from mtor_action.test_output.failure import FailureReading, OutputSection, Summary, excerpt, places_until

if TYPE_CHECKING:
    import re
    from collections.abc import Sequence

_PASSING = lazy_pattern(r"^ {2}(\d{1,9}) passing \(")
_FAILING = lazy_pattern(r"^ {2}(\d{1,9}) failing$")
_NUMBERED = lazy_pattern(r"^ {2}(\d{1,9})\) (\S.*)$")
_AFTER = lazy_pattern(r"^(?:npm |error Command failed|\S.* \| +% Stmts |-{3,}\|)")  # what follows the list
_TITLE_LINES = 20


def read(lines: Sequence[str]) -> OutputSection | None:
    """Read what mocha says in these lines; None if mocha did not write them."""
    passing = next((index for index, line in enumerate(lines) if _PASSING.match(line)), None)
    if passing is None:
        return None
    failing = next((index for index in range(passing, len(lines)) if _FAILING.match(lines[index])), None)
    failures = _failures(lines, failing) if failing is not None else []
    ids = frozenset(name for _, name in failures)
    reading = FailureReading(
        runner="mocha",
        ids=ids,
        keys=ids,
        tests_run=_number(_PASSING.match(lines[passing])) + len(failures),
        first_failure=excerpt(lines, failures[0][0], failures[1][0] if len(failures) > 1 else None) if failures else "",
        summaries=tuple(Summary("mocha", failed) for failed in _summaries(lines)),
        places=places_until(failures, lines, _AFTER.match, len(lines)),
    )
    return OutputSection(passing, failures[-1][0] if failures else passing, reading)


def _summaries(lines: Sequence[str]) -> list[int]:
    """Return the failing tests of each run: mocha leaves the line out where there are none."""
    failed: list[int] = []
    for line in lines:
        if _PASSING.match(line):
            failed.append(0)
        elif failed and (match := _FAILING.match(line)):
            failed[-1] = int(match[1])
    return failed


def _number(match: re.Match[str] | None) -> int:
    return int(match[1]) if match else 0


def _failures(lines: Sequence[str], failing: int) -> list[tuple[int, str]]:
    """Read the numbered list, in order: a number that does not follow is part of a message."""
    failures: list[tuple[int, str]] = []
    for index in range(failing + 1, len(lines)):
        match = _NUMBERED.match(lines[index])
        if match and int(match[1]) == len(failures) + 1:
            failures.append((index, _title(lines, index, match[2])))
    return failures


def _title(lines: Sequence[str], index: int, first: str) -> str:
    """Join suites and test: one a line, each indented further, the last with a colon."""
    parts = [first.strip()]
    for line in lines[index + 1 : index + _TITLE_LINES]:
        if parts[-1].endswith(":") or not line.strip():
            break
        parts.append(line.strip())
    return " > ".join(parts).removesuffix(":")
