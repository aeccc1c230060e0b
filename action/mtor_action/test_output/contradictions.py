"""Contradictions between a log and its exit code 0. Pure: readings in, half a sentence out.

A process can end with 0 although its tests failed (`os._exit(0)` at exit, `pytest || true`), or although none ran.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtor_action.test_output.runners import read_failures

if TYPE_CHECKING:
    from collections.abc import Collection

    from mtor_action.test_output.failure import FailureReading


@dataclass(frozen=True, slots=True)
class Contradiction:
    """`text` continues "exit code 0, but"; `keys` are the failures that the log names, or their number."""

    text: str
    keys: frozenset[str]


@dataclass(frozen=True, slots=True)
class FailedTests:
    """The tests that the first red run of a command named: runners, and what failed; `broken` if that is not a test."""

    runners: tuple[str, ...]
    ids: tuple[str, ...]
    broken: bool = False


def named_in(output: str) -> FailedTests | None:
    """Return the tests that a red run named, None if it named none."""
    reading = read_failures(output)
    runners = tuple(dict.fromkeys(reading.runner.split("+")))
    return FailedTests(runners, tuple(sorted(reading.ids)), reading.broken) if reading.ids else None


def contradiction(output: str, red: FailedTests | None = None) -> Contradiction | None:
    """Return why this output of a command that ended with 0 is not proof, None if it is.

    The last summary of a known runner decides. Of a runner that `red` heard failing, every summary does: what is
    printed below it does not take it back.
    """
    reading = read_failures(output)
    failed = _failed(reading, red.runners if red else ())
    if failed:
        keys = reading.keys or frozenset(f"{number} failed" for number in range(1, failed + 1))
        return Contradiction(f"its log says {failed} failed", keys)
    if red is not None and _is_silent(reading, red):
        text = f"its log names no test that ran, where the red run named {len(red.ids)}"
        return Contradiction(text, frozenset({"no test"}))
    return None


def _failed(reading: FailureReading, runners: Collection[str]) -> int:
    last = reading.summaries[-1:]
    own_counts = [summary.failed for summary in reading.summaries if summary.runner in runners]
    return max([*own_counts, *(summary.failed for summary in last)], default=0)


def _is_silent(reading: FailureReading, red: FailedTests) -> bool:
    if not red.ids:
        return False
    if not reading.runner:
        return not red.broken  # a build that failed has no test to name when it passes
    if reading.tests_run == 0:
        return True
    return any(name == part or name.startswith(f"{part}.") for part in reading.empty for name in red.ids)
