"""A writer's command in a comment or a review: how the App reads, answers, starts and cancels."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

from mtor_action.access.accounts import Sender, account_of, read_sender
from mtor_action.access.command import Command, read_command
from mtor_action.access.decision import AccessVerdict, Account, Ask, AskKind
from mtor_action.errors import CommandError, MtorError
from mtor_action.github.answers import Answer
from mtor_action.github.client import Client
from mtor_action.github.failures import GitHubError
from mtor_action.github.payloads import read_number, read_time
from mtor_action.github.texts.pins import WORDS, Pin, is_text
from mtor_action.job_start import spec_texts
from mtor_action.job_start.spec_texts import Texts
from mtor_action.job_start.suggestions_to_apply import ReviewPlace, Rules
from mtor_action.on_issues import writers_command
from mtor_action.on_issues.answer_texts import error_text
from mtor_action.on_issues.plan_requests import cancel_plans, live_plans, planning_line, request_plan
from mtor_action.on_issues.reactions import NOT_DONE
from mtor_action.on_issues.writers_command import WritersCommand, nothing_to_cancel
from mtor_action.report.report import Outcome
from mtor_bot.behaviours.remaking import remake_pull_request
from mtor_bot.behaviours.starting import StartRequest, start
from mtor_bot.bot import Bot
from mtor_bot.events import deduplication
from mtor_bot.events.event import RepositoryEvent
from mtor_bot.events.payload import read_place
from mtor_bot.github_app.installed_repository import InstalledRepository
from mtor_bot.github_app.own_on_github import FILE, is_ours
from mtor_bot.jobs import job_rows
from mtor_bot.jobs.cancel import CancelRequest, cancel_issue
from mtor_bot.jobs.job_record import COMMENT, REVIEW, REVIEW_COMMENT, Job, Trigger
from mtor_bot.rights import decision, is_unlisted_bot, outsiders_of
from mtor_bot.speech.answer_comment import answer
from mtor_bot.speech.status_comment import line_of, note_plan, refresh
from mtor_bot.speech.trigger_reactions import react
from mtor_bot.speech.turning_away import turn_away


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
        # The comment's author is the one who asks, whoever the webhook's sender is.
        author, comment_id = read_sender(payload.at("comment", "user")), payload.number("comment", "id")
        return cls(place, author, number, comment_id, body, read_time(payload, "comment.created_at"))

    def source(self) -> str:
        """Return "comment-ID": each comment may have one effect."""
        return f"comment-{self.comment_id}"


@dataclass(frozen=True, slots=True)
class WrittenCommand:
    """A text whose first line is a command: a comment, a review, or a remark of one on the file `path`.

    `url` is its page, "" where a comment's number and id name it. `body` and `at` as in Commented.
    """

    place: InstalledRepository
    sender: Sender
    number: int
    trigger: Trigger
    body: str
    at: float = 0.0
    path: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppCommand(WritersCommand):
    """A command that the App carries out in the repository `installed`."""

    bot: Bot
    installed: InstalledRepository
    trigger: Trigger

    @classmethod
    def of(cls, bot: Bot, client: Client, event: WrittenCommand, actor: Account, command: Command) -> AppCommand:
        """Return the command that an event of `bot` holds, given by `actor`."""
        ids = {event.trigger.kind: event.trigger.id}
        return cls(
            client=client,
            actor=actor,
            command=command,
            place=ReviewPlace(
                event.number, event.at, ids.get(REVIEW, 0), ids.get(REVIEW_COMMENT, 0), ids.get(COMMENT, 0)
            ),
            body=event.body,
            path=event.path,
            url=event.url,
            bot=bot,
            installed=event.place,
            trigger=event.trigger,
        )

    def answer(self, text: str) -> None:
        """Answer in a comment, the same one if this is repeated after a crash."""
        answer(self.bot, self.client, self.installed, self.number, self.trigger, text)

    def react(self, content: str) -> None:
        """React to the comment or remark. Raises GitHubError for what may succeed later."""
        react(self.client, self.number, self.trigger, content)

    def check_not_paused(self) -> None:
        """Let it be asked for: the App's queue keeps jobs until the repository is no longer paused."""

    def settled(self, read: Callable[[], Texts]) -> Texts:
        """Return the texts as they are read."""
        return read()

    def issue_texts(self) -> Texts:
        """Return the issue's spec as it is now, whatever the event brought."""
        return spec_texts.of_issue(self.client, self.number)

    def start(self, texts: Texts, *, digest: str = "", note: str = "") -> None:
        """Enter a job, show the plan, or list the faults. Raises CommandError."""
        start(self.bot, self.client, replace(self._request(), digest=digest, note=note), texts)

    def _request(self) -> StartRequest:
        at = self.place.at
        return StartRequest(self.installed, self.number, self.actor, self.trigger, asked_at=at)

    def retry(self) -> None:
        """Remake the pull request if it is behind its base, else run the last job's texts again. Raises MtorError."""
        last = self._latest()
        has_own_text = last is not None and is_text(last.pins)
        if remake_pull_request(self.bot, self.client, self._request(), has_own_text=has_own_text):
            return
        if last is not None and self._cancel_request().is_older_than(last):
            again = "comment `/mtor retry` again to repeat that"
            raise CommandError("a job was asked for after this `/mtor retry`", again)
        texts = (
            spec_texts.of_pins(self.client, self.number, last.pins, self.actor)
            if last is not None and has_own_text
            else self.issue_texts()
        )
        start(self.bot, self.client, replace(self._request(), confirmed=last.digest if last else ""), texts)

    def cancel(self) -> str:
        """Cancel jobs that were asked for before this, and plans that are being written."""
        request = self._cancel_request()
        ended = cancel_issue(self.bot, *self._key, request)
        plans = cancel_plans(self.client, FILE, self.number, self.place.at)
        last = self._latest()
        if ended:
            refresh(self.bot, self.client, self.installed, self.number)
        # This very comment may have cancelled it, before a crash.
        elif not plans and (last is None or last.outcome is not Outcome.CANCELLED):
            return nothing_to_cancel(has_newer=any(map(request.is_older_than, self._unfinished())))
        return ""

    def _cancel_request(self) -> CancelRequest:
        # Ids of comments grow with time, but not beside those of reviews.
        return CancelRequest(self.actor.login, self.place.at, self.place.comment)

    def states(self) -> list[str]:
        """Return the jobs' states by the database, a plan's by GitHub's list of runs."""
        last = self._latest()
        plans = live_plans(self.client, FILE, self.number)
        jobs = self._unfinished() or ([last] if last and not plans else [])
        return [*map(line_of, jobs), *map(planning_line, plans)]

    @property
    def _key(self) -> tuple[int, int]:
        return self.installed.repository_id, self.number

    def _latest(self) -> Job | None:
        return job_rows.latest(self.bot.engine, *self._key)

    def _unfinished(self) -> list[Job]:
        return job_rows.unfinished(self.bot.engine, *self._key)

    def request_plan(self) -> str:
        """Dispatch a run that writes a spec. Raises CommandError."""
        return request_plan(self.client, FILE, self.number, self.trigger.id, self.actor.login)

    def note_plan(self, digest: str) -> None:
        """Store the digest in the database, with the text that it was an answer to."""
        note_plan(self.bot, self.installed, self.number, digest, self.trigger.id)

    def outsiders(self, authors: Iterable[Account]) -> tuple[Account, ...]:
        """Return those who cannot write and are not in the setting `listed_bots`."""
        return outsiders_of(self.bot, authors)

    def rules(self) -> Rules:
        """Return the rules by the App's own account and settings, and the jobs in the database."""
        return rules_of(self.bot, self.installed)

    def rounds(self) -> int:
        """Return the number but for the job of this very command, should it be obeyed again after a crash."""
        return rounds_on(self.bot, self.installed, self.number, self.trigger)


