"""Reads vitest's terminal reporters: ` FAIL  path > suite > test`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mtor_action.failures.failure import FailureReading, Section, excerpt
from mtor_action.failures.masking import mask

if TYPE_CHECKING:
    from collections.abc import Sequence

_FILES = re.compile(r"^ +Test Files {2}.*\(\d+\)$")
_TESTS = re.compile(r"^ +Tests {2}(.*)$")
_FAIL = re.compile(r"^ ?FAIL {2}(\S.*)$")
_SUITE = re.compile(r"^(.+?) \[ .+ \]$")
_EXECUTED = re.compile(r"\b(\d{1,9}) (?:failed|passed)\b")


def read(lines: Sequence[str]) -> Section | None:
    """Read what vitest says in these lines; None if vitest did not write them."""
    end = max((index for index, line in enumerate(lines) if _FILES.match(line)), default=None)
    if end is None:
        return None
    found = [(index, match[1].rstrip()) for index, line in enumerate(lines[:end]) if (match := _FAIL.match(line))]
    names = {text: (suite[1] if (suite := _SUITE.match(text)) else text) for _, text in found}
    keys = {f"{names[text]} [{mask(lines[index + 1])[:200]}]" if names[text] != text else text for index, text in found}
    stated = next((match[1] for line in lines[end : end + 4] if (match := _TESTS.match(line))), None)
    reading = FailureReading(
        runner="vitest",
        ids=frozenset(names.values()),
        keys=frozenset(keys),
        tests_run=None if stated is None else sum(int(number) for number in _EXECUTED.findall(stated)),
        first_failure=excerpt(lines, found[0][0], found[1][0] if len(found) > 1 else None) if found else "",
        broken=any(names[text] != text for _, text in found),
    )
    first = next((index for index, line in enumerate(lines) if line.startswith(" RUN  v")), end)
    return Section(first, end, reading)
