"""A command in a comment, without a server: a table, verb → function for somebody with write access."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mtor_action.access.command import Command, SpecFile, Verb, run_argument
from mtor_action.errors import CommandError
from mtor_action.github.actions.held_runs import release_text
from mtor_action.github.branches import taught_notes
from mtor_action.github.texts.pins import Pin, is_text
from mtor_action.job_start import spec_texts
from mtor_action.job_start.fix_from_checks import choose_fix
from mtor_action.job_start.planning_on_github import plan
from mtor_action.job_start.suggestions_to_apply import ChosenTexts, ReviewPlace, Rules, choose
from mtor_action.on_issues.answer_texts import help_text
from mtor_action.on_issues.ci_checks import start_checks
from mtor_action.on_issues.plan_requests import is_planning, planning_line, request_plan
from mtor_action.on_issues.plan_text import faults_text, plan_text
from mtor_action.on_issues.reactions import DONE, NOT_DONE, SEEN
from mtor_action.on_issues.side_matters import side_matter
from mtor_action.on_issues.status_memory import read_status, state_line
from mtor_action.serverless.called_off import called_off
from mtor_action.serverless.remaking_run import remake_pull_request
from mtor_action.serverless.starting_run import RunWanted, issue_texts, note_shown, settled, start_run
from mtor_action.serverless.written_text import TextKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mtor_action.access.decision import Account
    from mtor_action.github.actions.dispatched_runs import DispatchedRun
    from mtor_action.job_start.spec_texts import Texts
    from mtor_action.serverless.event_reading import CommandWritten
    from mtor_action.serverless.event_run import EventRun

_WORDS = {"in_progress": "mtor is running", "completed": "mtor has ended"}


@dataclass(frozen=True, slots=True)
class WritersCommand:
    """A writer's command, with all that is needed to act on it. Its methods raise GitHubError."""

    run: EventRun
    event: CommandWritten
    actor: Account
    command: Command

    def answer(self, text: str) -> None:
        """Post an answer (Markdown) to the command as a comment."""
        self.run.answer(self.event.number, self.event.text, text)

    def react(self, content: str) -> None:
        """Add a reaction to the text, after any answer."""
        self.run.react(self.event.number, self.event.text, content)

    def wanted(self, digest: str = "") -> RunWanted:
        """Return the request for a run that this text makes."""
        return RunWanted(self.event.number, self.actor, self.event.text, digest, self.event.at)

    def issue_texts(self) -> Texts:
        """Return the issue's spec as it was when this was written. Raises SpecChanged."""
        return issue_texts(self.run, self.event.number, self.event.carried)

    def named_texts(self, digest: str) -> Texts:
        """Return the plan on the issue whose hash begins so, else the issue's spec. Raises SpecChanged."""
        client, number = self.run.client, self.event.number

        def read() -> Texts:
            return (spec_texts.of_plan(client, number, digest) if digest else None) or self.issue_texts()

        return settled(self.run, read, self.event.carried)

    def own_text(self) -> Texts:
        """Return the spec in the comment itself. Raises CommandError, and SpecChanged if it was edited since."""
        event = self.event
        self.refuse_spec_in_review()
        client, number, comment = self.run.client, event.number, event.text.id
        return settled(self.run, lambda: spec_texts.of_comment(client, number, comment, event.body), event.carried)

    def texts_again(self, pins: Sequence[Pin]) -> Texts:
        """Return the texts of an earlier job, without one the issue's. Raises SpecChanged, CommandError."""
        client, number = self.run.client, self.event.number
        if not pins:
            return self.issue_texts()
        return settled(self.run, lambda: spec_texts.of_pins(client, number, pins, self.actor), self.event.carried)

    def remark(self, text: str) -> taught_notes.ReviewRemark:
        """Return these words as what a note may be made of."""
        event = self.event
        source = event.url or f"comment {event.text.id} of #{event.number}"
        return taught_notes.ReviewRemark(text, event.sender.login, source, (event.path,) if event.path else ())

    def refuse_spec_in_review(self) -> None:
        """Raise CommandError unless it is a comment: only those can be pinned."""
        if not self.event.text.is_comment:
            raise CommandError("a spec in a review is not read", "write the same as a comment of the conversation")


def obey(command: WritersCommand) -> None:
    """Carry the command out. Raises GitHubError, and MtorError for a command that cannot be carried out."""
    _VERBS.get(command.command.verb, _help)(command)


def _run(command: WritersCommand) -> None:
    command.run.check_not_paused()
    target = run_argument(command.command.argument)
    client, number = command.run.client, command.event.number
    if isinstance(target, SpecFile):
        start_run(command.run, command.wanted(), spec_texts.of_file(client, number, target, command.actor))
    elif spec_texts.is_spec(command.command.rest):
        if target:
            raise CommandError("a digest and a spec in one comment", "write `/mtor run` alone above the spec")
        start_run(command.run, command.wanted(), command.own_text())
    else:
        start_run(command.run, command.wanted(target or ""), command.named_texts(target or ""))