def commented(bot: Bot, event: Commented) -> None:
    """Carry out the command in a comment, if its author may give it. Raises GitHubError."""
    with bot.clients.repository(event.place) as client:
        trigger = Trigger(COMMENT, event.comment_id)
        obey(bot, client, WrittenCommand(event.place, event.sender, event.number, trigger, event.body, event.at))


def obey(bot: Bot, client: Client, event: WrittenCommand) -> None:
    """Carry out the command in a comment or a review, if its author may give it. Raises GitHubError."""
    command = read_command(event.body)
    if command is None:
        return
    actor = account_of(client, event.sender)
    decided = decision(bot, client, Ask(AskKind.STEER, actor))
    # An unknown command gets no answer if its author may do nothing here.
    is_outsider = decided.verdict is AccessVerdict.REACT or is_unlisted_bot(client, actor)
    if decided.verdict is not AccessVerdict.DO:
        if is_outsider and command.verb is not None:
            turn_away(bot, client, event.number, event.trigger, decided.reason)
        return
    written = AppCommand.of(bot, client, event, actor, command)
    if deduplication.is_too_old(bot, event.at):
        written.react(NOT_DONE)
        return
    carry_out(written)


def carry_out(command: AppCommand) -> None:
    """Carry out a writer's command, or answer why that cannot be. Raises GitHubError."""
    try:
        writers_command.obey(command)
    except GitHubError:
        raise
    except MtorError as error:
        command.answer(error_text(error))
        command.react(NOT_DONE)


def rounds_on(bot: Bot, place: InstalledRepository, number: int, but: Trigger) -> int:
    """Return how often the implementer was asked on a pull request, without the job of the trigger `but`."""
    rows = job_rows.about(bot.engine, place.repository_id, {number})
    asked = [row for row in rows if row.number == number and row.trigger != but and row.pins]
    return sum(row.pins[0].kind in WORDS and not row.paused for row in asked)


def rules_of(bot: Bot, place: InstalledRepository) -> Rules:
    """Return whose pull requests and texts count in a repository."""

    def made_from(issue: int, jobs: frozenset[str]) -> tuple[Pin, ...]:
        rows = job_rows.about(bot.engine, place.repository_id, {issue})
        made = [row for row in rows if row.number == issue and jobs & {row.id, row.name}]
        return made[-1].pins if made else ()

    return Rules(partial(is_ours, bot.clients.account()), bot.settings.listed_bots, made_from)
