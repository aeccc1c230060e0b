"""The stages of a run as far as the report knows them: what was reached, how it went, how long it took."""

from __future__ import annotations

from enum import StrEnum

from mtor_action.lazy_dataclasses import NamedTuple
from mtor_action.report import wording
from mtor_action.report.report import Outcome, Report


class StageState(StrEnum):
    """The state of a stage when the run has ended."""

    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"
    SKIPPED = "skipped"


class TimelineStage(NamedTuple):
    """One stage; `seconds` is None where the report has no time for it."""

    name: str
    state: StageState
    detail: str
    seconds: float | None = None


def stages(report: Report) -> list[TimelineStage]:
    """Return the six stages in order (plan, apply, setup, test, fix, commit), reached or not; format if it ran."""
    formats = any(command.stage == "format" for command in report.commands)
    return [
        _plan(report),
        _apply(report),
        _ran(report, "setup", ("setup",)),
        *([_ran(report, "format", ("format",))] if formats else []),
        _ran(report, "test", ("gate", "test", "base", "flaky", "verify")),
        _fix(report),
        _commit(report),
    ]


def _plan(report: Report) -> TimelineStage:
    if report.outcome is Outcome.REJECTED:
        return TimelineStage("plan", StageState.FAILED, wording.count(len(report.diagnostics), "problem"))
    if not report.operations:
        return TimelineStage("plan", StageState.SKIPPED, "not reached")
    return TimelineStage("plan", StageState.DONE, wording.count(len(report.operations), "operation"))


def _apply(report: Report) -> TimelineStage:
    if report.outcome is Outcome.EMPTY:
        return TimelineStage("apply", StageState.SKIPPED, "already there")
    if report.outcome in (Outcome.REJECTED, None) or not report.operations:
        return TimelineStage("apply", StageState.SKIPPED, "nothing written")
    added, removed = wording.totals(report)
    return TimelineStage("apply", StageState.DONE, f"+{added:,} -{removed:,}")


def _ran(report: Report, name: str, command_stages: tuple[str, ...]) -> TimelineStage:
    commands = [command for command in report.commands if command.stage in command_stages]
    if not commands:
        return TimelineStage(name, StageState.SKIPPED, "untested" if name == "test" and report.untested else "not run")
    seconds = sum(command.seconds for command in commands)
    red = wording.decisive_failure(report)
    failed = red is not None and red.stage in command_stages
    return TimelineStage(name, StageState.FAILED if failed else StageState.DONE, wording.duration(seconds), seconds)


def _fix(report: Report) -> TimelineStage:
    turns = report.turns
    if not turns:
        return TimelineStage("fix", StageState.SKIPPED, "not needed" if report.outcome in wording.GREEN else "not run")
    seconds = sum(turn.seconds for turn in turns)
    state = {Outcome.FIXED: StageState.DONE, Outcome.CLEAN: StageState.DONE, Outcome.STALLED: StageState.STOPPED}
    detail = f"{wording.count(len(turns), 'turn')}, {wording.duration(seconds)}"
    return TimelineStage("fix", state.get(report.outcome or Outcome.CLEAN, StageState.FAILED), detail, seconds)


def _commit(report: Report) -> TimelineStage:
    if report.head:
        return TimelineStage("commit", StageState.DONE, report.head[:7])
    return TimelineStage("commit", StageState.SKIPPED, "nothing committed")
