"""Reads pytest's terminal output: default, -q, -v, every --tb style, -x, xdist, subtests, collection errors.

The ids come from the short test summary (https://docs.pytest.org/en/stable/how-to/output.html), else from the
progress lines of -v, else from the headings of the failure sections.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from mtor_action.lazy_patterns import lazy_pattern
from mtor_action.test_output.failure import EXCERPT_LINES, FailureReading, OutputSection, Summary, excerpt
from mtor_action.test_output.masking import mask
from mtor_action.test_output.pytest_places import pytest_places

_BANNER = lazy_pattern(r"^=+ (test session starts|ERRORS|FAILURES|short test summary info) =+$")
_COUNTS_END = lazy_pattern(r"^(.{1,300}) in \d+(?:\.\d+)?s(?: \([\d:, day]+\))?$")
_COUNT = lazy_pattern(r"^(\d+) ([a-z]+(?: [a-z]+)?)$")
_SUMMARY = lazy_pattern(r"^(FAILED|ERROR|SUBFAILED|SUBFAIL)(?=[ (\[])")
_SUBTEST = lazy_pattern(r"^(SUBFAIL(?:ED)?)(.*?) (\S+\.\w+::.*)$")
_PROGRESS = lazy_pattern(r"^(\S.*?::.*?) (FAILED|ERROR) +\[ *\d+%\]$")
_WORKER_PROGRESS = lazy_pattern(r"^\[gw\d+\] \[ *\d+%\] (FAILED|ERROR|SUBFAILED\S*) (\S.*)$")
# `_ _ _` separates the frames of one failure.
_HEADING = lazy_pattern(r"^_+ (?!_ )(.+?) _+$")
_COLLECTING = lazy_pattern(r"^_+ ERROR collecting (.+?) _+$")
_ERROR_LINE = lazy_pattern(r"^E {2,}(\S.*)$")
_LINE_NUMBER = lazy_pattern(r"^E +File \".*\", line (\d+)$")
_MISSING = lazy_pattern(r"^ERROR: (?:file or directory not found|not found): (\S.*)$")
_FIXTURE_PHASE = lazy_pattern(r"^ERROR at (?:setup|teardown) of ")
_SUBTEST_HEADING = lazy_pattern(r" (?:\(.*\)|\[.*\])$")
_STOPPED = lazy_pattern(r"^!+ (?:\S+\.)?((?:Interrupted|stopping after|KeyboardInterrupt|_pytest).*?) !+$")
_NO_SUMMARY = 1 << 60
_Counts: TypeAlias = "tuple[int, dict[str, int]]"  # line, and the words of a summary line with their numbers
_EXECUTED = {"failed", "passed", "xfailed", "xpassed"}
_FAILED = {"failed", "error", "errors"}
# `..F. [ 50%]`: with -q nothing else says that a session began.
_DOTS = lazy_pattern(r"^[.FEsxXRru,]+(?: +\[ *\d+%\])?$")


def read(lines: Sequence[str]) -> OutputSection | None:
    """Read what pytest says in these lines; None if pytest did not write them."""
    banners = [(index, match[1]) for index, line in enumerate(lines) if (match := _BANNER.match(line))]
    counts = [(index, count) for index, line in enumerate(lines) if (count := _counts(line)) is not None]
    if not counts and not any(name == "short test summary info" for _, name in banners):
        return None
    trouble = next((index for index, name in banners if name in {"ERRORS", "FAILURES"}), len(lines))
    summary = max((index for index, name in banners if name == "short test summary info"), default=_NO_SUMMARY)
    starts = [index for index, name in banners if name == "test session starts"]
    after = -1 if summary == _NO_SUMMARY else summary
    real = _outside_captured_output(counts, trouble, after, starts)
    early = [count for count in counts if count[0] < trouble]
    last = real[-1][0] if real else len(lines) - 1
    missing = [match[1] for line in lines if (match := _MISSING.match(line))]
    ids, subtests = _from_summary(lines[summary + 1 : last + 1])
    if not ids:
        ids, subtests = _without_summary(lines[:last], trouble)
    ids += missing
    details = _collection_errors(lines[trouble:summary])
    reading = FailureReading(
        runner="pytest",
        ids=frozenset(ids),
        keys=frozenset(f"{name} [{details[name]}]" if name in details else name for name in ids),
        tests_run=_tests_run(real, subtests),
        first_failure=_first_failure(lines, trouble),
        broken=any("::" not in name for name in ids),
        summaries=_summaries(lines, early, _later_sessions(counts, trouble, after, starts))
        or ((Summary("pytest", len(ids)),) if ids else ()),  # with -qq there are no counts
        places=pytest_places(lines, ids, range(trouble, min(summary, len(lines))), summary + 1),
        stopped=next((f"pytest said: {match[1]}" for line in lines if (match := _STOPPED.match(line))), ""),
    )
    start = min([index for index, _ in banners] + [index for index, _ in counts])
    return OutputSection(start, last, reading)


def _counts(line: str) -> dict[str, int] | None:
    if len(line) > 400 or " in " not in line:
        return None
    match = _COUNTS_END.match(line.strip("= "))
    if match is None:
        return None
    if match[1] == "no tests ran":
        return {}
    parts = [_COUNT.match(part) for part in match[1].split(", ")]
    return {part[2]: int(part[1][:9]) for part in parts if part} if all(parts) else None


def _outside_captured_output(counts: list[_Counts], trouble: int, after: int, starts: list[int]) -> list[_Counts]:
    """Drop counts that a test printed: from the failure sections on, only a session's last line of counts is pytest's.

    It comes after the summary (line `after`), or with -qq not at all; more sessions may follow it.
    """
    real = [count for count in counts if count[0] < trouble]
    for own in _later_sessions(counts, trouble, after, starts):
        real += own[-1:]
    return real


def _later_sessions(counts: list[_Counts], trouble: int, after: int, starts: list[int]) -> list[list[_Counts]]:
    """Return the lines of counts from the first failure section on, by session."""
    later = [count for count in counts if count[0] > max(trouble, after)]
    edges = [start for start in starts if start > after]
    return [
        [count for count in later if first <= count[0] < end]
        for first, end in zip([0, *edges], [*edges, _NO_SUMMARY], strict=True)
    ]


def _summaries(lines: Sequence[str], early: list[_Counts], sessions: list[list[_Counts]]) -> tuple[Summary, ...]:
    """Return how many failed, by session: counts printed after pytest was done do not take back those before them."""
    real = list(early)
    for own in sessions:
        first = next((number for number, count in enumerate(own) if _failed(count)), len(own) - 1)
        real += own[first : first + 1]
        for before, count in itertools.pairwise(own[max(first, 0) :]):
            # Only a session of its own, which prints its dots, can say that the same tests pass now.
            if any(_DOTS.match(line) for line in lines[before[0] + 1 : count[0]]):
                real.append(count)
    return tuple(Summary("pytest", _failed(count)) for count in real)


def _failed(counts: _Counts) -> int:
    return sum(counts[1].get(word, 0) for word in _FAILED)


def _tests_run(counts: list[_Counts], failed_subtests: int) -> int | None:
    """Count executed tests; a failed subtest is counted by pytest beside the test that holds it."""
    if not counts:
        return None
    executed = sum(number for _, by_word in counts for word, number in by_word.items() if word in _EXECUTED)
    return max(executed - failed_subtests, 0)


def _from_summary(summary: Sequence[str]) -> tuple[list[str], int]:
    """Return the ids of the short test summary, and how many of them are failed subtests."""
    entries = [line for line in summary if _SUMMARY.match(line)]
    ids = [name for line in entries if (name := _id(line))]
    return ids, sum(line.startswith("SUBFAIL") for line in entries)


def _id(line: str) -> str:
    if line.startswith("SUBFAIL"):
        match = _SUBTEST.match(line)
        return f"{_without_message(match[3])} {match[2].strip()}" if match else ""
    return _without_message(line.partition(" ")[2])


def _without_message(text: str) -> str:
    """Cut ` - message`, which parametrised ids may contain too: there the id ends at `]`."""
    bracket, dash = text.find("["), text.find(" - ")
    if bracket >= 0 and (bracket < dash or dash < 0):
        end = text.find("] - ", bracket)
        return text if end < 0 else text[: end + 1]
    return (text if dash < 0 else text[:dash]).strip()


def _without_summary(lines: Sequence[str], trouble: int) -> tuple[list[str], int]:
    """Take ids from the progress lines of -v, else from the headings, without their path (`::test_x`)."""
    progress = list(_progress_ids(lines[:trouble]))
    if progress:
        return progress, 0
    headings = list(_heading_ids(lines[trouble:]))
    return headings, sum(bool(_SUBTEST_HEADING.search(name)) for name in headings)


def _progress_ids(lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        if match := _PROGRESS.match(line):
            yield match[1]
        elif match := _WORKER_PROGRESS.match(line):
            yield match[2].strip()


def _heading_ids(lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        if match := _COLLECTING.match(line):
            yield match[1]
        elif match := _HEADING.match(line):
            yield "::" + _FIXTURE_PHASE.sub("", match[1])


def _collection_errors(lines: Sequence[str]) -> dict[str, str]:
    """Map each path to its masked last error line, with the line number a SyntaxError states."""
    details: dict[str, str] = {}
    path = number = ""
    for line in lines:
        if _HEADING.match(line):
            match = _COLLECTING.match(line)
            path, number = (match[1] if match else ""), ""
        elif path and (located := _LINE_NUMBER.match(line)):
            number = f"line {located[1]}: "
        elif path and (error := _ERROR_LINE.match(line)):
            details[path] = number + mask(error[1])[:200]
    return details


def _first_failure(lines: Sequence[str], trouble: int) -> str:
    headings = [index for index in range(trouble, len(lines)) if _HEADING.match(lines[index])][:2]
    if not headings:
        return excerpt(lines, max(0, len(lines) - EXCERPT_LINES))
    return excerpt(lines, headings[0], headings[1] if len(headings) > 1 else None)
