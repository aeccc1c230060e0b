"""The check of exit code 0 against a command's log; what the base's log says too is excused, and remembered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.lazy_dataclasses import dataclass, field
from mtor_action.lazy_patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mtor_action.processes.commands import CommandResult
    from mtor_action.test_output.contradictions import Contradiction, FailedTests
    from mtor_action.untyped import JsonObject

_READ_CHARACTERS = 200_000
# No log that reports a failure is without one of these; most green ones are, and then nothing has to be read.
_MAY_REPORT = lazy_pattern(r"(?i)fail|error|not ok")


@dataclass(slots=True)
class LogProof:
    """The evidence of one job's logs so far.

    `named` has the tests of each command's first red run, `excused` the failures that a green command's log reports
    on the base too, `remarks` a sentence for each command that was excused.
    """

    named: dict[str, FailedTests] = field(default_factory=dict)
    excused: dict[str, frozenset[str]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    def weighed(self, result: CommandResult) -> CommandResult:
        """Return the result with its `doubt`: why exit code 0 is not proof, or ""."""
        contradiction = self._contradiction(result, self.named.get(result.command))
        if contradiction is None:
            return result._replace(doubt="")
        if contradiction.keys <= self.excused.get(result.command, frozenset()):
            remark = f"`{result.command}`: exit code 0, but {contradiction.text}; the same on the base"
            self.remarks += [] if remark in self.remarks else [remark]
            return result._replace(doubt="")
        return result._replace(doubt=contradiction.text)

    def name(self, red: Iterable[CommandResult]) -> None:
        """Remember the tests that these red results name, unless an earlier one of the same command has."""
        from mtor_action.test_output.contradictions import named_in

        for result in red:
            tests = named_in(result.tail(_READ_CHARACTERS)) if result.command not in self.named else None
            if tests is not None:
                self.named[result.command] = tests

    def excuse(self, on_base: Iterable[CommandResult]) -> None:
        """Let every failure that the base's logs report under exit code 0 count as known from now on."""
        from mtor_action.test_output.contradictions import FailedTests

        for result in on_base:
            red = self.named.get(result.command)
            contradiction = self._contradiction(result, FailedTests(red.runners, ()) if red else None)
            if contradiction is not None:
                self.excused[result.command] = self.excused.get(result.command, frozenset()) | contradiction.keys

    def as_json(self) -> JsonObject:
        """Return the state that a resumed run needs, for `take_up`."""
        tests = {command: [list(red.runners), list(red.ids), red.broken] for command, red in self.named.items()}
        return {"named": tests, "excused": {command: sorted(keys) for command, keys in self.excused.items()}}

    def take_up(self, record: JsonObject) -> None:
        """Restore the state that `as_json` gave before the interruption."""
        from mtor_action.test_output.contradictions import FailedTests

        for command, (runners, ids, broken) in record.get("named", {}).items():
            self.named[command] = FailedTests(tuple(runners), tuple(ids), bool(broken))
        for command, keys in record.get("excused", {}).items():
            self.excused[command] = frozenset(keys)

    def _contradiction(self, result: CommandResult, red: FailedTests | None) -> Contradiction | None:
        if not result.passed:
            return None
        text = result.tail(_READ_CHARACTERS)
        if red is None and not _MAY_REPORT.search(text):
            return None
        from mtor_action.test_output.contradictions import contradiction

        return contradiction(text, red)


def doubts(results: Iterable[CommandResult]) -> list[str]:
    """Return a sentence for each command that ended with 0 and whose log says otherwise."""
    return [f"`{result.command}`: exit code 0, but {result.doubt}" for result in results if result.doubt]
