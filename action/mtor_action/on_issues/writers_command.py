"""A command of somebody with write access: a table, verb → function, the same with the App and without a server.

What differs there are the methods that WritersCommand leaves open: how a text is read, answered, started and cancelled.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtor_action.access.command import SpecFile, Verb, run_argument
from mtor_action.errors import CommandError, MtorError
from mtor_action.github.actions.held_runs import release_text
from mtor_action.github.branches import taught_notes
from mtor_action.github.failures import GitHubError
from mtor_action.job_start import spec_texts
from mtor_action.job_start.fix_from_checks import choose_fix
from mtor_action.job_start.planning_on_github import plan
from mtor_action.job_start.suggestions_to_apply import choose
from mtor_action.on_issues.answer_texts import help_text
from mtor_action.on_issues.best_effort import best_effort
from mtor_action.on_issues.ci_checks import start_checks
from mtor_action.on_issues.plan_text import faults_text, plan_text
from mtor_action.on_issues.reactions import DONE, NOT_DONE, SEEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mtor_action.access.command import Command
    from mtor_action.access.decision import Account
    from mtor_action.github.client import Client
    from mtor_action.job_start.spec_texts import Texts
    from mtor_action.job_start.suggestions_to_apply import ChosenTexts, ReviewPlace, Rules

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class WritersCommand(ABC):
    """A writer's command and the text that it begins: a comment, a review, or a remark of one on the file `path`.

    `body` is as the event brought it; `url` is the text's page, "" where a comment's number and id name it. All methods
    raise GitHubError.
    """

    client: Client
    actor: Account
    command: Command
    place: ReviewPlace
    body: str
    path: str = ""
    url: str = ""

    @property
    def number(self) -> int:
        """Return the number of the issue or pull request."""
        return self.place.number

    @abstractmethod
    def answer(self, text: str) -> None:
        """Post an answer (Markdown) to the command as a new comment."""

    @abstractmethod
    def react(self, content: str) -> None:
        """Add a reaction to the text, after any answer."""

    @abstractmethod
    def check_not_paused(self) -> None:
        """Raise CommandError with the next step if nothing starts here now, and nothing waits until it does."""

    @abstractmethod
    def settled(self, read: Callable[[], Texts]) -> Texts:
        """Return the texts that `read` returns, sure enough to refuse a job by them. Raises as `read` does."""

    @abstractmethod
    def issue_texts(self) -> Texts:
        """Return the issue's spec. Raises SpecChanged if it was edited since the command, where that is known."""

    @abstractmethod
    def start(self, texts: Texts, *, digest: str = "", note: str = "") -> None:
        """Start a job for the texts, or answer why not; `digest` is the beginning that was named, `note` Markdown."""

    @abstractmethod
    def retry(self) -> None:
        """Remake the pull request, or run the last job's texts again. Raises MtorError."""

    @abstractmethod
    def cancel(self) -> str:
        """Cancel what waits or runs; return what to answer (Markdown), "" for nothing."""

    @abstractmethod
    def states(self) -> list[str]:
        """Return a line (Markdown) for each job that waits or runs, else for the last one, if there was any."""

    @abstractmethod
    def request_plan(self) -> str:
        """Start a run that writes a spec; return what to answer (Markdown), "" for nothing. Raises CommandError."""

    @abstractmethod
    def note_plan(self, digest: str) -> None:
        """Keep in mind that the plan of the spec with this digest was shown."""

    @abstractmethod
    def outsiders(self, authors: Iterable[Account]) -> tuple[Account, ...]:
        """Return those of the authors who cannot write here and are not listed bots; a plan names them."""

    @abstractmethod
    def rules(self) -> Rules:
        """Return whose pull requests and texts count here."""

    @abstractmethod
    def rounds(self) -> int:
        """Return how often the implementer was asked on this pull request."""

    def own_text(self) -> Texts:
        """Return the spec in the comment itself. Raises CommandError, and SpecChanged if it was edited since."""
        self.refuse_spec_in_review()
        return self.settled(lambda: spec_texts.of_comment(self.client, self.number, self.place.comment, self.body))

    def named_texts(self, digest: str) -> Texts:
        """Return the plan on the issue whose hash begins so, else the issue's spec. Raises SpecChanged."""

        def read() -> Texts:
            plan_texts = spec_texts.of_plan(self.client, self.number, digest) if digest else None
            return plan_texts or self.issue_texts()

        return self.settled(read)

    def remark(self, text: str) -> taught_notes.ReviewRemark:
        """Return these words as what a note may be made of."""
        source = self.url or f"comment {self.place.comment} of #{self.number}"
        return taught_notes.ReviewRemark(text, self.actor.login, source, (self.path,) if self.path else ())

    def refuse_spec_in_review(self) -> None:
        """Raise CommandError unless it is a comment: only those can be pinned."""
        if not self.place.comment:
            raise CommandError("a spec in a review is not read", "write the same as a comment of the conversation")


