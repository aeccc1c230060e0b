"""Reads jest's default reporter (also --verbose, --bail, -i): `FAIL path`, then `●` and the test."""

from __future__ import annotations

from collections.abc import Sequence

from mtor_action.lazy_patterns import lazy_pattern
from mtor_action.test_output.failure import FailureReading, OutputSection, Summary, excerpt, places_until
from mtor_action.test_output.masking import mask

_SUITES = lazy_pattern(r"^Test Suites: .*\b\d+ total$")
_TESTS = lazy_pattern(r"^Tests: .*\b\d+ total$")
_FILE = lazy_pattern(r"^ ?(FAIL|PASS) +(\S.*?)(?: \(\d[\d.]* m?s\))?$")
_TEST = lazy_pattern(r"^ {2}● (\S.*)$")
_EXECUTED = lazy_pattern(r"\b(\d{1,9}) (?:failed|passed)\b")
_FAILED = lazy_pattern(r"\b(\d{1,9}) failed\b")
_NO_TESTS = lazy_pattern(r"^No tests found, exiting with code \d")
_NOT_A_TEST = {
    "Console",
    "Cannot log after tests are done. Did you forget to wait for something async in your test?",
}
_SEPARATOR = " \u203a "  # as jest itself writes between suites and test
_SUITE_FAILED = "Test suite failed to run"


def read(lines: Sequence[str]) -> OutputSection | None:
    """Read what jest says in these lines; None if jest did not write them."""
    ends = [index for index, line in enumerate(lines) if _SUITES.match(line)]
    if not ends:
        return _nothing(lines)
    failures = [(index, name) for index, name in _failures(lines[: ends[-1]]) if name]
    suites = {name: _reason(lines, index) for index, name in failures if _SUITE_FAILED in lines[index]}
    ids = frozenset(name for _, name in failures)
    reading = FailureReading(
        runner="jest",
        ids=ids,
        keys=frozenset(f"{name} [{suites[name]}]" if name in suites else name for name in ids),
        tests_run=_tests_run(lines),
        first_failure=_first_failure(lines, failures),
        broken=bool(suites),
        summaries=tuple(Summary("jest", _failed(lines, index)) for index in ends),
        places=places_until(failures, lines, _ends, ends[-1]),
    )
    first = next((index for index, line in enumerate(lines) if _FILE.match(line)), ends[0])
    return OutputSection(first, ends[-1], reading)


def _ends(line: str) -> bool:
    """Return whether a failure's lines end before this one."""
    return bool(_FILE.match(line) or _TEST.match(line) or _SUITES.match(line) or line.startswith("Summary of all"))


def _nothing(lines: Sequence[str]) -> OutputSection | None:
    """Read the line of a run that found no test, which --passWithNoTests makes green."""
    index = next((index for index, line in enumerate(lines) if _NO_TESTS.match(line)), None)
    reading = FailureReading(runner="jest", tests_run=0, summaries=(Summary("jest", 0),))
    return None if index is None else OutputSection(index, index, reading)


def _failed(lines: Sequence[str], suites: int) -> int:
    """Failed tests as the closing lines state them; failed files where no test of theirs was counted."""
    stated = [lines[suites], *(line for line in lines[suites + 1 : suites + 3] if _TESTS.match(line))]
    return max((int(number) for line in stated for number in _FAILED.findall(line)), default=0)


def _failures(lines: Sequence[str]) -> list[tuple[int, str]]:
    """Return (line, id) of each failing test and of each file that failed as a whole; of passing files nothing."""
    failures: list[tuple[int, str]] = []
    path = ""
    for index, line in enumerate(lines):
        if match := _FILE.match(line):
            path = match[2] if match[1] == "FAIL" else ""
        elif path and (match := _TEST.match(line)) and match[1] not in _NOT_A_TEST:
            failures.append((index, path if match[1] == _SUITE_FAILED else path + _SEPARATOR + match[1]))
    return failures


def _reason(lines: Sequence[str], heading: int) -> str:
    """Return the first line under `Test suite failed to run`, or the syntax error told further below."""
    below = [line.strip() for line in lines[heading + 1 : heading + 60]]
    end = next((index for index, line in enumerate(below) if line.startswith(("● ", "FAIL ", "PASS "))), len(below))
    messages = [line for line in below[:end] if line and not line.startswith("at ")]
    located = next((line for line in messages if line.startswith("SyntaxError")), "")
    return mask(located or (messages[0] if messages else ""))[:200]


def _tests_run(lines: Sequence[str]) -> int | None:
    stated = [line for line in lines if _TESTS.match(line)]
    return sum(int(number) for number in _EXECUTED.findall(stated[-1])) if stated else None


def _first_failure(lines: Sequence[str], failures: list[tuple[int, str]]) -> str:
    if not failures:
        return ""
    return excerpt(lines, failures[0][0], failures[1][0] if len(failures) > 1 else None)
