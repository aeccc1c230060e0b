"""A log without some of its failures: what a model is shown beside failures that are not its own."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from mtor_action.test_output.pytest_places import heading_of
from mtor_action.test_output.runners import read_failures, readable_lines

_BANNER = re.compile(r"^=+ .* =+$")
_SUMMARY = re.compile(r"^(?:FAILED|ERROR|SUBFAILED\S*|SUBFAIL)\s+(.+)$")


def without_failures(output: str, ids: Collection[str]) -> str:
    """Return the output without the lines that tell of these failures; their counts stay as the runner states them."""
    reading, lines = read_failures(output), readable_lines(output)
    dropped: set[int] = set()
    for name in ids:
        for first, end in reading.places.get(name, ()):
            dropped |= set(range(max(first - 1, 0), end))
    if "pytest" in reading.runner:
        dropped = set(_sections_of_pytest(lines, ids, reading.ids - set(ids)))
    return "\n".join(line for index, line in enumerate(lines) if index not in dropped)


def _sections_of_pytest(lines: Sequence[str], ids: Collection[str], others: Collection[str]) -> Iterator[int]:
    """Yield the lines of the sections of `ids`, and theirs of the summary; a name that `others` share is kept."""
    names = {heading for name in ids for heading in _headings(name)}
    names -= {heading for name in others for heading in _headings(name)}
    inside = False
    for index, line in enumerate(lines):
        heading = heading_of(line)
        if heading or _BANNER.match(line):
            inside = heading in names
        summary = _SUMMARY.match(line)
        if inside or (summary and any(summary[1] == name or summary[1].startswith(f"{name} - ") for name in ids)):
            yield index


def _headings(name: str) -> tuple[str, ...]:
    test = name.partition("::")[2]
    return (test.replace("::", "."), test) if test else (name,)
