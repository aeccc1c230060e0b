"""A red command's output, cut to what matters: the failing ids, the first failure, the last lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.failures.masking import fingerprint
from mtor_action.failures.reading import failing_keys, read_failures
from mtor_action.implementer.brief import brief

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mtor_action.run.commands import CommandResult

_READ_CHARACTERS = 400_000
_MOST_IDS = 20
_FIRST_CHARACTERS = 4_000
_LAST_CHARACTERS = 1_500


def described(results: Sequence[CommandResult]) -> str:
    """Return the commands and their results in words for a model; green ones in one line each."""
    return "\n\n".join(_described(result) for result in results)


def _described(result: CommandResult) -> str:
    if result.is_green:
        return f"$ {result.command}\npassed"
    ending = "stopped at its time limit" if result.timed_out else f"exit code {result.exit_code}"
    ending += f", but {result.doubt}" if result.doubt else ""
    text = result.tail(_READ_CHARACTERS)
    reading = read_failures(text)
    parts = [f"$ {result.command}", ending]
    if reading.ids:
        ids = sorted(reading.ids)
        more = f"\n… and {len(ids) - _MOST_IDS} more" if len(ids) > _MOST_IDS else ""
        parts.append("failing:\n" + "\n".join(ids[:_MOST_IDS]) + more)
    first = reading.first_failure[:_FIRST_CHARACTERS]
    if first:
        parts.append(first)
    # What follows the failure may be the cause: coverage that is missing, a second program that failed.
    last_shown = first.strip().rpartition("\n")[2]
    last = result.tail(_LAST_CHARACTERS)
    last = (last.rpartition(last_shown)[2] if last_shown else last).strip()
    if last:
        parts.append(f"the last lines:\n{last}")
    return "\n".join(parts)


def failing(results: Iterable[CommandResult]) -> frozenset[str]:
    """Return what fails, over all commands: ids where they can be read, else fingerprints; each with its command."""
    return frozenset(
        f"{result.command}: {key}"
        for result in results
        for key in failing_keys(result.exit_code or bool(result.doubt), result.tail(_READ_CHARACTERS))
    )


def is_broken(results: Iterable[CommandResult]) -> bool:
    """Return whether something did not import or compile, so that failing tests may hide behind it."""
    return any(not result.is_green and read_failures(result.tail(_READ_CHARACTERS)).broken for result in results)


def tests_run(results: Iterable[CommandResult]) -> int | None:
    """Return how many tests ran, over all commands; None if no command says."""
    counts = [read_failures(result.tail(_READ_CHARACTERS)).tests_run for result in results]
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def errors(results: Sequence[CommandResult]) -> str:
    """Fingerprint what the red commands say of their failures, with times, addresses and paths masked; "" if green."""
    text = brief(results)
    return fingerprint(text) if text else ""
