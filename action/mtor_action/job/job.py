"""One job: a spec asked for once, from plan to commit, ending in a report whatever happens.

plan → apply → gates → setup → format → test → commit → report
"""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

from mtor_action.errors import Cancelled, MtorError, SpecRejected
from mtor_action.job.options import Options
from mtor_action.job.ownership import Borrowed, lent
from mtor_action.job.red_before_report import green_too_early, tell_own_alike, tell_red_before, unexcused
from mtor_action.job.root_key import refuse_key_as_root
from mtor_action.job.unfinished import Unfinished, forget_unfinished, is_unfinished, save_unfinished
from mtor_action.lazy_dataclasses import dataclass, field
from mtor_action.model.roles import Models, models_of
from mtor_action.neutral import inert, one_line
from mtor_action.preparation.preparation import Prepared, prepare
from mtor_action.preparation.setting_changes import DEFAULT_TIMEOUT_MINUTES, setting_changes
from mtor_action.preparation.text_origin import Origin
from mtor_action.processes.commands import CommandRunner
from mtor_action.processes.environment import command_environment
from mtor_action.redaction.redactor import Redactor
from mtor_action.report.operation_rows import operation_reports
from mtor_action.report.redacted_report import redacted
from mtor_action.report.reflection_facts import facts
from mtor_action.report.report import Outcome, Report, new_report
from mtor_action.report.wording import count
from mtor_action.repository.attributes import Attributes
from mtor_action.repository.branch_names import free_branch, same_result, slug
from mtor_action.repository.restoring.journal import JournaledWork
from mtor_action.repository.restoring.status import refuse_dirty, refuse_hidden
from mtor_action.repository.revisions.base_tree import BaseTree
from mtor_action.repository.revisions.diff_text import diff_text
from mtor_action.repository.visible_files import KnownFiles
from mtor_action.workspace.base_memory import BaseMemory, base_key
from mtor_action.workspace.base_runs import BaseRuns
from mtor_action.workspace.home_folder import Home
from mtor_action.workspace.log_proof import doubts
from mtor_action.workspace.verdict import Colour, Judge
from mtor_action.workspace.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mtor_action.coaching.briefing import Briefing
    from mtor_action.implementer.fix import Fix
    from mtor_action.manifest.manifest import Spec
    from mtor_action.repository.git import Git
    from mtor_action.scope.scope import Scope
    from mtor_action.workspace.progress import Progress

_OUTCOMES = {
    Colour.GREEN: Outcome.CLEAN,
    Colour.FLAKY: Outcome.CLEAN,
    Colour.EXCUSED: Outcome.CLEAN,
    Colour.RED: Outcome.FAILING,
    Colour.BASE_RED: Outcome.FAILING,
    Colour.BASE_BROKEN: Outcome.ERROR,
    Colour.FORMAT_BROKEN: Outcome.FAILING,
    Colour.UNCHANGED: Outcome.EMPTY,
    Colour.GATE_BROKEN: Outcome.FAILING,
}

# Why a run ended so before a test could decide, and the next step.
_BEFORE_ANY_TEST = {
    Colour.GATE_BROKEN: (
        "a gate of the coaching notes cannot be checked",
        "repair or retire the note that it belongs to: the report names it",
    ),
    Colour.FORMAT_BROKEN: ("", "repair the command or the text that it refuses, or take it out of `format`"),
    Colour.UNCHANGED: ("the format commands turned the spec's files back into what was there", ""),
}

_LOOK_AT_THE_LOG = (
    "fix what the log reports, and whatever still ends the command with 0: code that ends the process, "
    "or `|| true` in the command"
)


