"""A command in a comment: a table, verb → function that carries it out for somebody with write access."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

from mtor_action.access.accounts import Sender, account_of, read_sender
from mtor_action.access.command import Command, SpecFile, Verb, read_command, run_argument
from mtor_action.access.decision import AccessVerdict, Account, Ask, Wish
from mtor_action.errors import CommandError, MtorError
from mtor_action.github.actions.held_runs import release_text
from mtor_action.github.answers import Answer
from mtor_action.github.branches import taught_notes
from mtor_action.github.client import Client
from mtor_action.github.failures import GitHubError
from mtor_action.github.payloads import read_number, read_time
from mtor_action.github.texts.pins import WORDS, Pin, is_text
from mtor_action.job_start import spec_texts
from mtor_action.job_start.fix_from_checks import choose_fix
from mtor_action.job_start.planning_on_github import plan
from mtor_action.job_start.spec_texts import Texts
from mtor_action.job_start.suggestions_to_apply import ChosenTexts, ReviewPlace, Rules, choose
from mtor_action.on_issues.answer_texts import error_text, help_text
from mtor_action.on_issues.ci_checks import start_checks
from mtor_action.on_issues.plan_requests import cancel_plans, live_plans, planning_line, request_plan
from mtor_action.on_issues.plan_text import faults_text, plan_text
from mtor_action.on_issues.reactions import DONE, NOT_DONE, SEEN
from mtor_action.on_issues.side_matters import side_matter
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
from mtor_bot.jobs.job_record import COMMENT, REVIEW, REVIEW_COMMENT, Trigger
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

    @property
    def is_comment(self) -> bool:
        """Return whether it is a comment of the conversation, not a review or a remark of one."""
        return self.trigger.kind == COMMENT


@dataclass(frozen=True, slots=True)
class AuthorisedCommand:
    """A writer's command, with all that is needed to carry it out."""

    bot: Bot
    client: Client
    event: WrittenCommand
    actor: Account
    command: Command

    def answer(self, text: str) -> None:
        """Post an answer (Markdown) to the command as a new comment. Raises GitHubError."""
        answer(self.bot, self.client, self.event.place, self.event.number, self.event.trigger, text)

    def react(self, content: str) -> None:
        """Add a reaction to the comment, after any answer. Raises GitHubError for what may succeed later."""
        react(self.client, self.event.number, self.event.trigger, content)

    def own_text(self) -> Texts:
        """Return the spec in the comment itself. Raises CommandError, GitHubError, SpecChanged if it was edited."""
        event = self.event
        self.refuse_spec_in_review()
        return spec_texts.of_comment(self.client, event.number, event.trigger.id, event.body)

    def remark(self, text: str) -> taught_notes.ReviewRemark:
        """Return these words as what a note may be made of."""
        event = self.event
        source = event.url or f"comment {event.trigger.id} of #{event.number}"
        return taught_notes.ReviewRemark(text, event.sender.login, source, (event.path,) if event.path else ())

    def refuse_spec_in_review(self) -> None:
        """Raise CommandError unless it is a comment: only those can be pinned."""
        if not self.event.is_comment:
            raise CommandError("a spec in a review is not read", "write the same as a comment of the conversation")

    @property
    def key(self) -> tuple[int, int]:
        """Return the ids of the repository and of the issue or pull request in it."""
        return self.event.place.repository_id, self.event.number

    @property
    def word(self) -> CancelRequest:
        """Return the comment as a request to cancel or retry jobs that were asked for before it."""
        # Ids of comments grow with time, but not beside those of reviews.
        comment_id = self.event.trigger.id if self.event.is_comment else 0
        return CancelRequest(self.event.sender.login, self.event.at, comment_id)

    def start_request(self, *, digest: str = "", confirmed: str = "") -> StartRequest:
        """Return the request for a job that this comment makes."""
        event = self.event
        return StartRequest(
            place=event.place,
            number=event.number,
            actor=self.actor,
            trigger=event.trigger,
            digest=digest,
            confirmed=confirmed,
            asked_at=event.at,
        )


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
    decided = decision(bot, client, Ask(Wish.STEER, actor))
    # An unknown command gets no answer if its author may do nothing here.
    is_outsider = decided.verdict is AccessVerdict.REACT or is_unlisted_bot(client, actor)
    if decided.verdict is not AccessVerdict.DO:
        if is_outsider and command.verb is not None:
            turn_away(bot, client, event.number, event.trigger, decided.reason)
        return
    request = AuthorisedCommand(bot, client, event, actor, command)
    if deduplication.is_too_old(bot, event.at):
        request.react(NOT_DONE)
        return
    carry_out(request)


def carry_out(request: AuthorisedCommand) -> None:
    """Carry out a writer's command, or answer why that cannot be. Raises GitHubError."""
    try:
        _VERBS.get(request.command.verb, _help)(request)
    except GitHubError:
        raise
    except MtorError as error:
        request.answer(error_text(error))
        request.react(NOT_DONE)


def _run(request: AuthorisedCommand) -> None:
    target = run_argument(request.command.argument)
    client, event = request.client, request.event
    if isinstance(target, SpecFile):
        start(
            request.bot,
            client,
            request.start_request(),
            spec_texts.of_file(client, event.number, target, request.actor),
        )
    elif spec_texts.is_spec(request.command.rest):
        if target:
            raise CommandError("a digest and a spec in one comment", "write `/mtor run` alone above the spec")
        start(request.bot, client, request.start_request(), request.own_text())
    else:
        plan_texts = spec_texts.of_plan(client, event.number, target) if target else None
        texts = plan_texts or spec_texts.of_issue(client, event.number)
        start(request.bot, client, request.start_request(digest=target or ""), texts)


