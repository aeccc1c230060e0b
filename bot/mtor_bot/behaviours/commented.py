"""A command in a comment: one table, verb → what is done for somebody with write access."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mtor_action.errors import GitHubError, MtorError
from mtor_action.report.report import Outcome
from mtor_bot.access.command import Command, SpecFile, Verb, read_command, run_argument
from mtor_bot.access.decision import Ask, Verdict, Wish
from mtor_bot.access.rights import account_of, decision, outsiders_of
from mtor_bot.behaviours import taught_notes
from mtor_bot.behaviours.ci_checks import start_checks
from mtor_bot.behaviours.starting import Wanted, start
from mtor_bot.errors import CommandError
from mtor_bot.events import once
from mtor_bot.events.event import RepositoryEvent, Sender
from mtor_bot.events.payload import read_number, read_place, read_sender, read_time
from mtor_bot.jobs import job_rows
from mtor_bot.jobs.cancel import Word, cancel_issue
from mtor_bot.jobs.job_record import Trigger
from mtor_bot.planning import spec_texts
from mtor_bot.planning.planned import plan
from mtor_bot.speech.answer_comment import answer, error_text, help_text
from mtor_bot.speech.plan_text import faults_text, plan_text
from mtor_bot.speech.reactions import DONE, NOT_DONE, SEEN, react, turn_away
from mtor_bot.speech.status_comment import line_of, note_plan, refresh

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mtor_action.github.answers import Answer
    from mtor_action.github.client import Client
    from mtor_bot.access.decision import Account
    from mtor_bot.bot import Bot
    from mtor_bot.planning.spec_texts import Texts


@dataclass(frozen=True, slots=True)
class Commented(RepositoryEvent):
    """Somebody wrote a comment whose first line is a command; `body` is as GitHub sent it.

    `at` is when, in seconds since the epoch by GitHub's clock; 0.0 if that is not known.
    """

    WEBHOOKS: ClassVar[frozenset[tuple[str, str]]] = frozenset({("issue_comment", "created")})
    sender: Sender
    number: int
    comment_id: int
    body: str
    at: float = 0.0

    @classmethod
    def read(cls, payload: Answer, _trigger_label: str) -> Commented | None:
        """Return the event, None for a comment without a command."""
        place, number, body = read_place(payload), read_number(payload), payload.text("comment", "body")
        if place is None or not number or read_command(body) is None:
            return None
        # Who wrote the comment asks, whoever the sender of the webhook is.
        author, comment_id = read_sender(payload.at("comment", "user")), payload.number("comment", "id")
        return cls(place, author, number, comment_id, body, read_time(payload, "comment.created_at"))

    def source(self) -> str:
        """Return the comment, which may have one effect."""
        return f"comment-{self.comment_id}"


@dataclass(frozen=True, slots=True)
class Heard:
    """A writer's command, with all that is needed to act on it."""

    bot: Bot
    client: Client
    event: Commented
    actor: Account
    command: Command

    def answer(self, text: str) -> None:
        """Answer in words (Markdown). Raises GitHubError."""
        answer(self.bot, self.client, self.event.place, self.event.number, text)

    def react(self, content: str) -> None:
        """React to the comment, after any answer. Raises GitHubError for what may succeed later."""
        react(self.client, self.event.number, self.event.comment_id, content)

    def own_text(self) -> Texts:
        """Return the spec in the comment itself. Raises SpecChanged if it was edited since, GitHubError."""
        event = self.event
        return spec_texts.of_comment(self.client, event.number, event.comment_id, event.body)

    @property
    def key(self) -> tuple[int, int]:
        """The ids of the repository and of the issue or pull request in it."""
        return self.event.place.repository_id, self.event.number

    @property
    def word(self) -> Word:
        """The comment, as far as it is about jobs that are there already."""
        return Word(self.event.sender.login, self.event.at, self.event.comment_id)

    def wanted(self, *, digest: str = "", confirmed: str = "") -> Wanted:
        """The job that this comment asks for."""
        event = self.event
        trigger = Trigger("comment", event.comment_id)
        return Wanted(event.place, event.number, self.actor, trigger, event.comment_id, digest, confirmed, event.at)


def commented(bot: Bot, event: Commented) -> None:
    """Act on the command, whoever wrote it. Raises GitHubError."""
    command = read_command(event.body)
    if command is None:
        return
    with bot.clients.repository(event.place) as client:
        actor = account_of(client, event.sender)
        verdict = decision(bot, client, Ask(Wish.STEER, actor)).verdict
        # An unknown word of somebody who may do nothing here gets nothing.
        if verdict is Verdict.REACT and command.verb is not None:
            turn_away(bot, client, event.number, event.comment_id)
        if verdict is not Verdict.DO:
            return
        heard = Heard(bot, client, event, actor, command)
        if once.is_too_old(bot, event.at):
            heard.react(NOT_DONE)
            return
        try:
            _VERBS.get(command.verb, _help)(heard)
        except GitHubError:
            raise
        except MtorError as error:
            heard.answer(error_text(error))
            heard.react(NOT_DONE)


