"""Testing the base: its commands in order, twice where they are red, without what the job's own runs left behind."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from mtor_action.errors import RepositoryError
from mtor_action.lazy_dataclasses import dataclass, field
from mtor_action.repository.restoring.set_aside import Aside, Fate
from mtor_action.repository.restoring.untracked import touched_since
from mtor_action.workspace.base_memory import BaseMemory, BaseRecord, BaseRun
from mtor_action.workspace.early_stops import GoingOn, way_on
from mtor_action.workspace.red_before import READ_CHARACTERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from mtor_action.processes.commands import CommandResult
    from mtor_action.workspace.workspace import Workspace

# A file's times come from a clock that ticks every 10 ms at worst.
_TICK_NANOSECONDS = 20_000_000
_OLD_SECONDS = 3600.0
_MOST_WAYS = 8


class BaseJudge(Protocol):
    """What the runs of the base need of the judge (`verdict.py`), which is above them."""

    workspace: Workspace

    def prepare(self, stage: str) -> list[CommandResult]:
        """Run the setup; return its first failure."""

    def settle(self) -> list[str]:
        """Put back what commands changed; return the paths."""

    def run_on_base(self, command: str, way: GoingOn | None = None) -> CommandResult:
        """Run a command on the base, past where it stops early if there is a `way`."""


@dataclass(slots=True)
class BaseRuns:
    """The way to the base's own results, remembered under `key` or made now.

    `going_on` has, by command, how to run what stops early on the base. `is_remembered` says that `record` was not
    made by this job.
    """

    memory: BaseMemory | None = None
    key: str = ""
    began_ns: int = field(default_factory=time.time_ns)  # before the job's first command
    record: BaseRecord | None = None
    is_remembered: bool = False
    going_on: dict[str, GoingOn] = field(default_factory=dict)
    can_excuse: bool = True  # False where what earlier runs left could not be taken away, or red tests are the task

    @property
    def is_old(self) -> bool:
        """Return whether the record was made so long ago that what surrounds the tests may have changed."""
        age_seconds = time.time() - self.record.tested if self.record else 0.0
        return self.is_remembered and age_seconds > _OLD_SECONDS

    def look_up(self, red: Sequence[CommandResult]) -> BaseRecord | None:
        """Return the remembered runs, if they have all that is needed to judge these red results."""
        record = self.memory.load(self.key) if self.memory and self.key else None
        if record is None or not all(_is_enough(record.runs.get(result.command, ())) for result in red):
            return None
        self.record, self.is_remembered, self.going_on = record, True, dict(record.going_on)
        return record

    def make(self, judge: BaseJudge, red: Sequence[str], commands: Sequence[str]) -> BaseRecord | None:
        """Run the `red` of all `commands` on the base and remember that; None if its setup fails.

        If one of them fails there with tests that can be named, all run, in order: what a test finds may have been
        built by an earlier command. The plan is shown afterwards.
        """
        earlier = self.memory.load(self.key) if self.memory and self.key else None
        self.record, self.is_remembered = None, False
        self.going_on = dict(earlier.going_on) if earlier else {}
        judge.workspace.show_base()
        with self._as_before(judge):
            runs = None if judge.prepare("base") else self._twice(judge, red, commands)
            judge.settle()
        judge.workspace.show_plan()
        if runs is None:
            return None
        merged = {**(earlier.runs if earlier else {}), **runs}
        self.record = BaseRecord(self.key, time.time(), merged, dict(self.going_on))
        if self.memory and self.key and self.can_excuse:
            self.memory.save(self.record)
        return self.record

    def _twice(self, judge: BaseJudge, red: Sequence[str], commands: Sequence[str]) -> dict[str, tuple[BaseRun, ...]]:
        runs: dict[str, tuple[BaseRun, ...]] = {command: (self._to_the_end(judge, command),) for command in red}
        if all(made[0][0].passed or not _names_tests(made[0][0]) for made in runs.values()):
            return runs
        last = max(commands.index(command) for command in red)
        for command in commands[: last + 1]:
            runs[command] = (*runs.get(command, ()), self._to_the_end(judge, command))
        return runs

    def _to_the_end(self, judge: BaseJudge, command: str) -> BaseRun:
        """Run it, and again as long as it stops early and there is a way on; every result."""
        self.going_on.pop(command, None)
        results = [judge.run_on_base(command)]
        while len(results) <= _MOST_WAYS and (way := way_on(results[-1], self.going_on.get(command))):
            self.going_on[command] = way
            results.append(judge.run_on_base(command, way))
        return tuple(results)

    @contextmanager
    def _as_before(self, judge: BaseJudge) -> Iterator[None]:
        """Files that git does not track and that this job's commands wrote are out of the tree meanwhile."""
        git = judge.workspace.git
        touched = touched_since(git, set(judge.workspace.expected), self.began_ns - _TICK_NANOSECONDS)
        aside = Aside.begin(git, judge.workspace.work.job)
        try:
            try:
                aside.move([(path, Fate.BACK) for path in touched if not _is_built_by_cargo(git.root / path)])
            except RepositoryError:
                self.can_excuse = False
            yield
        finally:
            aside.come_back()


def _is_built_by_cargo(path: Path) -> bool:
    """Return whether it is cargo's folder, which it compares with the sources: a build from nothing takes long."""
    return path.name == "target" and (path / ".rustc_info.json").is_file()


def _is_enough(runs: Sequence[BaseRun]) -> bool:
    """Return whether these runs of a command say all: one that is green or names no test, or two."""
    return len(runs) > 1 or any(run[0].passed or not _names_tests(run[0]) for run in runs)


def _names_tests(result: CommandResult) -> bool:
    """Return whether a second run could excuse anything: failures that can be named, of a run that had its time."""
    from mtor_action.test_output.runners import read_failures

    return not result.timed_out and bool(read_failures(result.tail(READ_CHARACTERS)).ids)