def _retry(request: AuthorisedCommand) -> None:
    client, event = request.client, request.event
    last = job_rows.latest(request.bot.engine, event.place.repository_id, event.number)
    has_own_text = last is not None and is_text(last.pins)
    if remake_pull_request(request.bot, client, request.start_request(), has_own_text=has_own_text):
        return
    if last is None:
        start(request.bot, client, request.start_request(), spec_texts.of_issue(client, event.number))
    elif request.word.is_older_than(last):
        raise CommandError("a job was asked for after this `/mtor retry`", "comment `/mtor retry` again to repeat that")
    else:
        pins = last.pins
        texts = (
            spec_texts.of_pins(client, event.number, pins, request.actor)
            if is_text(pins)
            else spec_texts.of_issue(client, event.number)
        )
        start(request.bot, client, request.start_request(confirmed=last.digest), texts)


def _apply(request: AuthorisedCommand) -> None:
    event = request.event
    _start_texts(request, choose(request.client, _place(event), rules_of(request.bot, event.place)))


def _fix(request: AuthorisedCommand) -> None:
    event, bot = request.event, request.bot
    # The job of this very command does not count, should it be obeyed again after a crash.
    rounds = rounds_on(bot, event.place, event.number, event.trigger)
    rules = rules_of(bot, event.place)
    _start_texts(request, choose_fix(request.client, _place(event), rules, rounds, request.command))
    if request.command.words:
        with side_matter("a note"):
            taught_notes.propose(request.client, request.remark(request.command.words))


def _start_texts(request: AuthorisedCommand, chosen: ChosenTexts) -> None:
    start_request = replace(request.start_request(), note=chosen.note)
    texts = spec_texts.of_review(request.client, request.event.number, chosen.pins, request.actor)
    start(request.bot, request.client, start_request, texts)


def _place(event: WrittenCommand) -> ReviewPlace:
    ids = {event.trigger.kind: event.trigger.id}
    return ReviewPlace(event.number, event.at, ids.get(REVIEW, 0), ids.get(REVIEW_COMMENT, 0), ids.get(COMMENT, 0))


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


def _cancel(request: AuthorisedCommand) -> None:
    event = request.event
    ended = cancel_issue(request.bot, event.place.repository_id, event.number, request.word)
    plans = cancel_plans(request.client, FILE, event.number, event.at)
    last = job_rows.latest(request.bot.engine, event.place.repository_id, event.number)
    if ended:
        refresh(request.bot, request.client, event.place, event.number)
    # This very comment may have cancelled it, before a crash.
    elif not plans and (last is None or last.outcome is not Outcome.CANCELLED):
        newer = any(map(request.word.is_older_than, job_rows.unfinished(request.bot.engine, *request.key)))
        request.answer(f"Nothing waits or runs here{' that is older than the comment' if newer else ''}.")
    request.react(SEEN)


def _status(request: AuthorisedCommand) -> None:
    engine, key = request.bot.engine, (request.event.place.repository_id, request.event.number)
    last = job_rows.latest(engine, *key)
    plans = live_plans(request.client, FILE, request.event.number)
    jobs = job_rows.unfinished(engine, *key) or ([last] if last and not plans else [])
    lines = [*map(line_of, jobs), *map(planning_line, plans)]
    request.answer("\n".join(lines) or "mtor has had no job here. `/mtor run` starts one.")
    request.react(SEEN)


def _check(request: AuthorisedCommand) -> None:
    client, number = request.client, request.event.number
    own = spec_texts.is_spec(request.command.rest)
    texts = request.own_text() if own else spec_texts.of_issue(client, number)
    planned, outsiders = plan(client, number, texts.fetched), outsiders_of(request.bot, texts.authors)
    if planned.faults:
        request.answer(faults_text(planned.faults))
    else:
        note_plan(request.bot, request.event.place, number, planned.digest, request.event.trigger.id)
        request.answer(f"`/mtor run {planned.digest[:8]}` would do this.\n\n{plan_text(planned, outsiders)}")
    request.react(NOT_DONE if planned.faults else SEEN)


def _plan(request: AuthorisedCommand) -> None:
    event = request.event
    words = request_plan(request.client, FILE, event.number, event.trigger.id, event.sender.login)
    if words:
        request.answer(words)
    request.react(SEEN)


def _coach(request: AuthorisedCommand) -> None:
    text = request.command.note()
    note_id = taught_notes.keep(request.client, request.remark(text))
    request.answer(f"Noted as `{note_id}` on the branch `mtor-coaching`: later runs are told.")
    request.react(DONE)


def _ci(request: AuthorisedCommand) -> None:
    released = start_checks(request.client, request.event.number, request.event.at)
    request.answer(release_text(released))
    held = released.refused or released.newer
    request.react(DONE if released.started else NOT_DONE if held else SEEN)


def _spec(request: AuthorisedCommand) -> None:
    request.refuse_spec_in_review()
    request.react(SEEN)


def _help(request: AuthorisedCommand) -> None:
    request.answer(help_text("" if request.command.verb else request.command.word))
    request.react(SEEN if request.command.verb else NOT_DONE)


_VERBS: Mapping[Verb | None, Callable[[AuthorisedCommand], None]] = {
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