def _retry(command: WritersCommand) -> None:
    """Run the last job's texts again; a digest must be named again: the memory here proves no confirmation.

    A pull request of mtor's that is behind its base is remade instead.
    """
    command.run.check_not_paused()
    client, number = command.run.client, command.event.number
    pins = read_status(client, number).pins
    if remake_pull_request(command.run, command.wanted(), has_own_text=is_text(pins)):
        return
    start_run(command.run, command.wanted(), command.texts_again(pins))


def _apply(command: WritersCommand) -> None:
    command.run.check_not_paused()
    client, event = command.run.client, command.event
    _start_texts(command, choose(client, _place(event), rules_of(command.run)))


def _fix(command: WritersCommand) -> None:
    command.run.check_not_paused()
    client, event = command.run.client, command.event
    rounds = read_status(client, event.number).rounds
    _start_texts(command, choose_fix(client, _place(event), rules_of(command.run), rounds, command.command))
    if command.command.words:
        with side_matter("a note"):
            taught_notes.propose(client, command.remark(command.command.words))


def _start_texts(command: WritersCommand, chosen: ChosenTexts) -> None:
    request = replace(command.wanted(), note=chosen.note)
    texts = spec_texts.of_review(command.run.client, command.event.number, chosen.pins, command.actor)
    start_run(command.run, request, texts)


def _place(event: CommandWritten) -> ReviewPlace:
    ids = {kind: event.text.id if event.text.kind is kind else 0 for kind in TextKind}
    return ReviewPlace(event.number, event.at, ids[TextKind.REVIEW], ids[TextKind.REMARK], ids[TextKind.COMMENT])


def rules_of(run: EventRun) -> Rules:
    """Return whose pull requests and texts count here."""

    def made_from(issue: int, jobs: frozenset[str]) -> tuple[Pin, ...]:
        memory = read_status(run.client, issue)
        return memory.pins if memory.job in jobs else ()

    return Rules(lambda _id, login: run.is_publisher(login), run.inputs.listed_bots, made_from)


def _cancel(command: WritersCommand) -> None:
    event, run = command.event, command.run
    if not run.cancel(event.number, event.sender.login, event.at):
        newer = run.live_runs(event.number, run.runs()) or read_status(run.client, event.number).waits
        command.answer(f"Nothing waits or runs here{' that is older than the comment' if newer else ''}.")
    command.react(SEEN)


def _status(command: WritersCommand) -> None:
    number, runs = command.event.number, command.run.runs()
    lines = [_line_of(run) for run in command.run.live_runs(number, runs)]
    # Publish has written there how the last one ended.
    lines = lines or list(filter(None, [read_status(command.run.client, number).state]))
    lines = lines or [_line_of(run) for run in runs if run.number == number][:1]
    command.answer("\n".join(lines) or "mtor has had no job here. `/mtor run` starts one.")
    command.react(SEEN)


def _line_of(run: DispatchedRun) -> str:
    if is_planning(run):
        return planning_line(run)
    return state_line(_WORDS.get(run.status, "mtor is queued"), run.job, run.html_url, run.conclusion)


def _check(command: WritersCommand) -> None:
    run, number = command.run, command.event.number
    texts = command.own_text() if spec_texts.is_spec(command.command.rest) else command.issue_texts()
    planned = plan(run.client, number, texts.fetched)
    if planned.faults:
        command.answer(faults_text(planned.faults))
    else:
        text = plan_text(planned, run.outsiders(texts.authors))
        command.answer(f"`/mtor run {planned.digest[:8]}` would do this.\n\n{text}")
        note_shown(run, read_status(run.client, number), command.wanted(), planned.digest)
    command.react(NOT_DONE if planned.faults else SEEN)


def _plan(command: WritersCommand) -> None:
    run, event = command.run, command.event
    run.check_not_paused()
    if ended := called_off(run, event.number, event.at):
        raise CommandError(f"no plan was asked for: {ended}", "comment `/mtor plan` again if it is wanted after all")
    words = request_plan(run.client, run.inputs.workflow, event.number, event.text.id, event.sender.login)
    if words:
        command.answer(words)
    command.react(SEEN)


def _coach(command: WritersCommand) -> None:
    text = command.command.note()
    note_id = taught_notes.keep(command.run.client, command.remark(text))
    command.answer(f"Noted as `{note_id}` on the branch `mtor-coaching`: later runs are told.")
    command.react(DONE)


def _ci(command: WritersCommand) -> None:
    released = start_checks(command.run.client, command.event.number, command.event.at)
    command.answer(release_text(released))
    command.react(DONE if released.started else NOT_DONE if released.refused or released.newer else SEEN)


def _spec(command: WritersCommand) -> None:
    command.refuse_spec_in_review()
    command.react(SEEN)


def _help(command: WritersCommand) -> None:
    command.answer(help_text("" if command.command.verb else command.command.word))
    command.react(SEEN if command.command.verb else NOT_DONE)


_VERBS: Mapping[Verb | None, Callable[[WritersCommand], None]] = {
    Verb.RUN: _run,
    Verb.RETRY: _retry,
    Verb.CANCEL: _cancel,
    Verb.STATUS: _status,
    Verb.CHECK: _check,
    Verb.PLAN: _plan,
    Verb.APPLY: _apply,
    Verb.FIX: _fix,
    Verb.COACH: _coach,
    Verb.CI: _ci,
    Verb.SPEC: _spec,
    Verb.HELP: _help,
}
