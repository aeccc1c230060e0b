"""The base tested ahead of any spec: `mtor doctor --base`. What it finds is remembered for the runs of the day."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtor_action.errors import MtorError
from mtor_action.manifest.settings_block.settings import DEFAULTS_FILE, Settings
from mtor_action.preparation.preparation import defaults_in
from mtor_action.preparation.setting_changes import DEFAULT_TIMEOUT_MINUTES
from mtor_action.processes.commands import CommandResult, CommandRunner
from mtor_action.processes.environment import command_environment
from mtor_action.redaction.redactor import Redactor
from mtor_action.repository.attributes import Attributes
from mtor_action.repository.branch_names import free_branch
from mtor_action.repository.head import resolve
from mtor_action.repository.restoring.journal import JournaledWork
from mtor_action.repository.restoring.status import refuse_dirty
from mtor_action.repository.revisions.base_tree import BaseTree
from mtor_action.repository.visible_files import KnownFiles
from mtor_action.workspace.base_memory import BaseMemory, BaseRun, base_key
from mtor_action.workspace.base_runs import BaseRuns
from mtor_action.workspace.red_before import BaseCommand
from mtor_action.workspace.verdict import Judge
from mtor_action.workspace.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mtor_action.repository.git import Git
    from mtor_action.workspace.progress import Progress


@dataclass(frozen=True, slots=True)
class CheckedCommand:
    """One command on the base. `failures` are those that two runs had with the same error: they would be excused."""

    result: CommandResult  # of the first run
    failures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckedBase:
    """The base and its commands; `setup` is the command of the setup that failed, if one did."""

    commit: str
    commands: tuple[CheckedCommand, ...]
    setup: CommandResult | None = None


def check_base(git: Git, environ: Mapping[str, str], progress: Progress) -> CheckedBase:
    """Run setup and tests of `.github/mtor.yml` on the base that it names, else on HEAD; the tree is as before then.

    The lock must be held. Raises MtorError without commands, or with changes that are not committed.
    """
    status = refuse_dirty(git)
    commit, settings = _base_of(git, status.head.commit)
    job = time.strftime("%Y%m%d-%H%M%S-base", time.gmtime())
    # Nothing is committed to the branch, so leaving the workspace removes it.
    work = JournaledWork(job, status.head, commit, free_branch(git, "mtor/base"))
    files = KnownFiles(git, commit, status.hidden)
    with Workspace(git, work, (), Attributes(git, (), True, {}), files) as workspace:
        judge = _judge(workspace, settings, environ, progress)
        tests = judge.test
        record = judge.base_runs.make(judge, tests, tests)
        if record is None:
            return CheckedBase(commit, (), judge.results[-1])
        return CheckedBase(commit, tuple(_checked(record.runs[command]) for command in tests))


def _base_of(git: Git, head: str) -> tuple[str, Settings]:
    with BaseTree(git, head) as tree:
        name = defaults_in(tree).settings.base
    commit = resolve(git, name) if name else head
    with BaseTree(git, commit) as tree:
        file = defaults_in(tree)
    if file.diagnostics:
        raise MtorError(f"{DEFAULTS_FILE} has mistakes: {file.diagnostics[0].message}", "correct them first")
    if not file.settings.test:
        raise MtorError(f"{DEFAULTS_FILE} of {commit[:12]} has no `test`", "add the commands that decide")
    return commit, file.settings


def _judge(workspace: Workspace, settings: Settings, environ: Mapping[str, str], progress: Progress) -> Judge:
    root, state = workspace.git.root, workspace.git.state_dir
    environment, redactor = command_environment(environ), Redactor(environ)
    runner = CommandRunner(
        cwd=root,
        environment=environment,
        timeout_seconds=60 * (settings.timeout_minutes or DEFAULT_TIMEOUT_MINUTES),
        job=workspace.work.mark(root),
        on_output=lambda line: progress.output(redactor.redact(line)),
    )
    setup, test = settings.setup or (), settings.test or ()
    judge = Judge(workspace, runner, setup, test, progress)
    key = base_key(workspace.work.base, setup, test, environment, "")
    judge.base_runs = BaseRuns(BaseMemory(state / "base", redactor.redact), key)
    return judge


def _checked(runs: tuple[BaseRun, ...]) -> CheckedCommand:
    failures = BaseCommand.of(runs).failures if len(runs) > 1 else {}
    return CheckedCommand(runs[0][-1], tuple(failures))
