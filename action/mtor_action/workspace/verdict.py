"""Red or green, at zero tokens: gates, setup, tests, and what the same commands say about the base.

    gates → setup → test → (red?) → the same on the base → once more on the spec's tree

The verdict comes from these runs alone. Red that the base already has is not the spec's; red that goes away
without a change is flaky, and reported as such. Exit code 0 under a log that reports failures is red too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from mtor_action.workspace.log_proof import LogProof

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mtor_action.coaching.gates import Gates
    from mtor_action.processes.commands import CommandResult, CommandRunner
    from mtor_action.workspace.home import Home
    from mtor_action.workspace.progress import Progress
    from mtor_action.workspace.workspace import Workspace


class Colour(Enum):
    """The verdict of the commands on the tree as it is."""

    GREEN = "green"
    FLAKY = "flaky"  # red first, then green without a change
    RED = "red"
    BASE_RED = "base red"  # the same failures stand on the base
    BASE_BROKEN = "base broken"  # the base's own setup fails
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
    on_red: Callable[[], None] = field(default=lambda: None)  # called as soon as a command turns red
    results: list[CommandResult] = field(default_factory=list)
    red: list[CommandResult] = field(default_factory=list)
    dirtied: list[str] = field(default_factory=list)
    log: LogProof = field(default_factory=LogProof)  # the evidence of the logs so far
    home: Home | None = None  # the person's own, as it was before the first command
    renew_home: Callable[[], None] | None = None  # empties the one that commands have as another user

    def verdict(self) -> Colour:
        """Judge the tree as it is, and leave it as it was."""
        shut = self._check_gates()
        self.red = self._try(("setup", "test"), self._tests())
        colour = self._second_opinion(self.red) if self.red else Colour.GREEN
        if not shut or colour is Colour.BASE_BROKEN:
            return colour
        self.red = [*shut, *self.red]
        if any(result.exit_code != 1 for result in shut):
            return Colour.GATE_BROKEN
        return colour if colour is Colour.BASE_RED else Colour.RED

    def test_again(self, stage: str = "test") -> tuple[list[CommandResult], list[str]]:
        """Run every test command on the tree as it is; return the results, and the files put back after them.

        In the stage "verify" the setup has run before (`set_up_to_verify`).
        """
        before = len(self.results)
        self._check_gates()
        was_setup_red = stage == "test" and any(result.stage == "setup" for result in self.red)
        if not (was_setup_red and self._prepare("setup")):
            self._test(stage, self._tests())
        dirt = self._settle()
        return self.results[before:], dirt

    def set_up_to_verify(self) -> list[CommandResult]:
        """Run the setup for the last run; what failed."""
        red = self._prepare("verify")
        self._settle()
        return red

    def set_up_again(self) -> None:
        """Run the setup for a run that is taken up again; `red` has its failure."""
        self.red = self._prepare("setup")
        self._settle()

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
        on_base = self._on_base(red)
        if red[0].stage == "setup":
            return Colour.BASE_BROKEN if on_base else Colour.RED
        on_base_of = {result.command: result for result in on_base}
        self.log.name(red)
        red = self.red = self._without_excused(red, on_base)
        if not red:
            return Colour.GREEN
        if on_base and all(_same(result, on_base_of[result.command]) for result in red):
            return Colour.BASE_RED
        self.red = self._try(("flaky", "flaky"), [result.command for result in red])
        return Colour.RED if self.red else Colour.FLAKY

    def _on_base(self, red: list[CommandResult]) -> list[CommandResult]:
        """The results of the same commands on the base: what failed of a setup, or all of the tests if it did not."""
        self.workspace.show_base()
        results = self._prepare("base")
        if red[0].stage != "setup":
            before = len(self.results)
            if not results:
                self._test("base", [result.command for result in red])
            results = self.results[before:]
        # What the base's commands left must not be in the tree that is judged next.
        self._settle()
        self.workspace.show_plan()
        return results

    def _without_excused(self, red: list[CommandResult], on_base: list[CommandResult]) -> list[CommandResult]:
        """Return those that are red after what the base's logs say as well has been excused."""
        self.log.excuse(on_base)
        weighed = {id(result): self.log.weighed(result) if result.doubt else result for result in red}
        self.results = [weighed.get(id(result), result) for result in self.results]
        return [result for result in weighed.values() if not result.is_green]

    def _try(self, stages: tuple[str, str], commands: Sequence[str]) -> list[CommandResult]:
        """Run setup, then `commands`, and put back what they changed; return the failed ones."""
        setup, test = stages
        red = self._prepare(setup) or self._test(test, commands)
        if self._settle() and not red:
            # What was green may have been so only thanks to what has just been put back.
            red = self._test(test, commands)
            self._settle()
        return red

    def _prepare(self, stage: str) -> list[CommandResult]:
        """Run the setup; stop at its first failure, since nothing after it means anything."""
        for command in self.setup:
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

    def _run(self, stage: str, command: str, *, weigh: bool = False) -> CommandResult:
        self.progress.started(stage, command)
        try:
            result = self.runner.run(stage, command)
        except BaseException:
            self.progress.stopped()
            raise
        result = self.gates.explained(result) if self.gates else result
        result = self.log.weighed(result) if weigh else result
        self._note(result)
        return result

    def _note(self, result: CommandResult) -> None:
        self.progress.finished(result)
        self.results.append(result)
        if not result.is_green:
            self.on_red()

    def _settle(self) -> list[str]:
        dirt = self.workspace.settle()
        self.dirtied += [path for path in dirt if path not in self.dirtied]
        return dirt


def _same(result: CommandResult, on_base: CommandResult) -> bool:
    from mtor_action.test_output.runners import failing_keys

    if on_base.is_green:
        return False
    failing = failing_keys(result.exit_code or bool(result.doubt), result.tail(200_000))
    failing_on_base = failing_keys(on_base.exit_code or bool(on_base.doubt), on_base.tail(200_000))
    return failing <= failing_on_base
