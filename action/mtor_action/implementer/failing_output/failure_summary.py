"""A red command's output, cut to what matters: the failing ids, the first failure, the last lines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mtor_action.implementer.failing_output.failure_excerpt import (
    excerpt_of,
    failure_excerpt,
    own_output,
    own_paths,
    without_noise,
)
from mtor_action.test_output.masking import fingerprint
from mtor_action.test_output.runners import failing_keys, read_failures

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mtor_action.processes.commands import CommandResult

_READ_CHARACTERS = 400_000
_PYTEST_SUMMARY = re.compile(
    r"^=+ short test summary info =+\n(?:(?:FAILED|ERROR) .*\n(?: .*\n)*)*"
    r"(?:=* ?\d+ (?:failed|passed|error).* in .*$)?",
    re.MULTILINE,
)
_MOST_IDS = 20
_LAST_CHARACTERS = 1_500


def described(results: Sequence[CommandResult]) -> str:
    """Return the commands and their results in words for a model; green ones in one line each."""
    return "\n\n".join(_described(result) for result in results)


def _described(result: CommandResult) -> str:
    if result.is_green:
        return f"$ {result.command}\npassed"
    ending = "stopped at its time limit" if result.timed_out else f"exit code {result.exit_code}"
    ending += f", but {result.doubt}" if result.doubt else ""
    text = own_output(result, _READ_CHARACTERS)
    reading = read_failures(text)
    parts = [f"$ {result.command}", ending]
    if ids := sorted(read_failures(result.tail(_READ_CHARACTERS)).ids - set(result.excused)):
        more = f"\n… and {len(ids) - _MOST_IDS} more" if len(ids) > _MOST_IDS else ""
        parts.append("failing:\n" + "\n".join(ids[:_MOST_IDS]) + more)
    first = excerpt_of(text, result.cwd)
    if first:
        parts.append(f"the first failure:\n{first}" if ids else first)
    # What follows the failure may be the cause: coverage that is missing, a second program that failed.
    last_read = reading.first_failure.strip().rpartition("\n")[2]
    last = own_output(result, _LAST_CHARACTERS)
    last = _without_summary(last.rpartition(last_read)[2] if last_read else last)
    last = without_noise(own_paths(last, result.cwd)).strip()
    if last and last not in first:
        parts.append(f"the last lines:\n{last}")
    return "\n".join(parts)


def _without_summary(text: str) -> str:
    """The text without pytest's list of failures, which says again what has been said."""
    return _PYTEST_SUMMARY.sub("", text)


def failing(results: Iterable[CommandResult]) -> frozenset[str]:
    """Return what fails, over all commands: ids where they can be read, else fingerprints; each with its command."""
    return frozenset(f"{result.command}: {key}" for result in results for key in _own_keys(result))


def _own_keys(result: CommandResult) -> frozenset[str]:
    """Return the keys of what fails, without what the base fails with the same errors; that too if it hides more."""
    if result.is_green:
        return frozenset()
    keys = failing_keys(result.exit_code or bool(result.doubt), result.tail(_READ_CHARACTERS))
    own = {key for key in keys if not any(key == name or key.startswith(f"{name} ") for name in result.excused)}
    return frozenset(own) or keys


def is_broken(results: Iterable[CommandResult]) -> bool:
    """Return whether something did not import or compile, so that failing tests may hide behind it."""
    return any(not result.is_green and read_failures(result.tail(_READ_CHARACTERS)).broken for result in results)


def tests_run(results: Iterable[CommandResult]) -> int | None:
    """Return how many tests ran, over all commands; None if no command says."""
    counts = [read_failures(result.tail(_READ_CHARACTERS)).tests_run for result in results]
    stated = [count for count in counts if count is not None]
    return sum(stated) if stated else None


def has_moved_on(before: Sequence[CommandResult], after: Sequence[CommandResult]) -> bool:
    """Return whether something passes that failed, and nothing fails that passed, but for tests that did not run.

    `before` may have the red commands alone: any other command was green, except after a red setup, which stops all.
    """
    commands = {result.command for result in before if result.stage != "setup"}
    same = [result for result in after if not commands or result.command in commands]
    others = [result for result in after if result not in same]
    old, new = failing(before), failing(same)
    is_further = (tests_run(same) or 0) > (tests_run(before) or 0)
    is_sound = not failing(others) and not is_broken(after)
    return bool(new and old - new) and (is_further or new <= old) and is_sound


def errors(results: Sequence[CommandResult]) -> str:
    """Fingerprint what the red commands say of their failures, with times, addresses and paths masked; "" if green."""
    text = failure_excerpt(results)
    return fingerprint(text) if text else ""
