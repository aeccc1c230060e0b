"""The one comment that shows where an issue's jobs are, edited in place, and the label that says the same.

All of it is made from the database, so that the last edit is right. The comment is edited at most every ten seconds: an
edit that comes too early is put off by a stored delivery to ourselves, which shows the state at that later time.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from hashlib import sha256

import sqlalchemy as sa

from mtor_action.github.client import Client
from mtor_action.github.failures import LIMITED, GitHubError, RequestFailureKind, Tolerance
from mtor_action.github.issues.comments import (
    Comment,
    actions_comment,
    edit_comment,
    marker,
    own_comment,
    upsert_comment,
)
from mtor_action.github.issues.issue_changes import IssueChange, change_at_once
from mtor_action.neutral import inline_code, prose, sentence
from mtor_action.on_issues.state_labels import QUEUED, RUNNING, Label, label_after, others_than, set_label
from mtor_bot.bot import Bot
from mtor_bot.database.schema import SPEECH
from mtor_bot.events.event import RepositoryEvent, as_plain
from mtor_bot.github_app.installed_repository import InstalledRepository
from mtor_bot.jobs import job_rows
from mtor_bot.jobs.job_record import Job, JobState
from mtor_bot.queue.durable_queue import DELIVERIES_QUEUE, DELIVERY_WORKFLOW
from mtor_bot.speech.issue_lock import turn

EDIT_SECONDS = 10.0
# A failed edit is tried again after 40 s, 160 s and so on, for three hours in all.
GROWTH = 4.0
MOST_TRIES = 5
_DELETED = (RequestFailureKind.NOT_FOUND, RequestFailureKind.GONE)
_NOT_OURS = (*_DELETED, RequestFailureKind.FORBIDDEN)
_WORDS = {
    JobState.WAITING: "is queued",
    JobState.STARTING: "is about to start",
    JobState.DISPATCHED: "is started and waits for a runner",
    JobState.RUNNING: "is running",
}


@dataclass(frozen=True, slots=True)
class StatusDue(RepositoryEvent):
    """The bot's own event: an issue's status comment is due for an edit; `tries` failed before."""

    number: int
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Beside:
    """What is done with a change of state: a label that goes, a reaction to the issue in REST's word; "" for none."""

    consumed: str = ""
    reaction: str = ""


@dataclass(frozen=True, slots=True)
class _Spoken:
    """The stored row of an issue's status comment."""

    text: str
    note: str
    spoken_at: float
    comment_id: int
    comment_digest: str
    continues: str
    label: str


def show(bot: Bot, client: Client, job: Job, *, reaction: str = "") -> bool:
    """Bring the status of a job's issue up to date; doing so twice changes nothing. Raises GitHubError.

    Return whether the `reaction` to the issue was given with it.
    """
    if job.trigger.is_nobodys:
        return False
    return refresh(bot, client, job.place, job.number, beside=Beside(reaction=reaction))


def say_plan(bot: Bot, place: InstalledRepository, number: int, text: str) -> None:
    """Set the plan (Markdown) below the state of the latest job. `refresh` posts it."""
    _set(bot, place, number, text=text, note="")


def note_plan(bot: Bot, place: InstalledRepository, number: int, digest: str, comment_id: int) -> None:
    """Note that the plan of the spec with this digest is shown as the answer to a comment (0: to none)."""
    _set(bot, place, number, planned=f"{digest} {comment_id}")


def is_plan_shown(bot: Bot, place: InstalledRepository, number: int, digest: str, comment_id: int) -> bool:
    """Return whether the plan shown last is of the spec with this digest, and came before this comment.

    Two texts with the same eight digits can be made in a second: the text that was read has to be the one that runs.
    """
    query = sa.select(SPEECH.c.planned).where(_at(place, number))
    with bot.engine.connect() as connection:
        digest_shown, _, answered = (connection.execute(query).scalar() or "").partition(" ")
    # A plan shown by an interrupted answer to this very comment does not count as shown before it.
    return digest_shown == digest and answered != str(comment_id)


def say_beside(bot: Bot, place: InstalledRepository, number: int, note: str) -> None:
    """Set the sentence about the jobs under way; a new plan replaces it. `refresh` posts it."""
    _set(bot, place, number, note=note)


def forget_label(bot: Bot, place: InstalledRepository, number: int) -> None:
    """Note that the label no longer matches a job's state, so that `refresh` sets it again."""
    _set(bot, place, number, label="")


