"""Reads TAP 13 (`node --test --test-reporter=tap`, mocha -R tap, …) and the spec reporter of node itself."""

from __future__ import annotations

from collections.abc import Sequence

from mtor_action.lazy_patterns import lazy_pattern
from mtor_action.test_output.failure import FailureReading, OutputSection, Summary, excerpt, places_until

_RESULT = lazy_pattern(r"^( *)(ok|not ok) \d+(?: -)? ?(.*)$")
_SUBTEST = lazy_pattern(r"^( *)# Subtest: (.*)$")
_COUNT = lazy_pattern(r"^[#ℹ] (pass|fail) (\d{1,9})$")  # noqa: RUF001 - the sign that node prints
_ENDS = lazy_pattern(r"^ *(?:\.\.\.$|(?:not )?ok \d|# |\d+\.\.\d+$)|^test at |^[#\u2139] (?:pass|fail|tests) ")
_DIRECTIVE = lazy_pattern(r"(?i) # (?:skip|todo)\b")
_SPEC_LIST = "✖ failing tests:"
_SPEC_PLACE = lazy_pattern(r"^test at (.+?):\d+:\d+$")
_SPEC_TEST = lazy_pattern(r"^✖ (.+?) \([\d.]+ms\)$")


def read(lines: Sequence[str]) -> OutputSection | None:
    """Read what a TAP producer says in these lines; None if there is no TAP in them."""
    counts = [(index, match) for index, line in enumerate(lines) if (match := _COUNT.match(line))]
    if not counts:
        return None
    failures = _tap(lines) or _spec(lines)
    ids = frozenset(name for _, name in failures)
    reading = FailureReading(
        runner="tap",
        ids=ids,
        keys=ids,
        tests_run=sum(int(match[2]) for _, match in counts[-2:]),
        first_failure=excerpt(lines, failures[0][0], failures[1][0] if len(failures) > 1 else None) if failures else "",
        summaries=tuple(Summary("tap", int(match[2])) for _, match in counts if match[1] == "fail"),
        places=places_until(failures, lines, _ENDS.match, len(lines)),
    )
    starts = [index for index, _ in failures] + [index for index, _ in counts]
    return OutputSection(min(starts), counts[-1][0], reading)


def _tap(lines: Sequence[str]) -> list[tuple[int, str]]:
    failures: list[tuple[int, str]] = []
    parents: list[tuple[int, str]] = []  # (indentation, name) of the subtests that are open
    for index, line in enumerate(lines):
        if match := _SUBTEST.match(line):
            parents = [parent for parent in parents if parent[0] < len(match[1])]
            parents.append((len(match[1]), match[2].strip()))
        elif (match := _RESULT.match(line)) and match[2] == "not ok" and not _DIRECTIVE.search(match[3]):
            above = [name for depth, name in parents if depth < len(match[1])]
            failures.append((index, " > ".join([*above, match[3].strip()])))
    return failures


def _spec(lines: Sequence[str]) -> list[tuple[int, str]]:
    """Read the list at the end; `test at a.test.js:4:39` moves with every edit, so only its file counts."""
    start = max((index for index, line in enumerate(lines) if line == _SPEC_LIST), default=len(lines))
    failures: list[tuple[int, str]] = []
    path = ""
    for index in range(start, len(lines)):
        if match := _SPEC_PLACE.match(lines[index]):
            path = match[1]
        elif match := _SPEC_TEST.match(lines[index]):
            failures.append((index, f"{path} > {match[1]}" if path else match[1]))
    return failures
