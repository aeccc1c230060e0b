"""Reads a test command's output, whichever runners wrote it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mtor_action.test_output import cargo, go, jest, mocha, pytest, tap, unittest, vitest
from mtor_action.test_output.failure import EXCERPT_LINES, FailureReading, OutputSection, excerpt
from mtor_action.test_output.masking import fingerprint, plain

__all__ = ["FailureReading", "failing_keys", "read_failures", "readable_lines"]

# A runner's own lines are short; what is longer was printed by a test. The limit keeps every pattern bounded.
_LINE_CHARACTERS = 2_000
_READERS = (pytest.read, unittest.read, go.read, cargo.read, jest.read, vitest.read, mocha.read, tap.read)


def read_failures(output: str) -> FailureReading:
    """Read what failed; an unknown runner gives no ids and the output's last 40 lines. Never raises."""
    lines = readable_lines(output)
    sections = [section for reader in _READERS if (section := reader(lines)) is not None]
    own = [section for section in sections if not _is_quoted(section, sections)]
    readings = [section.reading for section in own]
    if not readings:
        return FailureReading(first_failure=excerpt(lines, max(0, len(lines) - EXCERPT_LINES)))
    if len(readings) == 1:
        return readings[0]
    ended = [section.reading.summaries for section in sorted(own, key=lambda section: section.last_line)]
    return replace(_merged(readings), summaries=tuple(summary for summaries in ended for summary in summaries))


def readable_lines(output: str) -> list[str]:
    """Return the lines that a reading's `places` count: without terminal escapes, the longest cut."""
    return [line[:_LINE_CHARACTERS].rstrip() for line in plain(output).split("\n")]


def failing_keys(exit_code: int, output: str) -> frozenset[str]:
    """Identify a failure: the reading's `keys`, else one fingerprint of the text; empty for exit 0."""
    if exit_code == 0:
        return frozenset()
    return read_failures(output).keys or frozenset({fingerprint(output)})


def _is_quoted(section: OutputSection, sections: Sequence[OutputSection]) -> bool:
    """Return whether it is inside another runner's lines: the captured output of a test that ran a runner."""
    return any(
        other.first_line < section.first_line and section.last_line < other.last_line
        for other in sections
        if other is not section
    )


def _merged(readings: Sequence[FailureReading]) -> FailureReading:
    runs = [reading.tests_run for reading in readings if reading.tests_run is not None]
    return FailureReading(
        runner="+".join(reading.runner for reading in readings),
        ids=frozenset().union(*(reading.ids for reading in readings)),
        keys=frozenset().union(*(reading.keys for reading in readings)),
        tests_run=sum(runs) if runs else None,
        first_failure=next((reading.first_failure for reading in readings if reading.ids), ""),
        broken=any(reading.broken for reading in readings),
        empty=frozenset().union(*(reading.empty for reading in readings)),
        places={name: places for reading in readings for name, places in reading.places.items()},
        stopped=next((reading.stopped for reading in readings if reading.stopped), ""),
        stopped_at=frozenset().union(*(reading.stopped_at for reading in readings)),
    )