def _set(bot: Bot, place: InstalledRepository, number: int, **values: str) -> None:
    with turn(bot, place.repository_id, number), bot.engine.begin() as connection:
        connection.execute(sa.update(SPEECH).where(_at(place, number)).values(**values))


def refresh(
    bot: Bot,
    client: Client,
    place: InstalledRepository,
    number: int,
    *,
    due: StatusDue | None = None,
    beside: Beside = Beside(),
) -> bool:
    """Bring comment and label up to date, by one request if that can be. Raises GitHubError.

    `due` says that it was put off for long enough. Return whether the reaction was given with it.
    """
    with turn(bot, place.repository_id, number):
        spoken = _spoken(bot, place, number)
        now = bot.clock.now()
        is_early = due is None and bot.clock.since(spoken.spoken_at) < EDIT_SECONDS
        if is_early:
            _put_off(bot, StatusDue(place, number), spoken.spoken_at)
        else:
            # First, so that a state which changes from now on is put off under another name.
            _mark(bot, place, number, spoken_at=now)
        label = _label_due(bot, place, number, spoken, beside.consumed)
        change = IssueChange(reaction=beside.reaction)
        if label is not None:
            change = replace(change, label=label.name, others=others_than(label, beside.consumed))
        try:
            if not is_early:
                change = _with_comment(bot, client, place, number, change, spoken)
            made = change_at_once(client, number, change)
            if not is_early:
                _write(bot, client, place, number, spoken, (change.text, made.comment))
        except GitHubError as error:
            if not is_early:
                _put_off_again(bot, due or StatusDue(place, number), error, now)
            raise
        if label is not None:
            is_set = made.labels or set_label(client, number, label, beside.consumed)
            _mark(bot, place, number, label=label.name if is_set else "")
        return made.reaction


def _with_comment(
    bot: Bot, client: Client, place: InstalledRepository, number: int, change: IssueChange, spoken: _Spoken
) -> IssueChange:
    """Return the change with the comment, if it is known which one, or that there is none. Raises GitHubError."""
    text, name = body(bot, place, number), marker("status", str(number))
    if _is_as_said(spoken, text):
        return change
    is_new = not (spoken.comment_id or spoken.spoken_at) and not (
        own_comment(client, number, name) or actions_comment(client, number, name)
    )
    if not (is_new or spoken.comment_id):
        return change
    return replace(change, marker=name, text=text, comment_id=spoken.comment_id)


def _is_as_said(spoken: _Spoken, text: str) -> bool:
    return bool(spoken.comment_id) and spoken.comment_digest == _digest(text)


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "replace")).hexdigest()


def _write(
    bot: Bot,
    client: Client,
    place: InstalledRepository,
    number: int,
    spoken: _Spoken,
    made: tuple[str, Comment | None],
) -> None:
    """Edit the comment that is known, else look for it, else post it; an unchanged text is not sent.

    A text with which the comment was `made` already is only noted: the state may have changed since.
    """
    text, posted = made if made[1] else (body(bot, place, number), None)
    if posted is None and _is_as_said(spoken, text):
        return
    if posted is None and spoken.comment_id:
        posted = _edit(client, number, spoken.comment_id, text)
    if posted is None:
        posted = _post(bot, client, place, number, is_first=not spoken.spoken_at)
    _mark(bot, place, number, comment_id=posted.id, comment_digest=_digest(text))


def _edit(
    client: Client, number: int, comment_id: int, text: str, gone: tuple[RequestFailureKind, ...] = _DELETED
) -> Comment | None:
    """Edit the comment and return it, None for a failure of a kind in `gone`, such as that somebody has deleted it."""
    with Tolerance(*gone):
        return edit_comment(client, comment_id, marker("status", str(number)), text)
    return None


def _post(bot: Bot, client: Client, place: InstalledRepository, number: int, *, is_first: bool) -> Comment:
    """Post the comment; the first time, what was read just now already lists every comment of ours.

    Where event runs kept one before, that is edited. Whoever can write may edit others' comments; GitHub does not say
    whether Apps may. If not, a comment of its own names the other one.
    https://docs.github.com/communities/moderating-comments-and-conversations/managing-disruptive-comments
    """
    if not is_first:
        client.forget_reads()
    name = marker("status", str(number))
    earlier = None if own_comment(client, number, name) else actions_comment(client, number, name)
    if earlier is not None:
        edited = _edit(client, number, earlier.id, body(bot, place, number), _NOT_OURS)
        if edited is not None:
            return edited
        _mark(bot, place, number, continues=earlier.html_url)
    return upsert_comment(client, number, name, body(bot, place, number))


