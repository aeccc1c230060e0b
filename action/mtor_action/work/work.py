"""The work job from its first look at GitHub to the folder that it hands over: the order in which things are done.

duplicate? → fetch (token) → run (commands, model) → every process of theirs ended → hand over, annotate, set outputs
"""

from __future__ import annotations

import os
import shutil
import sys
import time
import traceback
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mtor_action.errors import Cancelled, MtorError, SpecBlocked, SpecChanged
from mtor_action.github.actions.twin_runs import earlier_twin
from mtor_action.github.client import Client, connect
from mtor_action.github.confirmed_refusals import refuse_by_rest
from mtor_action.github.prefetch import ask_ahead
from mtor_action.github.remembering_client import remembering
from mtor_action.handover.handover import Handover
from mtor_action.handover.writing import beyond_the_spec, write_handover
from mtor_action.job.job import JobRun
from mtor_action.job.options import Options
from mtor_action.model.loading import load_after
from mtor_action.on_issues import paused
from mtor_action.preparation.preparation import SettingsFile, defaults_in, settle
from mtor_action.processes.interruption import Interruption
from mtor_action.processes.processes import kill_survivors
from mtor_action.redaction.redactor import Redactor
from mtor_action.redaction.secret_names import secrets_in
from mtor_action.report.markdown import render_markdown
from mtor_action.report.redacted_report import redacted
from mtor_action.report.report import Outcome, Report, SpecSummary
from mtor_action.report.runner_minutes import runner_minutes
from mtor_action.repository.branch_names import slug
from mtor_action.repository.git import Git
from mtor_action.repository.remote import Remote
from mtor_action.repository.restoring.lock import Lock
from mtor_action.repository.restoring.recovery import recover
from mtor_action.repository.revisions.base_tree import BaseTree
from mtor_action.repository.revisions.commit import tree_of
from mtor_action.runner.annotations import errors_of
from mtor_action.runner.command_files import MOST_SUMMARY_BYTES, add_summary, guard, put_back, set_outputs
from mtor_action.runner.log import Log
from mtor_action.work.day_budget import NOT_COUNTED, Allowance, allowance
from mtor_action.work.fetching import Fetched, default_settings, fetch
from mtor_action.work.model_install import installer
from mtor_action.work.users import closed_folders, command_environ, folders_of, give, worker

if TYPE_CHECKING:
    from pathlib import Path

    from mtor_action.tree.changes import FileState
    from mtor_action.work.context import Context

_LONGEST_CHARACTER_BYTES = 4


def work(context: Context, token: str, repo: Path) -> int:
    """Do all of it and return the exit code: 0 if a result was handed over, 3 for an error, 130 if it was stopped."""
    redactor = Redactor(os.environ, [token])
    with Log(sys.stdout, redactor) as log:
        log.mask([token, *secrets_in(os.environ).values()])
        return _WorkJob(context, log, redactor, repo.resolve(), context.output.stat()).do(token)