@dataclass(slots=True)
class JobRun:
    """A job in one repository, whose lock the caller holds. `environ` is what commands may inherit from."""

    git: Git  # the repository
    spec: Spec  # as read
    source: str  # path or address of the spec
    progress: Progress  # told of stages and commands
    environ: Mapping[str, str]
    options: Options = field(default_factory=Options)  # of the command line or the Action
    _briefing: Briefing | None = field(default=None, init=False)

    def run(self, resumed: Unfinished | None = None) -> Report:
        """Do the work, or what is left of it; never raises but for a bug of ours. The report says how it ended."""
        started = time.time()
        job = resumed.job if resumed else self.options.job or new_job_id(self.git, self.spec, started)
        report = new_report(self.spec, self.source, job)
        report.isolation = "separate-user" if self.options.as_user else "same-user"
        report.started = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(started))
        try:
            self._run(report, resumed)
        except SpecRejected as rejected:
            report.outcome = Outcome.REJECTED
            report.reason = rejected.message
            report.diagnostics = list(rejected.diagnostics)
        except (Cancelled, KeyboardInterrupt):
            report.outcome = Outcome.CANCELLED
            remark = f"; its commit stays on {report.branch}" if report.branch else ""
            report.reason = f"the run was cancelled; the working tree is as it was{remark}"
            if is_unfinished(self.git, job):
                report.next_step = f"To resume the fix: mtor run --resume {job}"
        except (MtorError, OSError) as error:
            _fail(report, error)
        report.seconds = round(time.time() - started, 3)
        if not report.reflection:
            report.reflection = {"facts": facts(report)}
        report = redacted(report, self._redactor)
        return report if self._briefing is None else self._handed_back(report, self._briefing)

    @property
    def _redactor(self) -> Redactor:
        return Redactor(self.environ)

    def _run(self, report: Report, resumed: Unfinished | None) -> None:
        status = refuse_dirty(self.git)
        prepared = self._prepared(status.head.commit, resumed)
        models = models_of(prepared.settings, self.options.models, self.options.api_base)
        models = models._replace(day_refusal=self.options.day_refusal, usd_left=self.options.usd_left)
        if not self.options.as_user:
            refuse_key_as_root(models, self.environ)
        _record(report, prepared)
        faults = prepared.diagnostics if models.implementer else prepared.faults
        if faults:
            raise SpecRejected(self.spec.with_source(faults))
        if not (prepared.plan.changes or prepared.plan.unplaced or (self.spec.wish and models.implementer)):
            report.outcome = Outcome.EMPTY
            return
        refuse_hidden(self.git, status, prepared.base, prepared.plan.paths)
        self._briefing = self._pin(report, prepared, resumed=resumed is not None)
        branch = free_branch(self.git, self.options.branch or f"mtor/{slug(self.spec.title)}")
        self.progress.say(f"{count(len(prepared.plan.changes), 'file')} to change on {branch}")
        work = JournaledWork(report.job, status.head, prepared.base, branch)
        with ExitStack() as stack:
            # The tree is taken back last, so that what is restored becomes its owner's too.
            as_user = self.options.as_user
            borrowed = stack.enter_context(lent(self.git, as_user)) if as_user else None
            attributes = prepared.attributes or Attributes(self.git, (), True, {})
            files = KnownFiles(self.git, prepared.base, status.hidden)
            workspace = stack.enter_context(Workspace(self.git, work, prepared.plan.changes, attributes, files))
            judge = self._judge(workspace, prepared, borrowed)
            try:
                report.outcome = self._decide(judge, prepared, models, report, resumed=resumed is not None)
            finally:
                report.commands = [result.as_report() for result in judge.results]
                report.dirtied = [*judge.dirtied, *workspace.mended]
                report.formatted = list(judge.formatting.formatted) if judge.formatting else []
                tell_red_before(report, judge)
            if report.outcome is Outcome.EMPTY:
                return
            report.head, report.branch = self._committed(workspace, branch, report.job)
            forget_unfinished(self.git, report.job)
        report.diff = diff_text(self.git, report.base, report.head)

    def _prepared(self, head: str, resumed: Unfinished | None) -> Prepared:
        """Return the spec's plan, or what carries the change of a pull request that is remade."""
        spec, options = self._spec_as_asked(), self.options
        if options.carried is not None:
            from mtor_action.preparation.remake_merge import prepare_remake

            return prepare_remake(self.git, spec, options.carried, options.base, options.default, of_machine=True)
        pinned = resumed.base if resumed else options.base or None
        origin = resumed.origin if resumed else self._origin()
        return prepare(self.git, spec, head, pinned, options.default, origin)

    def _origin(self) -> Origin:
        return self.options.origin or Origin.of_file(self.git, self.source)

    def _committed(self, workspace: Workspace, branch: str, job: str) -> tuple[str, str]:
        """Commit the changes, unless an earlier run of this spec came to the same; the commit and its branch."""
        earlier = same_result(self.git, branch, workspace.work.base, workspace.changes, self.spec.sha256)
        if earlier is None:
            return workspace.commit(self._message(job)), branch
        # Without a commit, leaving the workspace removes the branch that was made for it.
        self.progress.say(f"{earlier.name} has this result already")
        return earlier.head, earlier.name

    def _spec_as_asked(self) -> Spec:
        """Return the spec, without the models and the base that the command line chose others for."""
        settings = self.spec.settings
        if self.options.models:
            settings = settings._replace(implementer=None)
        if self.options.start:
            settings = settings._replace(base=self.options.start)
        return self.spec._replace(settings=settings)

    def _judge(self, workspace: Workspace, prepared: Prepared, borrowed: Borrowed | None) -> Judge:
        settings, redactor = prepared.settings, self._redactor
        as_user = self.options.as_user
        environment = command_environment(self.environ) | (borrowed.environment if borrowed else {})
        runner = CommandRunner(
            cwd=self.git.root,
            environment=environment,
            timeout_seconds=60 * (settings.timeout_minutes or DEFAULT_TIMEOUT_MINUTES),
            job=workspace.work.mark(self.git.root),
            as_user=as_user.uid if as_user else None,
            before_each=borrowed.again if borrowed else None,
            on_output=lambda line: self.progress.output(redactor.redact(line)),
        )
        gates = self._briefing.gates if self._briefing else None
        setup, test = settings.setup or (), settings.test or ()
        judge = Judge(workspace, runner, setup, test, self.progress, gates)
        if settings.format:
            from mtor_action.workspace.formatting import Formatting

            scope = partial(_scope, self.git, prepared)
            judge.formatting = Formatting(settings.format, scope, may_end_empty=not prepared.plan.unplaced)
        judge.red_before.fixes = settings.fixes or ()
        memory = BaseMemory(self.git.state_dir / "base", redactor.redact)
        user = as_user.name if as_user else ""
        judge.base_runs = BaseRuns(memory, base_key(workspace.work.base, setup, test, environment, user))
        # The base is the pull request's newest commit, whose red tests are what failing checks are about.
        judge.base_runs.can_excuse = not self.spec.check_logs
        judge.renew_home = borrowed.renew if borrowed else None
        return judge

    def _decide(self, judge: Judge, prepared: Prepared, models: Models, report: Report, *, resumed: bool) -> Outcome:
        """Return the commands' verdict and, if it is red and there is an implementer, the implementer's work."""
        if models.implementer and not models.day_refusal:
            from mtor_action.job.repair_imports import import_for_repair

            judge.on_red = import_for_repair
            if judge.renew_home is None:
                judge.home = Home.look(judge.runner.environment, self.git.root)
        if resumed:
            _set_up_again(judge)
            return self._fix(judge, prepared, models, report).resume()
        colour = self._colour(judge, prepared, report)
        if colour is Colour.BASE_BROKEN:
            raise MtorError(
                "the setup fails on the base too, so nothing can be tested", "repair the base's setup first"
            )
        if colour in _BEFORE_ANY_TEST:
            report.reason, report.next_step = _BEFORE_ANY_TEST[colour]
            report.reason = report.reason or _format_failure(judge)
            return _OUTCOMES[colour]
        is_repair = (colour is Colour.RED or bool(prepared.plan.unplaced)) and not report.base_red
        if models.implementer and (is_repair or self.spec.wish):
            save_unfinished(self.git, self.spec, self.source, report, self.options)
            return self._fix(judge, prepared, models, report).run(judge.red)
        return self._without_the_model(judge, prepared, report, colour)

    def _without_the_model(self, judge: Judge, prepared: Prepared, report: Report, colour: Colour) -> Outcome:
        """Return the outcome of tests that the model does not follow, and tell the report why it is none."""
        if prepared.settings.fill and _OUTCOMES[colour] is Outcome.CLEAN:
            return green_too_early(prepared, report, judge.excused)
        if report.base_red:
            report.reason, report.next_step = unexcused(judge)
        doubtful = doubts(judge.red)
        if colour is Colour.RED and len(doubtful) == len(judge.red):
            report.reason, report.next_step = "; ".join(doubtful), _LOOK_AT_THE_LOG
        elif colour is Colour.RED:
            report.next_step = self._without_a_model(judge, prepared)
            tell_own_alike(report, judge)
        return _OUTCOMES[colour]

    def _colour(self, judge: Judge, prepared: Prepared, report: Report) -> Colour:
        """Return the commands' verdict, and tell the report what of it the outcome does not say."""
        colour = judge.verdict()
        report.untested = not prepared.settings.test
        report.flaky = colour is Colour.FLAKY
        if prepared.settings.fill and colour is Colour.BASE_RED:
            colour = Colour.RED  # the base lacks what is to be written, too
        report.base_red = colour is Colour.BASE_RED
        return colour

    def _without_a_model(self, judge: Judge, prepared: Prepared) -> str:
        """Return the next step of a red run that names no model: what one would be asked, and for how much."""
        if self.options.carried is not None:
            from mtor_action.preparation.remake_merge import STEP

            return STEP
        from mtor_action.implementer.prompts.question_price import estimate, next_step

        return next_step(self.source, estimate(prepared, judge.workspace, judge.red))

    def _fix(self, judge: Judge, prepared: Prepared, models: Models, report: Report) -> Fix:
        from mtor_action.job.repair_imports import repair_by

        fix = repair_by()
        return fix(models, prepared, judge.workspace, judge, report, self.progress, self.environ, self._briefing)

    def _pin(self, report: Report, prepared: Prepared, *, resumed: bool) -> Briefing | None:
        """Return the coaching notes of this job; None without a branch, which costs no process and no import."""
        if not (resumed or _may_have_coaching(self.git)):
            return None
        from mtor_action.job.pinned_notes import pin_notes

        briefing = pin_notes(self.git, report.job, prepared, resumed=resumed)
        if briefing is not None:
            report.coaching = briefing.as_report(to_a_model=False)
        return briefing

    def _handed_back(self, report: Report, briefing: Briefing) -> Report:
        from mtor_action.coaching.briefing import hand_back

        hand_back(self.git, briefing, report)
        if briefing.problems:
            problems = [self._redactor.redact(problem) for problem in briefing.problems]
            report.add_facts(problems)
        return report

    def _message(self, job: str) -> str:
        title = inert(one_line(self._redactor.redact(self.spec.title), 72))
        source = inert(one_line(self.source))
        return f"{title}\n\nSpec: {source}\nSpec-Sha256: {self.spec.sha256}\nJob: {job}\n"