def body(bot: Bot, place: InstalledRepository, number: int) -> str:
    """Return the comment's text: a line of Markdown a job, then the plan."""
    spoken, jobs = _spoken(bot, place, number), _jobs_in_comment(bot, place, number)
    lines = [line_of(job) for job in jobs]
    link = f"This continues [an earlier comment](<{spoken.continues}>)." if spoken.continues else ""
    parts = ["\n".join(lines), sentence(spoken.note, 500) if lines else "", link, spoken.text]
    return "\n\n".join(part for part in parts if part) or "mtor has nothing to do here."


def line_of(job: Job) -> str:
    """Return a job's state or outcome, its reason and the next step, as a line of Markdown."""
    name = f"<sub>job {inline_code(job.id)}{_link(job)}</sub>"
    if job.outcome:
        pull = f" #{job.pull_request}" if job.pull_request else ""
        words = (f"- **{job.outcome.value}**{pull}", sentence(job.reason, 1_000), sentence(job.next_step, 1_000))
    else:
        stopping = f"Cancelled by {prose(job.cancelled_by, 100)}; it ends soon." if job.cancelled_by else ""
        words = (f"- **mtor {_WORDS[job.state]}**", sentence(job.waits_for, 500), stopping)
    return " · ".join(word for word in (*words, name) if word)


def _link(job: Job) -> str:
    attempt = f", attempt {job.attempt}" if job.attempt > 1 else ""
    return f"{attempt} · [the run](<{job.run_url}>)" if job.run_url else attempt


def _jobs_in_comment(bot: Bot, place: InstalledRepository, number: int) -> list[Job]:
    """Return the unfinished jobs of an issue that somebody asked for, or else the last one."""
    unfinished = job_rows.unfinished(bot.engine, place.repository_id, number)
    jobs = [job for job in unfinished if not job.trigger.is_nobodys]
    last = job_rows.latest(bot.engine, place.repository_id, number)
    return jobs or ([last] if last and not last.trigger.is_nobodys else [])


def label_of(job: Job) -> Label:
    """Return the label for a job's state or outcome."""
    if job.outcome:
        return label_after(job.outcome)
    return QUEUED if job.state in (JobState.WAITING, JobState.STARTING, JobState.DISPATCHED) else RUNNING


def _label_due(bot: Bot, place: InstalledRepository, number: int, spoken: _Spoken, consumed: str) -> Label | None:
    """Return the label that is to be set now, None if there is nothing to change."""
    labels = [label_of(job) for job in _jobs_in_comment(bot, place, number)]
    if not labels:
        return None
    # A running job takes precedence over waiting ones.
    label = RUNNING if RUNNING in labels else labels[0]
    return label if consumed or label.name != spoken.label else None


def _put_off_again(bot: Bot, due: StatusDue, error: GitHubError, now: float) -> None:
    """Put off an edit that failed, as often as it may help; a rate limit is left to the caller's retry."""
    if error.kind not in LIMITED and due.tries < MOST_TRIES:
        _put_off(bot, replace(due, tries=due.tries + 1), now)


def _put_off(bot: Bot, due: StatusDue, spoken_at: float) -> None:
    name = f"status-{due.place.repository_id}-{due.number}-{int(spoken_at * 1000)}"
    delay_seconds = bot.clock.scaled(EDIT_SECONDS) * GROWTH**due.tries
    with bot.engine.begin() as connection:
        bot.queue.enqueue(
            connection,
            DELIVERIES_QUEUE,
            DELIVERY_WORKFLOW,
            name,
            as_plain(due),
            delay_seconds=delay_seconds,
        )


def _spoken(bot: Bot, place: InstalledRepository, number: int) -> _Spoken:
    query = sa.select(*(SPEECH.c[field.name] for field in fields(_Spoken))).where(_at(place, number))
    with bot.engine.connect() as connection:
        return _Spoken(**connection.execute(query).mappings().one())


def _mark(bot: Bot, place: InstalledRepository, number: int, **values: float | str) -> None:
    with bot.engine.begin() as connection:
        connection.execute(sa.update(SPEECH).where(_at(place, number)).values(**values))


def _at(place: InstalledRepository, number: int) -> sa.ColumnElement[bool]:
    return sa.and_(SPEECH.c.repository_id == place.repository_id, SPEECH.c.number == number)