def obey(command: WritersCommand) -> None:
    """Carry the command out. Raises GitHubError, and MtorError for a command that cannot be carried out."""
    _VERBS.get(command.command.verb, _help)(command)


def nothing_to_cancel(*, has_newer: bool) -> str:
    """Return the answer to `/mtor cancel` where nothing from before the comment waits or runs."""
    return f"Nothing waits or runs here{' that is older than the comment' if has_newer else ''}."


def _run(command: WritersCommand) -> None:
    command.check_not_paused()
    target = run_argument(command.command.argument)
    if isinstance(target, SpecFile):
        command.start(spec_texts.of_file(command.client, command.number, target, command.actor))
    elif spec_texts.is_spec(command.command.rest):
        if target:
            raise CommandError("a digest and a spec in one comment", "write `/mtor run` alone above the spec")
        command.start(command.own_text())
    else:
        command.start(command.named_texts(target or ""), digest=target or "")


def _retry(command: WritersCommand) -> None:
    command.check_not_paused()
    command.retry()


def _apply(command: WritersCommand) -> None:
    command.check_not_paused()
    _start_chosen(command, choose(command.client, command.place, command.rules()))


def _fix(command: WritersCommand) -> None:
    command.check_not_paused()
    rounds, rules = command.rounds(), command.rules()
    _start_chosen(command, choose_fix(command.client, command.place, rules, rounds, command.command))
    if command.command.words:
        _propose_note(command, command.command.words)


def _propose_note(command: WritersCommand, words: str) -> None:
    """Propose the words of a job that has started as a note, unless the notes there have a mistake."""
    try:
        with best_effort("a note"):
            taught_notes.propose(command.client, command.remark(words))
    except GitHubError:
        raise
    except MtorError as error:
        logger.warning("a note could not be proposed: %s", error.message)


def _start_chosen(command: WritersCommand, chosen: ChosenTexts) -> None:
    texts = spec_texts.of_review(command.client, command.number, chosen.pins, command.actor)
    command.start(texts, note=chosen.note)


def _cancel(command: WritersCommand) -> None:
    _answer(command, command.cancel())


def _status(command: WritersCommand) -> None:
    _answer(command, "\n".join(command.states()) or "mtor has had no job here. `/mtor run` starts one.")


def _plan(command: WritersCommand) -> None:
    command.check_not_paused()
    _answer(command, command.request_plan())


def _answer(command: WritersCommand, text: str, reaction: str = SEEN) -> None:
    if text:
        command.answer(text)
    command.react(reaction)


def _check(command: WritersCommand) -> None:
    texts = command.own_text() if spec_texts.is_spec(command.command.rest) else command.issue_texts()
    planned = plan(command.client, command.number, texts.fetched)
    if planned.faults:
        _answer(command, faults_text(planned.faults), NOT_DONE)
        return
    text = plan_text(planned, command.outsiders(texts.authors))
    command.answer(f"`/mtor run {planned.digest[:8]}` would do this.\n\n{text}")
    command.note_plan(planned.digest)
    command.react(SEEN)


def _coach(command: WritersCommand) -> None:
    note_id = taught_notes.keep(command.client, command.remark(command.command.note()))
    _answer(command, f"Noted as `{note_id}` on the branch `mtor-coaching`: later runs are told.", DONE)


def _ci(command: WritersCommand) -> None:
    released = start_checks(command.client, command.number, command.place.at)
    is_held = released.refused or released.newer
    _answer(command, release_text(released), DONE if released.started else NOT_DONE if is_held else SEEN)


def _spec(command: WritersCommand) -> None:
    command.refuse_spec_in_review()
    command.react(SEEN)


def _help(command: WritersCommand) -> None:
    is_known = command.command.verb is not None
    _answer(command, help_text("" if is_known else command.command.word), SEEN if is_known else NOT_DONE)


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
