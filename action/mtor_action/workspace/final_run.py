"""The last run: it judges exactly what will be committed, not what earlier runs left around it.

With a setup, in a fresh checkout: every file that git does not track is moved aside, so that the tree has only the base
and the changes, at the same path, which editable installs and build folders record. Then the setup runs again.
Without one, in place: ignored files are put back as they were before the model's first edit.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mtor_action.errors import RepositoryError
from mtor_action.repository.restoring.set_aside import Aside, Fate
from mtor_action.repository.restoring.snapshot import Snapshot
from mtor_action.repository.restoring.untracked import entries
from mtor_action.workspace.home_folder import Home
from mtor_action.workspace.log_proof import doubts
from mtor_action.workspace.trial_run import Trial

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mtor_action.processes.commands import CommandResult
    from mtor_action.scope.scope import Scope
    from mtor_action.workspace.verdict import Judge

_NEXT_STEP = {
    "fresh": "commit what the tests need, or let `setup` make it; then look at what the change writes beside the tree",
    "in place": "look at what the change writes beside the tracked files; tests must not need what an earlier run left",
}


@dataclass(slots=True)
class Verification:
    """The last run of one fix; `results` are those of its commands."""

    judge: Judge
    scope: Scope
    results: list[CommandResult] = field(default_factory=list, init=False)
    _snapshot: Snapshot | None = field(default=None, init=False)
    _unproven: str = field(default="", init=False)

    @property
    def manner(self) -> str:
        """The way of the last run: `fresh` (a fresh checkout) or `in place`."""
        return "fresh" if self.judge.setup else "in place"

    @property
    def disagreement(self) -> str:
        """The difference between the two runs, in words."""
        if self.judge.setup:
            return "green in the job's tree, red in a fresh checkout"
        return "green in the job's tree, red with ignored files as they were before the first edit"

    @property
    def next_step(self) -> str:
        """The next step for a person, where the two runs differ."""
        return _NEXT_STEP[self.manner]

    def prepare(self, *, resumed: bool) -> None:
        """Look at what is there before the model's first edit, or read what an earlier process saw."""
        workspace, home = self.judge.workspace, self.judge.home
        if resumed and home is not None:
            self.judge.home = Home.load(self._folder) or home
        elif home is not None:
            home.save(self._folder)
        git, job = workspace.git, workspace.work.job
        was_lent = self.judge.renew_home is not None
        self._snapshot = Snapshot.load(git, job, was_lent=was_lent) if resumed else None
        self._snapshot = self._snapshot or Snapshot.take(git, self._own(), job, copying=not self.judge.setup)

    def end(self) -> None:
        """Remove what was kept for it, and what commands left where the next job would load it."""
        (self._folder / "home.json").unlink(missing_ok=True)
        if self._snapshot is not None:
            git = self.judge.workspace.git
            with suppress(RepositoryError):  # what cannot be moved was not part of the verdict
                self._snapshot.end(git, self._own(), Aside.begin(git, self.judge.workspace.work.job))

    @contextmanager
    def tree(self) -> Iterator[Trial | None]:
        """The tree and the home as they are judged; afterwards everything is back. None if that cannot be had."""
        workspace, runner = self.judge.workspace, self.judge.runner
        aside = Aside.begin(workspace.git, workspace.work.job)
        with ExitStack() as stack:
            stack.callback(aside.come_back)
            try:
                self._clear(aside)
            except RepositoryError as error:
                self._unproven = error.message
                yield None
                return
            environment = {**runner.environment, **self._home(stack)}
            self.judge.runner = runner._replace(environment=environment)
            stack.callback(setattr, self.judge, "runner", runner)
            yield self._trial()

    def failed(self, trial: Trial | None) -> str:
        """Run the commands; return why their results are not proof, or ""."""
        if self._unproven or trial is None:
            return self._unproven
        self.results, _ = trial()
        red = [result for result in self.results if not result.has_ended_well]
        if red:
            ended = "stopped at its time limit" if red[0].timed_out else f"exit code {red[0].exit_code}"
            return f"`{red[0].command}`: {ended}"
        return "; ".join(doubts(self.results))

    @property
    def _folder(self) -> Path:
        workspace = self.judge.workspace
        return workspace.git.state_dir / "jobs" / workspace.work.job

    def _own(self) -> set[str]:
        return {path for path, state in self.judge.workspace.expected.items() if state is not None}

    def _clear(self, aside: Aside) -> None:
        git, workspace = self.judge.workspace.git, self.judge.workspace
        workspace.show_base()
        workspace.show_plan()  # the job's own files, written anew
        if self._snapshot is not None:
            self._snapshot.renew_tracked(git, self._own())
        if self.judge.setup or self._snapshot is None:
            aside.move([(path, Fate.BACK) for path in entries(git, self._own())])
            return
        removed = self._snapshot.put_back(git, self._own(), aside)
        if removed:
            more = f" and {len(removed) - 3} more" if len(removed) > 3 else ""
            self._unproven = f"a command removed {', '.join(removed[:3])}{more}, which cannot be put back"

    def _home(self, stack: ExitStack) -> dict[str, str]:
        """Return a home as it was before the first command; the variables that lead there."""
        if self.judge.renew_home is not None:
            self.judge.renew_home()
            return {}
        if self.judge.home is None:
            return {}
        return stack.enter_context(self.judge.home.fresh(self.judge.runner.environment))

    def _trial(self) -> Trial | None:
        red = self.judge.set_up_to_verify()
        if red:
            self._unproven = f"`{red[0].command}`: exit code {red[0].exit_code}"
            return None
        return Trial(self.judge, self.scope, "verify")