def _record(report: Report, prepared: Prepared) -> None:
    """Write what was prepared into the report: base, merge, operations, settings."""
    report.base = prepared.base
    if prepared.moved:
        report.written_for = prepared.moved.as_report()
    report.operations = operation_reports(prepared.plan)
    report.settings = [change.as_report() for change in setting_changes(prepared)]
    report.fill = [fill.text for fill in prepared.settings.fill]


def _set_up_again(judge: Judge) -> None:
    """Bring the tree of a run that is taken up again to where the fix began. Raises MtorError if it cannot be had."""
    judge.set_up_again()
    if judge.red and judge.red[0].stage == "format":
        raise MtorError(_format_failure(judge), "repair the command, then resume the run")


def _format_failure(judge: Judge) -> str:
    """Return which format command failed and how, as half a sentence."""
    failed = judge.red[0]
    ended = "stopped at its time limit" if failed.timed_out else f"exit code {failed.exit_code}"
    return f"the format command `{one_line(failed.command, 100)}` failed: {ended}"


def _scope(git: Git, prepared: Prepared) -> Scope:
    from mtor_action.scope.scope import scope_of

    with BaseTree(git, prepared.base) as tree:
        return scope_of(prepared.plan, prepared.settings, tree)


def _may_have_coaching(git: Git) -> bool:
    """Return whether there may be a branch mtor-coaching, here or at origin, as git's files say without a process."""
    common = git.common_dir
    names = ("refs/heads/mtor-coaching", "refs/remotes/origin/mtor-coaching")
    # https://git-scm.com/docs/reftable: no file says what is in there.
    if (common / "reftable").exists() or any((common / name).exists() for name in names):
        return True
    try:
        return b"/mtor-coaching\n" in (common / "packed-refs").read_bytes()
    except FileNotFoundError:
        return False


def new_job_id(git: Git, spec: Spec, now: float) -> str:
    """Return a name that sorts by time and is free: `20260131-235959-<8 of the spec's sha>-<4 at random>`.

    Processes are found by it, so two repositories must never share one, even for one spec in one second.
    """
    name = f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime(now))}-{spec.sha256[:8]}-{os.urandom(2).hex()}"
    wanted_name, number = name, 1
    while os.path.lexists(git.state_dir / "jobs" / name):
        number += 1
        name = f"{wanted_name}-{number}"
    return name


def _fail(report: Report, error: MtorError | OSError) -> None:
    report.outcome = Outcome.ERROR
    report.reason = error.message if isinstance(error, MtorError) else f"the system refused: {error}"
    report.next_step = (
        error.hint if isinstance(error, MtorError) else "free space or fix permissions, then run it again"
    )
