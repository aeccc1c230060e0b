"""Red or green, at zero tokens: gates, setup, tests, and what the same commands say about the base.

    gates → setup → format → test → (red?) → the same on the base → once more on the spec's tree

The verdict comes from these runs alone. Failures that the base has too, with the same errors, are not the spec's
(`red_before`). Red that goes away without a change is reported as flaky. Exit code 0 with a log that reports failures
is red too.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

from mtor_action.lazy_dataclasses import dataclass, field
from mtor_action.workspace.base_runs import BaseRuns
from mtor_action.workspace.early_stops import GoingOn
from mtor_action.workspace.log_proof import LogProof
from mtor_action.workspace.red_before import BaseCommand, RedBefore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from mtor_action.coaching.gates import Gates
    from mtor_action.processes.commands import CommandResult, CommandRunner
    from mtor_action.workspace.base_memory import BaseRecord
    from mtor_action.workspace.formatting import Formatting
    from mtor_action.workspace.home_folder import Home
    from mtor_action.workspace.progress import Progress
    from mtor_action.workspace.workspace import Workspace


_JUDGING = frozenset({"gate", "test", "flaky", "verify"})


class Colour(Enum):
    """The verdict of the commands on the tree as it is."""

    GREEN = "green"
    FLAKY = "flaky"  # red first, then green without a change
    RED = "red"
    EXCUSED = "excused"  # nothing failed but what the base fails with the same errors
    BASE_RED = "base red"  # the base fails too, and what the spec does to it cannot be told apart
    BASE_BROKEN = "base broken"  # the base's own setup fails
    FORMAT_BROKEN = "format broken"  # a format command fails
    UNCHANGED = "unchanged"  # the format commands undid all that the spec changes
    GATE_BROKEN = "gate broken"  # a gate cannot be checked, whatever the spec holds


@dataclass(slots=True)
class Judge:
    """Runs the commands of one job.

    `results` has every command in the order it ran, `dirtied` what was put back, `red` what failed of the last judging.
    """

    workspace: Workspace  # the tree that is judged
    runner: CommandRunner  # starts the commands
    setup: Sequence[str]  # commands that prepare
    test: Sequence[str]  # commands that decide
    progress: Progress  # told of every command
    gates: Gates | None = None  # of the coaching notes
    formatting: Formatting | None = None  # the commands that format, if there are any
    on_red: Callable[[], None] = field(default=lambda: None)  # called as soon as a command turns red
    results: list[CommandResult] = field(default_factory=list)
    red: list[CommandResult] = field(default_factory=list)
    dirtied: list[str] = field(default_factory=list)
    log: LogProof = field(default_factory=LogProof)  # the evidence of the logs so far
    base_runs: BaseRuns = field(default_factory=BaseRuns)  # the way to the base's own results
    red_before: RedBefore = field(init=False)  # what they excuse
    going_on: dict[str, GoingOn] = field(default_factory=dict)  # by command: how to run what stops early otherwise
    home: Home | None = None  # the person's own, as it was before the first command
    renew_home: Callable[[], None] | None = None  # empties the one that commands have as another user

    def __post_init__(self) -> None:
        self.red_before = RedBefore(lambda: self.workspace.changes)

    @property
    def excused(self) -> list[str]:
        """The failures that the last run of each command had in common with the base: ids, in order."""
        last = {result.command: result for result in self.results if result.stage in _JUDGING}
        return list(dict.fromkeys(name for result in last.values() for name in result.excused))

    def base_as_json(self) -> dict[str, object]:
        """Return what a resumed run needs to know of the base, for `take_up_base`."""
        return {**self.red_before.as_json(), "going_on": {name: list(way) for name, way in self.going_on.items()}}

    def take_up_base(self, record: Mapping[str, Any]) -> None:
        """Restore what `base_as_json` gave before the interruption."""
        self.red_before.take_up(record)
        self.base_runs.look_up(())
        self.going_on = {name: GoingOn(*map(str, way)) for name, way in record.get("going_on", {}).items()}

    def verdict(self) -> Colour:
        """Judge the tree as it is, and leave it as it was."""
        shut = self._check_gates()
        self.red = self._try(("setup", "test"), self._tests())
        if self.formatting and self.formatting.leaves_nothing(self.workspace):
            return Colour.UNCHANGED
        colour = self._second_opinion(self.red) if self.red else Colour.GREEN
        if not shut or colour in (Colour.BASE_BROKEN, Colour.FORMAT_BROKEN):
            return colour
        self.red = [*shut, *self.red]
        if any(result.exit_code != 1 for result in shut):
            return Colour.GATE_BROKEN
        return colour if colour is Colour.BASE_RED else Colour.RED

    def run_on_base(self, command: str, way: GoingOn | None = None) -> CommandResult:
        """Run one command, on this way, on the tree as it is, which shows the base."""
        return self._run("base", command, way, weigh=True)

    def test_again(self, stage: str = "test") -> tuple[list[CommandResult], list[str]]:
        """Run every test command on the tree as it is; return the results, and the files put back after them.

        In the stage "verify" the setup has run before (`set_up_to_verify`).
        """
        before = len(self.results)
        self._check_gates()
        was_setup_red = stage == "test" and any(result.stage == "setup" for result in self.red)
        if not (was_setup_red and self.prepare("setup")):
            self._test(stage, self._tests())
        dirt = self.settle()
        return self.results[before:], dirt

    def set_up_to_verify(self) -> list[CommandResult]:
        """Run the setup for the last run; what failed."""
        red = self.prepare("verify")
        self.settle()
        return red

    def set_up_again(self) -> None:
        """Run setup and format for a run that is taken up again; `red` has the failure."""
        self.red = self.prepare("setup") or self._lay_out()
        self.settle()

    def _check_gates(self) -> list[CommandResult]:
        """Look at the job's files, which no command has to run for; the red results."""
        if self.gates is None:
            return []
        results = self.gates.check(self.workspace.changes, self.runner.job)
        for result in results:
            self.progress.started(result.stage, result.command)
            self._note(result)
        return [result for result in results if not result.passed]

    def _tests(self) -> Sequence[str]:
        """Return the commands that gates require, then the test commands."""
        required = self._required()
        return [*(command for command in required if command not in self.test), *self.test] if required else self.test

    def _required(self) -> Sequence[str]:
        if self.gates is None:
            return ()
        return self.gates.required(change.path for change in self.workspace.changes if change.after is not None)

    def _second_opinion(self, red: list[CommandResult]) -> Colour:
        if red[0].stage == "setup":
            return Colour.BASE_BROKEN if self._setup_fails_on_base() else Colour.RED
        if red[0].stage == "format":
            return Colour.FORMAT_BROKEN
        record = self._on_base(red)
        on_base_of = {command: runs[0] for command, runs in record.runs.items()} if record else {}
        self.log.name(red)
        red = self.red = self._without_excused(red, [run[0] for run in on_base_of.values()])
        if not red:
            return Colour.GREEN
        red = self._weighed_again(red)
        if self.base_runs.is_old and any(self.red_before.has_moved(result) for result in red):
            record = self._make_base(red)
            on_base_of = {command: runs[0] for command, runs in record.runs.items()} if record else {}
            red = self._weighed_again(red)
        red = self.red = self._gone_on(red)
        if not red:
            return Colour.EXCUSED
        if on_base_of and all(self.red_before.is_alike(result, on_base_of[result.command]) for result in red):
            return Colour.BASE_RED
        self.red = self._try(("flaky", "flaky"), [result.command for result in red])
        return Colour.RED if self.red else Colour.FLAKY

    def _setup_fails_on_base(self) -> bool:
        self.workspace.show_base()
        red = self.prepare("base")
        # What the base's commands left must not be in the tree that is judged next.
        self.settle()
        self.workspace.show_plan()
        return bool(red)

    def _on_base(self, red: list[CommandResult]) -> BaseRecord | None:
        """Return the base's runs of the same commands, remembered or made; None if its setup fails."""
        record = self.base_runs.look_up(red)
        if record is None:
            return self._make_base(red)
        self.progress.say("the base was tested before: see .git/mtor/base")
        self._learn(record)
        return record

    def _make_base(self, red: list[CommandResult]) -> BaseRecord | None:
        record = self.base_runs.make(self, [result.command for result in red], self._tests())
        self._learn(record)
        return record

    def _learn(self, record: BaseRecord | None) -> None:
        runs = record.runs if record and self.base_runs.can_excuse else {}
        twice = {command: made for command, made in runs.items() if len(made) > 1}
        self.red_before.commands = {command: BaseCommand.of(made) for command, made in twice.items()}

    def _weighed_again(self, red: list[CommandResult]) -> list[CommandResult]:
        """Return those that are still red beside what the base says, and put them so into the results."""
        weighed = {id(result): self.red_before.weighed(result) for result in red}
        self.results = [weighed.get(id(result), result) for result in self.results]
        return [result for result in weighed.values() if not result.is_green]

    def _gone_on(self, red: list[CommandResult]) -> list[CommandResult]:
        """Run those again that only stopped where the base stops too, on the way that went on there."""
        ways = self.base_runs.going_on
        stopped = [result for result in red if result.unexcused and result.command in ways]
        if not stopped:
            return red
        for result in stopped:
            self.going_on[result.command] = ways[result.command]
            self.red_before.passed_over[result.command] = frozenset(result.excused)
        gone_on = self._test("test", [result.command for result in stopped])
        self.settle()
        return [*(result for result in red if result not in stopped), *gone_on]

    def _without_excused(self, red: list[CommandResult], on_base: Iterable[CommandResult]) -> list[CommandResult]:
        """Return those that are red after what the base's logs say as well has been excused."""
        self.log.excuse(on_base)
        weighed = {id(result): self.log.weighed(result) if result.doubt else result for result in red}
        self.results = [weighed.get(id(result), result) for result in self.results]
        return [result for result in weighed.values() if not result.is_green]

    def _try(self, stages: tuple[str, str], commands: Sequence[str]) -> list[CommandResult]:
        """Run setup, format before the first test, then `commands`; put back what they changed; return the failed."""
        setup, test = stages
        red = self.prepare(setup) or (self._lay_out() if test == "test" else [])
        if self.formatting and (red or self.formatting.leaves_nothing(self.workspace)):
            self.settle()
            return red
        red = red or self._test(test, commands)
        if self.settle() and not red:
            # What was green may have been so only thanks to what has just been put back.
            red = self._test(test, commands)
            self.settle()
        return red

    def prepare(self, stage: str) -> list[CommandResult]:
        """Run the setup; stop at its first failure, since nothing after it means anything."""
        return self._in_order(stage, self.setup)

    def _lay_out(self) -> list[CommandResult]:
        """Run the format commands and keep what they may change; the first that fails, and then nothing is kept."""
        formatting = self.formatting
        if formatting is None:
            return []
        self.settle()  # what the setup changed is not formatted
        red = self._in_order("format", formatting.commands)
        states = {} if red else formatting.changed(self.workspace)
        dirt = self.workspace.settle()
        kept = formatting.keep(self.workspace, states)
        self.dirtied += [path for path in dirt if path not in kept and path not in self.dirtied]
        return red

    def _in_order(self, stage: str, commands: Sequence[str]) -> list[CommandResult]:
        for command in commands:
            result = self._run(stage, command)
            if not result.passed:
                return [result]
        return []

    def _test(self, stage: str, commands: Sequence[str]) -> list[CommandResult]:
        """Run every command, also after a failure: each is a part of the picture. The failed ones are returned."""
        required = self._required() if stage in {"test", "verify"} else ()
        own = [("gate" if command in required and command not in self.test else stage) for command in commands]
        results = [self._run(kind, command, weigh=True) for kind, command in zip(own, commands, strict=True)]
        return [result for result in results if not result.is_green]

    def _run(self, stage: str, command: str, way: GoingOn | None = None, *, weigh: bool = False) -> CommandResult:
        self.progress.started(stage, command)
        try:
            way = way if stage == "base" else self.going_on.get(command)
            result = self._started(stage, command, way)
        except BaseException:
            self.progress.stopped()
            raise
        result = self.gates.explained(result) if self.gates else result
        if weigh:
            result = self.log.weighed(result)
            result = result if stage == "base" else self.red_before.weighed(result)
        self._note(result)
        return result

    def _started(self, stage: str, command: str, way: GoingOn | None) -> CommandResult:
        if way is None:
            return self.runner.run(stage, command)
        runner = self.runner._replace(environment=way.added_to(self.runner.environment))
        return runner.run(stage, way.applied_to(command))._replace(command=command)

    def _note(self, result: CommandResult) -> None:
        self.progress.finished(result)
        self.results.append(result)
        if not result.is_green:
            self.on_red()

    def settle(self) -> list[str]:
        """Put back what commands changed; the paths."""
        dirt = self.workspace.settle()
        self.dirtied += [path for path in dirt if path not in self.dirtied]
        return dirt
