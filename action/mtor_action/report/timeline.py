"""The stages of a run as far as the report knows them: what was reached, how it went, how long it took."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from mtor_action.report import read, wording
from mtor_action.report.report import Outcome

if TYPE_CHECKING:
    from mtor_action.report.report import Report


class State(StrEnum):
    """The state of a stage when the run has ended."""

    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"
    SKIPPED = "skipped"


class Stage(NamedTuple):
    """One stage; `seconds` is None where the report has no time for it."""

    name: str
    state: State
    detail: str
    seconds: float | None = None


def stages(report: Report) -> list[Stage]:
    """Return the six stages in order (plan, apply, setup, test, fix, commit), reached or not."""
    return [
        _plan(report),
        _apply(report),
        _ran(report, "setup", ("setup",)),
        _ran(report, "test", ("gate", "test", "base", "flaky", "verify")),
        _fix(report),
        _commit(report),
    ]


def _plan(report: Report) -> Stage:
    if report.outcome is Outcome.REJECTED:
        return Stage("plan", State.FAILED, wording.count(len(report.diagnostics), "problem"))
    if not report.operations:
        return Stage("plan", State.SKIPPED, "not reached")
    return Stage("plan", State.DONE, wording.count(len(report.operations), "operation"))


def _apply(report: Report) -> Stage:
    if report.outcome is Outcome.EMPTY:
        return Stage("apply", State.SKIPPED, "already there")
    if report.outcome in (Outcome.REJECTED, None) or not report.operations:
        return Stage("apply", State.SKIPPED, "nothing written")
    added, removed = wording.totals(report)
    return Stage("apply", State.DONE, f"+{added:,} -{removed:,}")


def _ran(report: Report, name: str, command_stages: tuple[str, ...]) -> Stage:
    commands = [command for command in report.commands if command.stage in command_stages]
    if not commands:
        return Stage(name, State.SKIPPED, "untested" if name == "test" and report.untested else "not run")
    seconds = sum(command.seconds for command in commands)
    red = wording.decisive_failure(report)
    failed = red is not None and red.stage in command_stages
    return Stage(name, State.FAILED if failed else State.DONE, wording.duration(seconds), seconds)


def _fix(report: Report) -> Stage:
    turns = read.turns(report)
    if not turns:
        return Stage("fix", State.SKIPPED, "not needed" if report.outcome in wording.GREEN else "not run")
    seconds = sum(turn.seconds for turn in turns)
    state = {Outcome.FIXED: State.DONE, Outcome.CLEAN: State.DONE, Outcome.STALLED: State.STOPPED}
    detail = f"{wording.count(len(turns), 'turn')}, {wording.duration(seconds)}"
    return Stage("fix", state.get(report.outcome or Outcome.CLEAN, State.FAILED), detail, seconds)


def _commit(report: Report) -> Stage:
    if report.head:
        return Stage("commit", State.DONE, report.head[:7])
    return Stage("commit", State.SKIPPED, "nothing committed")