@dataclass(slots=True)
class _WorkJob:
    """One work job; `git` and `fetched` are there as soon as they are known. `runner` owns what is handed over."""

    context: Context
    console: Log
    redactor: Redactor
    root: Path
    runner: os.stat_result
    git: Git | None = field(default=None, init=False)
    fetched: Fetched | None = field(default=None, init=False)
    default: SettingsFile | None = field(default=None, init=False)  # the default branch's settings
    day: Allowance | None = field(default=None, init=False)

    def do(self, token: str) -> int:
        begun = time.monotonic()
        seal = guard(self.context.files)
        # Only we may write there, even where everybody may write next to it.
        self.context.handover.mkdir(mode=0o700, exist_ok=True)
        report = self._report(token)
        if report is None:
            return 0
        report.per_day = self._per_day()
        report.runner = runner_minutes({"work": time.monotonic() - begun})
        with Interruption():
            written = put_back(seal)
            if written:
                self.console.warn(f"commands wrote into the runner's own files, which was undone: {', '.join(written)}")
            return self._hand_over(redacted(report, self.redactor))

    def _report(self, token: str) -> Report | None:
        """Return the report of how it ended, whatever happened; None if there is nothing to do."""
        report = Report(job=self.context.name, spec=SpecSummary(source=f"#{self.context.issue}"))
        try:
            if self.context.job and self._is_duplicate(token):
                return None
            if self.context.paused:
                _end(report, Outcome.CANCELLED, paused.REASON, paused.STEP)
                return report
            return self._run(token)
        except SpecBlocked as error:
            _end(report, Outcome.BLOCKED, error.message, error.hint)
        except SpecChanged as error:
            _end(report, Outcome.REJECTED, error.message, error.hint)
        except MtorError as error:
            _end(report, Outcome.ERROR, error.message, error.hint)
        except OSError as error:
            _end(report, Outcome.ERROR, f"the system refused: {error}", "fix the runner, then run the job again")
        except (Cancelled, KeyboardInterrupt):
            _end(report, Outcome.CANCELLED, "the run was cancelled", "")
        except Exception as error:  # noqa: BLE001  a bug of ours is a result too
            self.console.say(f"this is a bug in mtor:\n{''.join(traceback.format_exception(error))}")
            _end(report, Outcome.ERROR, f"a bug in mtor: {type(error).__name__}", "report it with this run's log")
        return report

    def _per_day(self) -> dict[str, object]:
        """Return the report's entry about the day; also where the run ended before the day was looked at."""
        if self.day is not None:
            return self.day.record
        return NOT_COUNTED if self.default and self.default.settings.per_day else {}

    def _is_duplicate(self, token: str) -> bool:
        with connect(token, self.context.repository, api_url=self.context.api_url) as client:
            twin = earlier_twin(client, self.context.run_id, self.context.workflow)
        if twin is not None:
            self.console.say(f"the run {twin} is for the same job and came first, so this one leaves the work to it")
        return twin is not None

    def _run(self, token: str) -> Report:
        trust_checkout(self.root)
        git = Git.open(self.root)
        recovered = recover(git, kill_survivors)
        if recovered is not None:
            self.console.say(f"put back what the interrupted job {recovered.work.job} had changed")
        with Lock(git, f"mtor work {self.context.name}") as locked:
            self.git = git
            # An earlier attempt on this machine had the same name.
            shutil.rmtree(locked.state_dir / "jobs" / self.context.name, ignore_errors=True)
            remote = Remote(f"{self.context.server_url}/{self.context.repository}.git", token)
            with remembering(connect(token, self.context.repository, api_url=self.context.api_url)) as client:
                # Without pins the publish job compares with what is read here, and pins are made of REST's words.
                ask_ahead(client, issue=self.context.issue if self.context.pins else 0)
                self.default = default_settings(client, locked, remote)
                self.fetched = refuse_by_rest(client, lambda: fetch(client, locked, remote, self.context))
                self.day = self._allowance(client, locked, self.fetched, self.default)
            return self._run_job(locked, self.fetched)

    def _allowance(self, client: Client, git: Git, fetched: Fetched, default: SettingsFile) -> Allowance | None:
        """Return what `per_day` allows this job, while the token may still be used."""
        with BaseTree(git, fetched.base) as tree:
            settings = settle(fetched.spec, defaults_in(tree), default).settings
        day = allowance(client, self.context.run_id, settings, default.settings)
        if day is not None and day.refusal:
            self.console.warn(f"no model is called in this run: {day.refusal}")
        return day

    def _run_job(self, git: Git, fetched: Fetched) -> Report:
        spec, context = fetched.spec, self.context
        if context.model_install:
            load_after(installer(context.model_install, os.environ))
        programs = folders_of(os.environ)  # in the block some may be covered
        with worker(git.root, os.environ) as borrowed:
            environ = command_environ(os.environ, borrowed, git.root)
            self._report_user(borrowed.user.name if borrowed.user else "", borrowed.weakness)
            closed = closed_folders(programs, borrowed.user) if borrowed.user else []
            if closed:
                self.console.warn(f"commands may not enter these folders of PATH; open those they need: {closed}")
            branch = f"mtor/{context.issue}-{slug(spec.title)}"
            options = Options(
                as_user=borrowed.user,
                job=context.name,
                branch=branch,
                base=fetched.base,
                default=self.default,
                origin=fetched.origin,
                carried=fetched.carried,
            )
            if self.day is not None:
                options = options._replace(day_refusal=self.day.refusal, usd_left=self.day.usd_left)
            report = JobRun(git, spec, f"#{context.issue}", self.console, environ, options).run()
        if borrowed.weakness:
            report.isolation = f"same-user: {borrowed.weakness}"
        if report.outcome is Outcome.CANCELLED:
            report.next_step = ""  # what it left behind is gone with the runner
        if fetched.problem:
            report.add_facts([fetched.problem])
        return report

    def _report_user(self, user: str, weakness: str) -> None:
        if weakness:
            self.console.warn(f"commands are not kept from the model's key: {weakness}")
        self.console.say(f"commands run as {user}" if user else "commands run as the same user as mtor")

    def _hand_over(self, report: Report) -> int:
        try:
            self._write(report)
        except (MtorError, OSError) as error:
            reason = error.message if isinstance(error, MtorError) else str(error)
            report = replace(report, head="", diff="")
            _end(report, Outcome.ERROR, f"the result cannot be handed over: {reason}", "run the job again")
            self.fetched = None
            self._write(report)
        self._publish_to_runner(report)
        return report.outcome.exit_code if report.outcome in (Outcome.ERROR, Outcome.CANCELLED) else 0

    def _write(self, report: Report) -> None:
        git, context, fetched = self.git, self.context, self.fetched
        beyond: tuple[tuple[str, FileState | None], ...] = ()
        if git and fetched and report.head and fetched.carried is None:
            beyond = beyond_the_spec(git, fetched.spec, report.base, report.head, report.written_for.commit)
        tree = tree_of(git, report.head) if git and report.head else ""
        pins = fetched.pins if fetched else context.pins
        handover = Handover(context.job, context.issue, report.base, pins, beyond, tree)
        write_handover(git, report, handover, context.handover, lambda folder: give(folder, self.runner))
        if git:
            give(git.root, git.root.stat())

    def _publish_to_runner(self, report: Report) -> None:
        for annotation in errors_of(report, self._paths(report), str(self.root)):
            place = {"file": annotation.path, "line": str(annotation.line)} if annotation.path else {}
            self.console.command("error", annotation.message, {**place, "title": annotation.title})
        if self.context.summary:
            limit = MOST_SUMMARY_BYTES // _LONGEST_CHARACTER_BYTES - 1
            add_summary(self.context.summary, render_markdown(report, limit=limit))
        self.console.say(f"{report.outcome}: {report.reason}" if report.reason else f"{report.outcome}")
        values = {"outcome": str(report.outcome), "report": str(self.context.handover / "report.json")}
        set_outputs(self.context.output, values)

    def _paths(self, report: Report) -> frozenset[str]:
        commit = report.head or report.base
        if not (self.git and commit):
            return frozenset()
        with BaseTree(self.git, commit) as tree:
            return frozenset(tree.paths())


def _end(report: Report, outcome: Outcome, reason: str, next_step: str) -> None:
    report.outcome, report.reason, report.next_step = outcome, reason, next_step


def trust_checkout(root: Path) -> None:
    """Let git read the checkout though it is the runner's and we are root: https://git-scm.com/docs/git-config#safe."""
    count_text = os.environ.get("GIT_CONFIG_COUNT", "")
    number = int(count_text) if count_text.isascii() and count_text.isdigit() else 0
    os.environ |= {
        "GIT_CONFIG_COUNT": str(number + 1),
        f"GIT_CONFIG_KEY_{number}": "safe.directory",
        f"GIT_CONFIG_VALUE_{number}": str(root),
    }
