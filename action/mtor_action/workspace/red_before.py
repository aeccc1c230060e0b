"""The failures that the base has too: a job is not blamed for them, and not praised either.

A failure is excused only if the base failed the same test with the same error, twice, and only where nothing can hide
behind it. What a model may rely on was excused before its first edit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mtor_action.lazy_dataclasses import dataclass, field
from mtor_action.lazy_patterns import lazy_pattern
from mtor_action.report.report import ReportedFailure
from mtor_action.workspace.own_tests import is_named, own_failures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from mtor_action.processes.commands import CommandResult
    from mtor_action.test_output.failure import FailureReading
    from mtor_action.test_output.failure_errors import FailureError
    from mtor_action.tree.changes import Change

READ_CHARACTERS = 400_000
_FIRST_SIGNAL = 124  # exit codes from here on: the time limit, a command that cannot run, a signal
_STOPS_EARLY = lazy_pattern(r"(?:^|\s)(--?fail-?fast|--bail|--exitfirst|--stepwise|--sw|--maxfail)\b(?!=0)")
_COVERAGE = lazy_pattern(r"(?i)\bcoverage\b.*\b(?:not|fail\w*|below|less|under)\b|\bfail\w*\b.*\bcoverage\b")
_JOINED = lazy_pattern(r"\s*(?:&&|\|\||;|\n)\s*")
# Parts of a command that only prepare what comes after them.
_PREPARES = lazy_pattern(
    r"(?:cd|pushd|export|unset|set|source|\.|mkdir|true|:|echo|ulimit)(?:\s|$)|\w+=\S*$"
    r"|(?:\S*/)?(?:python\S* -m )?pip3? install\b|(?:npm|pnpm|yarn|bun) (?:ci|i|install)\b|uv (?:sync|pip install)\b"
)


@dataclass(frozen=True, slots=True)
class OldFailure:
    """One failure of the base. `exact` is "" where two runs agree only in `masked`: times, addresses, ports."""

    exact: str  # fingerprint of the error
    masked: str  # fingerprint of the error without what differs between runs
    shown: str  # its first words


@dataclass(frozen=True, slots=True)
class BaseCommand:
    """One command's two runs on the base: the failures that both had, with one error."""

    exit_codes: tuple[int, ...]
    tests_run: int | None  # the higher count; None if the runner states none
    failures: Mapping[str, OldFailure]  # by id
    failed: int = 0  # the highest number of failures that a summary states

    @classmethod
    def of(cls, runs: Sequence[Sequence[CommandResult]]) -> BaseCommand:
        """Return what these runs of one command have in common, result by result."""
        from mtor_action.test_output.failure_errors import failure_errors

        read = [[failure_errors(result.tail(READ_CHARACTERS)) for result in run] for run in runs]
        counts = [run[-1][0].tests_run for run in read if run[-1][0].tests_run is not None]
        known: dict[str, OldFailure] = {}
        for (_, first), (_, last) in zip(read[0], read[-1], strict=False):
            failures = {name: _old(error, last[name]) for name, error in first.items() if name in last}
            known |= {name: failure for name, failure in failures.items() if failure is not None}
        exit_codes = tuple({result.exit_code for run in runs for result in run})
        failed = max((_failed(reading) for run in read for reading, _ in run), default=0)
        return cls(exit_codes, max(counts, default=None), known, failed)


