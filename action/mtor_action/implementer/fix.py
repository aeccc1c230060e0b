"""A red job handed to the implementer: everything wired up, run, and told to the report."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mtor_action.coaching.form_results import from_report
from mtor_action.coaching.local_runs import keep_run, local_runs
from mtor_action.coaching.runs import RunRecord
from mtor_action.errors import MtorError
from mtor_action.implementer import form_choice, reflection
from mtor_action.implementer.conversation.attempts_summary import summary
from mtor_action.implementer.conversation.transcript import Form, Transcript
from mtor_action.implementer.cost import day_ledger
from mtor_action.implementer.cost.budget import Spending
from mtor_action.implementer.failing_output import failure_summary
from mtor_action.implementer.fix_prompts import FixPrompts, failures_now
from mtor_action.implementer.fix_start import FixStart, recorded_start
from mtor_action.implementer.loop import AskedModel, Ended, Loop, LoopEnding, fingerprint
from mtor_action.implementer.prompts.asked_questions import AskedQuestions
from mtor_action.implementer.prompts.first_messages import Prompt
from mtor_action.implementer.prompts.repository_notes import repository_notes
from mtor_action.implementer.tools.toolbox import Toolbox
from mtor_action.manifest.settings_block.limits import budget_of
from mtor_action.model.chat import Message, Role
from mtor_action.model.provider_client import ModelClient
from mtor_action.model.tool_calling import ToolSetting, supports_tools
from mtor_action.redaction.redactor import Redactor
from mtor_action.report.model_records import ReportedForms, ReportedSignal, StallRecord
from mtor_action.report.operation_rows import with_implementers_changes
from mtor_action.report.report import Outcome
from mtor_action.repository.revisions.base_tree import BaseTree
from mtor_action.scope.cheats import cheats
from mtor_action.scope.expected_values import named_tests
from mtor_action.scope.look_first import look_first
from mtor_action.scope.scope import scope_of
from mtor_action.stalls.detector import Supervisor
from mtor_action.stalls.watch import WatchStart
from mtor_action.tree.changes import Change
from mtor_action.workspace.final_run import Verification
from mtor_action.workspace.log_proof import doubts
from mtor_action.workspace.trial_run import Trial

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mtor_action.coaching.briefing import Briefing
    from mtor_action.implementer.form_choice import FormChoice
    from mtor_action.model.chat import Reply, Tool
    from mtor_action.model.roles import Models
    from mtor_action.preparation.preparation import Prepared
    from mtor_action.processes.commands import CommandResult
    from mtor_action.report.report import Report
    from mtor_action.scope.scope import Scope
    from mtor_action.workspace.progress import Progress
    from mtor_action.workspace.verdict import Judge
    from mtor_action.workspace.workspace import Workspace


# Of the answers after the first. Each has its own: what is between mtor and the model may ignore seeds, or fix them.
_SAMPLE_TEMPERATURES = (0.8, 0.6, 1.0)
_SEEDS_APART = 7919  # a server of llama.cpp answered alike to the seeds 2 and 3
_MOST_REFLECTION_TOKENS = 1_000


@dataclass(slots=True)
class Fix:
    """One fix of one job. `red` are the results that called for it."""

    models: Models  # by role, in order of escalation
    prepared: Prepared  # the spec against its base
    workspace: Workspace  # the tree that is worked on
    judge: Judge  # runs the commands
    report: Report  # of the job; the fix writes its turns and usage there
    progress: Progress  # told of turns and commands
    environ: Mapping[str, str]  # has the models' keys
    briefing: Briefing | None = None  # the coaching notes of this run

    def run(self, red: list[CommandResult]) -> Outcome:
        """Repair, reflect, and write everything into the report."""
        return self._run(red, resumed=False)

    def resume(self) -> Outcome:
        """Resume an interrupted fix, from its transcript."""
        return self._run([], resumed=True)

    def _run(self, red: list[CommandResult], *, resumed: bool) -> Outcome:
        models = self.models
        spent = models.day_refusal or day_ledger.day_exceeded(
            self._ledger, self.report.job, models.usd_per_day, models.jobs_per_day
        )
        if spent and resumed:
            raise MtorError(spent, "resume it another day (days are UTC), or raise `per_day`")
        if spent:
            self.report.reason, self.report.next_step = (
                spent,
                "run it again another day (days are UTC), or raise `per_day`",
            )
            return Outcome.FAILING
        if self.briefing is not None:
            self.briefing.rank(self.workspace.git)
            self.report.coaching = self.briefing.as_report(to_a_model=True)
        transcript = Transcript(self._folder / "transcript.jsonl", Redactor(self.environ))
        started = self._started(transcript, red) if not resumed else self._take_up_start(transcript)
        with BaseTree(self.workspace.git, self.prepared.base) as tree:
            scope = scope_of(self.prepared.plan, self.prepared.settings, tree)
        verification = Verification(self.judge, scope)
        verification.prepare(resumed=resumed)
        loop = self._loop(transcript, started, scope, red)
        try:
            ending = self._take_up(loop, transcript) if resumed else None
            ending = self._verified(ending or loop.run(), loop, verification, started)
            self._reflect(loop, ending, started)
        finally:
            self._record_usage(loop)
        verification.end()
        transcript.add("end", {"why": ending.why.name.lower(), "reason": ending.reason})
        self._tell_forms(loop, ending, started)
        return self._outcome(loop, ending)

    # wiring

    @property
    def _folder(self) -> Path:
        return self.workspace.git.state_dir / "jobs" / self.report.job

    @property
    def _ledger(self) -> Path:
        return self.workspace.git.state_dir / "spending.jsonl"

    def _started(self, transcript: Transcript, red: list[CommandResult]) -> FixStart:
        """Record the state that the fix starts from."""
        self.judge.red_before.grant(self.judge.results)
        tests = [result for result in self.judge.results if result.stage == "test"]
        results = tests[-len(self.judge.test) :] or red  # the last round: there may have been two
        started = FixStart(
            models=list(self.models.implementer),
            failures=failure_summary.described(red),
            failing=sorted(failure_summary.failing(red)),
            broken=failure_summary.is_broken(red),
            tests_run=failure_summary.tests_run(results),
            log=self.judge.log.as_json(),
            red_before=self.judge.base_as_json(),
            coaching=self.briefing.as_json() if self.briefing else None,
            begins={name: begins.as_json() for name, begins in self._form_choices().items()},
        )
        started.record(transcript)
        return started

    def _form_choices(self) -> dict[str, FormChoice]:
        """How each model begins, by what its forms came to in the runs of this clone and of the coaching branch."""
        runs = local_runs(self.workspace.git.state_dir)
        runs += self.briefing.earlier_runs(self.workspace.git) if self.briefing else []
        known = sorted({run.job: run for run in runs}.values(), key=lambda run: run.date)
        is_set = self.models.protocol != ToolSetting.AUTO
        return {
            name: form_choice.chosen_forms(name, known, self._usual_form(name), is_set=is_set)
            for name in self.models.implementer
        }

    def _usual_form(self, name: str) -> Form:
        has_tools = supports_tools(name, ToolSetting(self.models.protocol), self.models.api_base)
        return Form.TOOLS if has_tools else Form.TEXT

    def _take_up_start(self, transcript: Transcript) -> FixStart:
        """What an earlier process recorded of the start."""
        started = recorded_start(transcript)
        self.judge.log.take_up(started.log)
        self.judge.take_up_base(started.red_before)
        return started

    def _loop(self, transcript: Transcript, started: FixStart, scope: Scope, red: list[CommandResult]) -> Loop:
        redactor = Redactor(self.environ)
        trial = Trial(self.judge, scope)
        toolbox = Toolbox(self.workspace, scope, trial, redactor.redact, list(red))
        first = WatchStart(
            spec_text="\n".join(lines.data.decode("utf-8", "replace") for lines in self.prepared.spec.texts),
            failures=frozenset(started.failing),
            broken=bool(started.broken),
            tree=fingerprint({}),
        )

        coaching = self.briefing.selection.text if self.briefing else ""
        notes = redactor.redact(repository_notes(self.workspace.git, self.workspace.work.base))
        prompts = FixPrompts(self.prepared, scope, toolbox, started, coaching, notes)
        settings = self.prepared.settings
        return Loop(
            workers=tuple(self._worker(name, started.form_choice(name)) for name in self.models.implementer),
            task=prompts.task,
            paths=prompts.paths,
            questions=AskedQuestions(prompts.questions, self.models.samples),
            toolbox=toolbox,
            supervisor=Supervisor(dict(self.models.stalls), first, len(self.models.implementer)),
            spending=Spending(budget_of(settings.budget, self.models.usd_left), time.monotonic),
            transcript=transcript,
            progress=self.progress,
            proof=lambda: self._doubt(toolbox, trial.suspects, started, toolbox.results),
            account=self._account,
        )

    def _worker(self, name: str, begins: FormChoice | None, most_output_tokens: int | None = None) -> AskedModel:
        form = begins.conversation if begins else self._usual_form(name)
        limit = min(self.models.max_output_tokens, most_output_tokens or self.models.max_output_tokens)
        client = ModelClient(name, self.models.api_base, max_output_tokens=limit, say=self.progress.say)
        redactor = Redactor(self.environ)

        def ask(
            messages: list[Message], tools: tuple[Tool, ...], remaining_seconds: float, sample: int, most_tokens: int
        ) -> Reply:
            safe = [replace(message, text=redactor.redact(message.text)) for message in messages]
            return _drawn(client, sample, most_tokens).complete(safe, tools, remaining_seconds)

        return AskedModel(name, form is Form.TEXT, ask, is_questioned=begins is None or begins.first is Form.QUESTION)

    def _take_up(self, loop: Loop, transcript: Transcript) -> LoopEnding | None:
        turns = transcript.turns()
        if turns:
            for path, state in turns[-1].states().items():
                loop.toolbox.put_again(path, state)
        if not turns:
            return None
        loop.context, first, form = turns[-1].context, None, Form.TOOLS
        for event in transcript.events():
            if event["event"] == "context" and int(event["context"]) >= loop.context:
                loop.context, form = int(event["context"]), Form(event.get("form", Form.TOOLS))
                messages = tuple(Message(Role(message["role"]), message["content"]) for message in event["messages"])
                first = Prompt(messages, event["parts"])
        return loop.resume(turns, first, form)

    # judging

    def _doubt(self, toolbox: Toolbox, suspects: list[str], started: FixStart, results: list[CommandResult]) -> str:
        """Return why these results, which all passed, are no proof of a fix, or ""."""
        if suspects:
            return f"while they ran they changed {', '.join(suspects[:5])}, which was put back"
        # A command that a gate requires may run tests too, which were not counted before.
        tests = [result for result in results if result.stage != "gate"]
        before, now = started.tests_run, failure_summary.tests_run(tests)
        if before is None and now is not None and not started.broken:
            before = sum(len(failure_ids.ids) for failure_ids in self.judge.log.named.values())
        if before is not None and (now or 0) < max(before, 1):
            return f"fewer tests ran than before the fix: {now or 'none'} of {before}"
        if contradicted := doubts(results):
            return "; ".join(contradicted)
        for path, (old, new) in toolbox.changed_texts().items():
            cheating = cheats(path, old, new)
            if cheating:
                return "; ".join(cheating)
        unmade = [hunk.path for hunk in self.prepared.plan.unplaced if hunk.path not in toolbox.changed()]
        if unmade:
            return f"the spec's edit of {unmade[0]} has not been made"
        is_idle = bool(self.prepared.spec.wish) and not toolbox.changed()
        return "nothing was changed, and reviewers ask for a change" if is_idle else self._unfilled()

    def _unfilled(self) -> str:
        """Return which body that the spec left is not written, and why it does not count; "" for none."""
        if not self.prepared.settings.fill:
            return ""
        from mtor_action.plan.filling import parts_of, unfilled
        from mtor_action.preparation.fill_faults import content_after

        with BaseTree(self.workspace.git, self.prepared.base) as tree:
            for fill in self.prepared.settings.fill:
                path, _ = parts_of(fill)
                state = self.workspace.stored(path)
                before = content_after(path, self.prepared.plan, tree)
                if reason := unfilled(fill, before, state.content if state else None):
                    return reason
        return ""

    def _verified(self, ending: LoopEnding, loop: Loop, verification: Verification, started: FixStart) -> LoopEnding:
        """The ending, once the last run has judged what is committed: a green that it does not confirm is none."""
        if ending.why is not Ended.GREEN or not loop.toolbox.changed():
            return ending
        loop.progress.say(f"judging what is committed, {verification.manner}")
        with verification.tree() as trial:
            doubt = verification.failed(trial)
        suspects = trial.suspects if trial else []
        doubt = doubt or self._doubt(loop.toolbox, suspects, started, verification.results)
        if not doubt:
            self.report.verified = verification.manner
            return ending
        reason = f"{verification.disagreement}: {doubt}"
        return LoopEnding(Ended.UNPROVEN, reason, verification.next_step)

    def _outcome(self, loop: Loop, ending: LoopEnding) -> Outcome:
        if ending.why is Ended.GREEN:
            return Outcome.FIXED
        self.report.reason = ending.reason
        self.report.next_step = ending.hint
        if ending.why is Ended.STALLED:
            return Outcome.STALLED
        if ending.why is Ended.MODEL and not loop.toolbox.changed():
            raise MtorError(ending.reason, ending.hint)
        return Outcome.FAILING

    # telling

    def _reflect(self, loop: Loop, ending: LoopEnding, started: FixStart) -> None:
        before = [event["reflection"] for event in loop.transcript.events() if event["event"] == "reflection"]
        answer = reflection.said_at_finish(loop.finish) or (before[-1] if before else {})
        if not answer and ending.why is Ended.GREEN and loop.turns[-1].form is Form.QUESTION:
            answer = reflection.said_with_the_answer(loop.turns[-1].text)
        if not answer and loop.turns and ending.why is not Ended.MODEL:
            reflector = self.models.reflector[0] if self.models.reflector else loop.worker.model
            answer = reflection.ask(
                self._worker(reflector, None, _MOST_REFLECTION_TOKENS),
                loop.spending,
                loop.toolbox.redact,
                outcome=ending.reason or ending.why.value,
                title=self.prepared.spec.title,
                summary=summary(loop.turns),
                failures=loop.toolbox.redact(failures_now(loop.toolbox, started))[:4_000],
            )
        self.report.reflection = answer
        loop.transcript.add("reflection", {"reflection": answer})

    def _record_usage(self, loop: Loop) -> None:
        spending, usage = loop.spending, self.report.usage
        usage.requests, usage.usd = spending.requests, round(spending.usd, 6)
        usage.input_tokens, usage.output_tokens = spending.input_tokens, spending.output_tokens
        usage.estimated, usage.parts = spending.estimated, dict(spending.parts)
        self.report.turns = [turn.as_report() for turn in loop.turns]
        self.report.stall = StallRecord(
            [
                ReportedSignal(signal.kind, signal.turn, signal.evidence, response.action.value)
                for response in loop.supervisor.responses
                for signal in response.signals
            ]
        )
        self._record_operations(loop)
        if spending.requests:
            self._account(spending)

    def _tell_forms(self, loop: Loop, ending: LoopEnding, started: FixStart) -> None:
        """Say how each model was asked and what came of it, and keep that for the next run."""
        names, report = self.models.implementer, self.report
        turns = [(names[min(turn.context, len(names) - 1)], turn.form) for turn in loop.turns]
        results = form_choice.results(turns, loop.without_tools, is_green=ending.why is Ended.GREEN)
        for name, forms in results.items():
            begins = started.form_choice(name)
            began, why = (str(begins.first), begins.why) if begins else (str(Form.QUESTION), "")
            report.forms.append(ReportedForms(name, began, why, [form.as_report() for form in forms]))
        tokens = report.usage.input_tokens + report.usage.output_tokens
        outcome = "fixed" if ending.why is Ended.GREEN else "failing"
        run = RunRecord(report.job, report.started, outcome, tokens=tokens, forms=from_report(report.forms))
        if run.forms:
            keep_run(self.workspace.git.state_dir, run)

    def _record_operations(self, loop: Loop) -> None:
        """Say which of the spec's files the implementer changed, which beyond them, and what to look at first."""
        toolbox = loop.toolbox
        changes = [Change(path, toolbox.original[path], state) for path, state in toolbox.changed().items()]
        self.report.operations = with_implementers_changes(self.report.operations, changes)
        if changes:
            outputs = [result.as_report().output_tail for result in self.judge.results]
            with BaseTree(self.workspace.git, self.prepared.base) as tree:
                tests = named_tests(outputs, self.prepared.plan, tree)
            self.report.look_first = look_first(changes, tests)

    def _account(self, spending: Spending) -> None:
        tokens = spending.input_tokens + spending.output_tokens
        day_ledger.record(self._ledger, self.report.job, spending.usd, tokens)


def _drawn(client: ModelClient, sample: int, most_tokens: int) -> ModelClient:
    """Return the client for the answer number `sample` to a question, from 0, of at most `most_tokens` if not 0."""
    if most_tokens:
        client = replace(client, max_output_tokens=min(most_tokens, client.max_output_tokens))
    if not sample:
        return client
    temperature = _SAMPLE_TEMPERATURES[(sample - 1) % len(_SAMPLE_TEMPERATURES)]
    return replace(client, temperature=temperature, seed=sample * _SEEDS_APART)