def _run(heard: Heard) -> None:
    named = run_argument(heard.command.argument)
    client, event = heard.client, heard.event
    if isinstance(named, SpecFile):
        start(heard.bot, client, heard.wanted(), spec_texts.of_file(client, event.number, named, heard.actor))
    elif spec_texts.is_spec(heard.command.rest):
        if named:
            raise CommandError("a digest and a spec in one comment", "write `/mtor run` alone above the spec")
        start(heard.bot, client, heard.wanted(), heard.own_text())
    else:
        start(heard.bot, client, heard.wanted(digest=named or ""), spec_texts.of_issue(client, event.number))


def _retry(heard: Heard) -> None:
    client, event = heard.client, heard.event
    last = job_rows.latest(heard.bot.engine, event.place.repository_id, event.number)
    if last is None:
        start(heard.bot, client, heard.wanted(), spec_texts.of_issue(client, event.number))
    elif heard.word.is_older_than(last):
        raise CommandError("a job was asked for after this `/mtor retry`", "comment `/mtor retry` again to repeat that")
    else:
        texts = spec_texts.of_pins(client, event.number, last.pins, heard.actor)
        start(heard.bot, client, heard.wanted(confirmed=last.digest), texts)


def _cancel(heard: Heard) -> None:
    event = heard.event
    ended = cancel_issue(heard.bot, event.place.repository_id, event.number, heard.word)
    last = job_rows.latest(heard.bot.engine, event.place.repository_id, event.number)
    if ended:
        refresh(heard.bot, heard.client, event.place, event.number)
    # One that was cancelled may be so by this very comment, before a crash.
    elif last is None or last.outcome is not Outcome.CANCELLED:
        newer = any(map(heard.word.is_older_than, job_rows.unfinished(heard.bot.engine, *heard.key)))
        heard.answer(f"Nothing waits or runs here{' that is older than the comment' if newer else ''}.")
    heard.react(SEEN)


def _status(heard: Heard) -> None:
    engine, key = heard.bot.engine, (heard.event.place.repository_id, heard.event.number)
    last = job_rows.latest(engine, *key)
    jobs = job_rows.unfinished(engine, *key) or ([last] if last else [])
    heard.answer("\n".join(map(line_of, jobs)) or "mtor has had no job here. `/mtor run` starts one.")
    heard.react(SEEN)


def _check(heard: Heard) -> None:
    client, number = heard.client, heard.event.number
    own = spec_texts.is_spec(heard.command.rest)
    texts = heard.own_text() if own else spec_texts.of_issue(client, number)
    planned, outsiders = plan(client, number, texts.fetched), outsiders_of(heard.bot, texts.authors)
    if planned.faults:
        heard.answer(faults_text(planned.faults))
    else:
        note_plan(heard.bot, heard.event.place, number, planned.digest, heard.event.comment_id)
        heard.answer(f"`/mtor run {planned.digest[:8]}` would do this.\n\n{plan_text(planned, outsiders)}")
    heard.react(NOT_DONE if planned.faults else SEEN)


def _coach(heard: Heard) -> None:
    text = "\n".join(part for part in (heard.command.argument, heard.command.rest) if part.strip())
    if not text.strip():
        raise CommandError("`/mtor coach` without a note", "write what later runs should know behind it or below it")
    source = f"comment {heard.event.comment_id} of #{heard.event.number}"
    said = taught_notes.Said(text, heard.event.sender.login, source)
    note_id = taught_notes.keep(heard.client, said)
    heard.answer(f"Noted as `{note_id}` on the branch `mtor-coaching`: later runs are told.")
    heard.react(DONE)


def _ci(heard: Heard) -> None:
    start_checks(heard.client, heard.event.number)
    heard.react(DONE)


def _spec(heard: Heard) -> None:
    heard.react(SEEN)


def _help(heard: Heard) -> None:
    heard.answer(help_text("" if heard.command.verb else heard.command.word))


_VERBS: Mapping[Verb | None, Callable[[Heard], None]] = {
    Verb.RUN: _run,
    Verb.RETRY: _retry,
    Verb.CANCEL: _cancel,
    Verb.STATUS: _status,
    Verb.CHECK: _check,
    Verb.COACH: _coach,
    Verb.CI: _ci,
    Verb.SPEC: _spec,
    Verb.HELP: _help,
}
