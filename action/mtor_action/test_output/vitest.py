"""Reads vitest's terminal reporters: ` FAIL  path > suite > test`."""

from __future__ import annotations

from collections.abc import Sequence

from mtor_action.lazy_patterns import lazy_pattern
from mtor_action.test_output.failure import FailureReading, OutputSection, Summary, excerpt, places_until
from mtor_action.test_output.masking import mask

_FILES = lazy_pattern(r"^ +Test Files {2}.*\(\d+\)$")
_TESTS = lazy_pattern(r"^ +Tests {2}(.*)$")
_FAIL = lazy_pattern(r"^ ?FAIL {2}(\S.*)$")
_SUITE = lazy_pattern(r"^(.+?) \[ .+ \]$")
_RULE = lazy_pattern(r"^\u23af{3,}")
_FAILED = lazy_pattern(r"\b(\d{1,9}) failed\b")
_NO_TESTS = lazy_pattern(r"^No test files found, exiting with code \d")
_EXECUTED = lazy_pattern(r"\b(\d{1,9}) (?:failed|passed)\b")


def read(lines: Sequence[str]) -> OutputSection | None:
    """Read what vitest says in these lines; None if vitest did not write them."""
    ends = [index for index, line in enumerate(lines) if _FILES.match(line)]
    if not ends:
        return _nothing(lines)
    end = ends[-1]
    hits = [(index, match[1].rstrip()) for index, line in enumerate(lines[:end]) if (match := _FAIL.match(line))]
    names = {text: (suite[1] if (suite := _SUITE.match(text)) else text) for _, text in hits}
    keys = {f"{names[text]} [{mask(lines[index + 1])[:200]}]" if names[text] != text else text for index, text in hits}
    stated = next((match[1] for line in lines[end : end + 4] if (match := _TESTS.match(line))), None)
    reading = FailureReading(
        runner="vitest",
        ids=frozenset(names.values()),
        keys=frozenset(keys),
        tests_run=None if stated is None else sum(int(number) for number in _EXECUTED.findall(stated)),
        first_failure=excerpt(lines, hits[0][0], hits[1][0] if len(hits) > 1 else None) if hits else "",
        broken=any(names[text] != text for _, text in hits),
        summaries=tuple(Summary("vitest", _failed(lines, index)) for index in ends),
        places=places_until([(index, names[text]) for index, text in hits], lines, _RULE.match, end),
    )
    first = next((index for index, line in enumerate(lines) if line.startswith(" RUN  v")), end)
    return OutputSection(first, end, reading)


def _nothing(lines: Sequence[str]) -> OutputSection | None:
    """Read the line of a run that found no test, which --passWithNoTests makes green."""
    index = next((index for index, line in enumerate(lines) if _NO_TESTS.match(line)), None)
    reading = FailureReading(runner="vitest", tests_run=0, summaries=(Summary("vitest", 0),))
    return None if index is None else OutputSection(index, index, reading)


def _failed(lines: Sequence[str], files: int) -> int:
    """Failed tests as the closing lines state them; failed files where no test of theirs was counted."""
    stated = [lines[files], *(line for line in lines[files + 1 : files + 4] if _TESTS.match(line))]
    return max((int(number) for line in stated for number in _FAILED.findall(line)), default=0)