@dataclass(slots=True)
class RedBefore:
    """What the base's runs excuse in one job.

    `changes` gives the job's changes as they are now, `fixes` the tests that must not be red whatever the base says.
    `commands` are filled once the base was tested. `granted` are the ids by command that were excused before a model
    wrote anything; None until then.
    """

    changes: Callable[[], Sequence[Change]]
    fixes: Sequence[str] = ()
    commands: dict[str, BaseCommand] = field(default_factory=dict)
    granted: dict[str, frozenset[str]] | None = None
    passed_over: dict[str, frozenset[str]] = field(default_factory=dict)  # ids by command: where a run stopped first

    def weighed(self, result: CommandResult) -> CommandResult:
        """Return the result with what is excused of it, and with whether that is all."""
        base = self.commands.get(result.command)
        over = self.passed_over.get(result.command, frozenset())
        if base is None or (result.passed and not over):
            return result
        if result.passed:
            return result if result.doubt else result._replace(excused=tuple(sorted(over)), as_on_base=True)
        from mtor_action.test_output.failure_errors import failure_errors

        text = result.tail(READ_CHARACTERS)
        reading, errors = failure_errors(text)
        old = self._old(result.command, base, errors)
        if not old:
            return result._replace(excused=tuple(sorted(over)), as_on_base=False)
        hidden = _hiding(result, reading, base, text) if old == reading.ids else ""
        is_all = old == reading.ids and not hidden
        return result._replace(excused=tuple(sorted(old | over)), as_on_base=is_all, unexcused=hidden)

    def own_alike(self, result: CommandResult) -> frozenset[str]:
        """Return the spec's own failures that the base has with the same error; none if others are red too."""
        from mtor_action.test_output.failure_errors import failure_errors

        base = self.commands.get(result.command)
        if base is None:
            return frozenset()
        reading, errors = failure_errors(result.tail(READ_CHARACTERS))
        same = {name for name, error in errors.items() if _is_same(error, base.failures.get(name))}
        return frozenset(same - set(result.excused)) if reading.ids <= same else frozenset()

    def has_moved(self, result: CommandResult) -> bool:
        """Return whether a test that the base failed too fails otherwise now: the base may by now, too."""
        from mtor_action.test_output.runners import read_failures

        base = self.commands.get(result.command)
        ids = read_failures(result.tail(READ_CHARACTERS)).ids if base else frozenset()
        return base is not None and bool(ids & base.failures.keys() - set(result.excused))

    def is_alike(self, result: CommandResult, on_base: Sequence[CommandResult]) -> bool:
        """Return whether this red result cannot be told apart from the base's: the same tests, no error to compare."""
        from mtor_action.test_output.runners import failing_keys, read_failures

        if result.unexcused:
            return True
        if on_base[0].is_green:
            return False
        base = self.commands.get(result.command)
        told_apart = base.failures.keys() if base else frozenset()
        ids = read_failures(result.tail(READ_CHARACTERS)).ids
        if ids & told_apart - set(result.excused):
            return False
        failing = failing_keys(result.exit_code or bool(result.doubt), result.tail(READ_CHARACTERS))
        return any(
            failing <= failing_keys(base_result.exit_code or bool(base_result.doubt), base_result.tail(READ_CHARACTERS))
            for base_result in on_base
        )

    def grant(self, results: Iterable[CommandResult]) -> None:
        """From now on excuse only what is excused in these results: the ones before a model's first edit."""
        self.granted = {}
        for result in results:
            ids = self.granted.get(result.command, frozenset())
            self.granted[result.command] = ids | frozenset(result.excused)

    def failures(self) -> list[ReportedFailure]:
        """Return every failure of the base that two runs agree in, for the report."""
        return [
            ReportedFailure(command, name, failure.shown)
            for command, base in self.commands.items()
            for name, failure in base.failures.items()
        ]

    def as_json(self) -> dict[str, object]:
        """Return the state that a resumed run needs, for `take_up`."""
        return {
            "commands": {
                command: {
                    "exit_codes": list(base.exit_codes),
                    "tests_run": base.tests_run,
                    "failed": base.failed,
                    "failures": {
                        name: [failure.exact, failure.masked, failure.shown] for name, failure in base.failures.items()
                    },
                }
                for command, base in self.commands.items()
            },
            "passed_over": {command: sorted(ids) for command, ids in self.passed_over.items()},
            "granted": {command: sorted(ids) for command, ids in (self.granted or {}).items()},
        }

    def take_up(self, record: Mapping[str, Any]) -> None:
        """Restore the state that `as_json` gave before the interruption."""
        for command, base in record.get("commands", {}).items():
            failures = {name: OldFailure(*map(str, parts)) for name, parts in base["failures"].items()}
            self.commands[command] = BaseCommand(tuple(base["exit_codes"]), base["tests_run"], failures, base["failed"])
        self.passed_over = {command: frozenset(ids) for command, ids in record.get("passed_over", {}).items()}
        self.granted = {command: frozenset(ids) for command, ids in record.get("granted", {}).items()}

    def _old(self, command: str, base: BaseCommand, errors: Mapping[str, FailureError]) -> frozenset[str]:
        same = {name for name, error in errors.items() if _is_same(error, base.failures.get(name))}
        if self.granted is not None:
            same &= self.granted.get(command, frozenset())
        same = {name for name in same if not is_named(name, self.fixes)}
        return frozenset(same - own_failures(same, self.changes()))


def _old(first: FailureError, second: FailureError) -> OldFailure | None:
    if first.masked != second.masked:
        return None
    return OldFailure(first.exact if first.exact == second.exact else "", first.masked, first.shown)


def _is_same(error: FailureError, old: OldFailure | None) -> bool:
    if old is None:
        return False
    return error.exact == old.exact if old.exact else error.masked == old.masked


def _hiding(result: CommandResult, reading: FailureReading, base: BaseCommand, text: str) -> str:
    """Return why failures of the spec's own may hide behind those of the base, as half a sentence; "" if none can."""
    before, now = base.tests_run, reading.tests_run
    checks = {
        "it was stopped before its end": result.timed_out or result.exit_code >= _FIRST_SIGNAL,
        f"it ended with exit code {result.exit_code}, on the base with {base.exit_codes[0]}": (
            result.exit_code not in base.exit_codes
        ),
        reading.stopped: reading.stopped,
        "the command stops at its first failure": _STOPS_EARLY.search(result.command),
        "what follows in the command did not run; make it a command of its own": _is_followed(result.command),
        f"fewer tests ran than on the base: {now or 'none'} of {before}": before is not None and (now or 0) < before,
        "no test ran": now == 0,
        # Code under test can print a summary of its own below the runner's.
        f"its log counts more failures than the base's: {_failed(reading)}, not {base.failed}": (
            _failed(reading) > base.failed
        ),
        "its log complains about coverage": any(_COVERAGE.search(line) for line in text.split("\n") if len(line) < 400),
    }
    return next((reason for reason, holds in checks.items() if holds), "")


def _failed(reading: FailureReading) -> int:
    return max((summary.failed for summary in reading.summaries), default=0)


def _is_followed(command: str) -> bool:
    """Return whether the part of the command that tests may be followed by another one, which then did not run."""
    *before, _ = _JOINED.split(command.strip().rstrip(";"))
    return any(part and not _PREPARES.match(part) for part in before)
