"""The rows of jobs: entered once, changed only from a state that the caller names, with a history of each change."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import sqlalchemy as sa

from mtor_action.github.actions.dispatched_runs import queue_job
from mtor_action.github.texts.pins import encode
from mtor_action.neutral import one_line
from mtor_bot.database.inserting import insert_new, upsert
from mtor_bot.database.schema import ATTEMPTS, FINISHED, HISTORY, JOBS, OLD_HISTORIES, REPOSITORIES, TOKEN_IDS, TRIGGERS
from mtor_bot.jobs.job_record import ACTIVE, UNFINISHED, Job, JobRequest, JobResult, JobState, encode_authors, job_of

LONGEST_TITLE = 300
LONGEST_NOTE = 1000
_NO_COLUMNS = frozenset({"pins", "trigger", "authors", "after", "asked_at"})


@dataclass(frozen=True, slots=True)
class Requested:
    """The job that a trigger leads to; `new` unless another trigger asked for it before."""

    job: Job
    new: bool


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """A line of a job's history: when, the state it was in, and a sentence."""

    at: float
    state: JobState
    note: str


def request(engine: sa.Engine, order: JobRequest, now: float) -> Requested:
    """Enter a job, or find the one of this trigger, or the unfinished one of this issue's same spec; return it."""
    while True:
        with engine.begin() as connection:
            job_id = enter(connection, order, now)
        # None: the unfinished job ended between the two statements.
        if job_id:
            job = job_by_id(engine, job_id)
            return Requested(job, job.trigger == order.trigger)


def enter(connection: sa.Connection, order: JobRequest, now: float) -> str | None:
    """Return the id of the job that `request` finds or enters; None, all undone, if that has just ended: try again."""
    key = queue_job(order.digest)
    place = {"repository_id": order.repository_id, "number": order.number}
    trigger = {"repository_id": order.repository_id, **asdict(order.trigger)}
    if not insert_new(connection, TRIGGERS, **trigger, number=order.number, job=key, accepted_at=now):
        return str(connection.execute(sa.select(TRIGGERS.c.job).filter_by(**trigger)).scalar_one())
    upsert(
        connection,
        REPOSITORIES,
        id=order.repository_id,
        installation_id=order.installation_id,
        full_name=order.repository,
    )
    # So a `/mtor cancel` that is written before a delayed webhook is acted on is still newer than the job.
    if insert_new(connection, JOBS, **_row(order), id=key, created_at=order.asked_at or now):
        note(connection, key, JobState.WAITING, f"asked for by {order.requester} ({order.trigger.kind})", now)
        return key
    other = connection.execute(
        sa.select(JOBS.c.id).filter_by(**place, digest=order.digest).where(JOBS.c.state != JobState.FINISHED.value)
    ).scalar_one_or_none()
    if other is None:
        connection.rollback()
        return None
    connection.execute(sa.update(TRIGGERS).filter_by(**trigger).values(job=other))
    return str(other)


def _row(order: JobRequest) -> dict[str, object]:
    return {
        **{field.name: getattr(order, field.name) for field in fields(order) if field.name not in _NO_COLUMNS},
        "state": JobState.WAITING.value,
        "title": one_line(order.title, LONGEST_TITLE),
        "pins": encode(order.pins),
        "authors": encode_authors(order.authors),
        "after": json.dumps(order.after),
        "held": bool(order.after),
        "trigger_kind": order.trigger.kind,
        "trigger_id": order.trigger.id,
    }


def find(engine: sa.Engine, job_id: str) -> Job | None:
    """Return the job of that id, None if there is none."""
    return next(iter(_read(engine, JOBS.c.id == job_id)), None)


def job_by_id(engine: sa.Engine, job_id: str) -> Job:
    """Return the job of an id that is known to exist. Raises IndexError if it does not."""
    return _read(engine, JOBS.c.id == job_id)[0]


def unfinished(engine: sa.Engine, repository_id: int, number: int) -> list[Job]:
    """Return the jobs of an issue or pull request that have no outcome, oldest first."""
    place = sa.and_(JOBS.c.repository_id == repository_id, JOBS.c.number == number)
    return _read(engine, sa.and_(place, JOBS.c.state != JobState.FINISHED.value))


def latest(engine: sa.Engine, repository_id: int, number: int) -> Job | None:
    """Return the job of an issue or pull request that was asked for last, None if it has none."""
    place = sa.and_(JOBS.c.repository_id == repository_id, JOBS.c.number == number)
    return next(iter(_read(engine, place, newest_first=True, most=1)), None)


def about(engine: sa.Engine, repository_id: int, numbers: Collection[int]) -> list[Job]:
    """Return all jobs of these issues and pull requests, and those that opened one of these pull requests."""
    # The repository in each half, so that each has an index.
    halves = (
        sa.and_(JOBS.c.repository_id == repository_id, column.in_(numbers))
        for column in (JOBS.c.number, JOBS.c.pull_request)
    )
    return _read(engine, sa.or_(*halves))


def by_run(engine: sa.Engine, repository_id: int, run_id: int) -> Job | None:
    """Return the job that a workflow run was dispatched for, None if there is none."""
    attempt = sa.select(ATTEMPTS.c.job).filter_by(repository_id=repository_id, run_id=run_id)
    return next(iter(_read(engine, JOBS.c.id.in_(attempt))), None)


def jobs(
    engine: sa.Engine,
    states: Iterable[JobState] = (),
    *,
    repository: str = "",
    installation_id: int | None = None,
    most: int | None = 50,
) -> list[Job]:
    """Return the newest jobs, oldest first, in some states, of one repository (OWNER/REPO) or installation."""
    condition: sa.ColumnElement[bool] = sa.true()
    if values := [state.value for state in states]:
        condition &= JOBS.c.state.in_(values)
    if repository:
        condition &= sa.func.lower(JOBS.c.repository) == repository.lower()
    if installation_id is not None:
        condition &= JOBS.c.installation_id == installation_id
    return _read(engine, condition, newest_first=True, most=most)[::-1]


def held(engine: sa.Engine, repository_id: int | None = None) -> list[Job]:
    """Return the waiting jobs that issues before them keep from starting, of one repository or of all."""
    condition = sa.and_(JOBS.c.state == JobState.WAITING.value, JOBS.c.held)
    if repository_id is not None:
        condition = sa.and_(condition, JOBS.c.repository_id == repository_id)
    return _read(engine, condition)


def is_paused(connection: sa.Connection, repository_id: int, since: float) -> bool:
    """Return whether the last job of the repository that ended did so because mtor is paused, later than `since`."""
    ended = sa.and_(JOBS.c.repository_id == repository_id, JOBS.c.finished_at > since)
    newest = sa.select(JOBS.c.paused).where(ended).order_by(JOBS.c.finished_at.desc(), JOBS.c.position.desc()).limit(1)
    return bool(connection.execute(newest).scalar())


def unsettled(engine: sa.Engine) -> list[Job]:
    """Return the jobs that need a durable workflow: started and unfinished, or finished and not announced."""
    active = JOBS.c.state.in_([state.value for state in ACTIVE])
    # In words, not as a parameter: only so do both databases see that the index of these few has them all.
    silent = sa.text(f"mtor_jobs.state = '{FINISHED}' AND mtor_jobs.told_at IS NULL")
    return _read(engine, sa.or_(active, silent))


def _read(
    engine: sa.Engine, condition: sa.ColumnElement[bool], *, newest_first: bool = False, most: int | None = None
) -> list[Job]:
    last = (
        sa.select(sa.func.max(ATTEMPTS.c.attempt)).where(ATTEMPTS.c.job == JOBS.c.id).correlate(JOBS).scalar_subquery()
    )
    attempt = sa.and_(ATTEMPTS.c.job == JOBS.c.id, ATTEMPTS.c.attempt == last)
    columns = (*JOBS.c, ATTEMPTS.c.attempt, ATTEMPTS.c.run_id, ATTEMPTS.c.run_url, ATTEMPTS.c.named)
    order = JOBS.c.position.desc() if newest_first else JOBS.c.position
    query = (
        sa.select(*columns)
        .join_from(JOBS, ATTEMPTS, attempt, isouter=True)
        .where(condition)
        .order_by(order)
        .limit(most)
    )
    with engine.connect() as connection:
        return [job_of(row) for row in connection.execute(query).mappings()]


def counts(engine: sa.Engine) -> dict[JobState, int]:
    """Return how many jobs are in each state, 0 included."""
    query = sa.select(JOBS.c.state, sa.func.count()).group_by(JOBS.c.state)
    with engine.connect() as connection:
        counted = {JobState(state): number for state, number in connection.execute(query)}
    return {state: counted.get(state, 0) for state in JobState}


def history(engine: sa.Engine, job_id: str) -> list[HistoryLine]:
    """Return the lines of a job's history, oldest first; those that were archived come before later ones."""
    query = sa.select(HISTORY.c.at, HISTORY.c.state, HISTORY.c.note).filter_by(job=job_id).order_by(HISTORY.c.id)
    archived = sa.select(OLD_HISTORIES.c.lines).filter_by(job=job_id)
    with engine.connect() as connection:
        old = json.loads(connection.execute(archived).scalar_one_or_none() or "[]")
        rows = [*old, *connection.execute(query)]
    return [HistoryLine(at, JobState(state), note) for at, state, note in rows]


def move(
    connection: sa.Connection,
    job_id: str,
    states: Sequence[JobState],
    to: JobState,
    words: str,
    now: float,
    **values: Any,
) -> bool:
    """Change the state if it is one of `states`; return whether it was. `words` go to the history."""
    values_of_states = [state.value for state in states]
    statement = (
        sa.update(JOBS).where(JOBS.c.id == job_id, JOBS.c.state.in_(values_of_states)).values(state=to.value, **values)
    )
    if connection.execute(statement).rowcount == 0:
        return False
    note(connection, job_id, to, words, now)
    return True


def finish(engine: sa.Engine, job_id: str, result: JobResult, now: float) -> bool:
    """Give a job its outcome; return whether it had none."""
    with engine.begin() as connection:
        return finish_within(connection, job_id, result, now, UNFINISHED)


def finish_within(
    connection: sa.Connection, job_id: str, result: JobResult, now: float, states: Sequence[JobState]
) -> bool:
    """Give a job its outcome if it is in one of `states`; return whether it was."""
    values = {**asdict(result), "outcome": result.outcome.value, "finished_at": now, "waits_for": ""}
    words = f"{result.outcome.value}: {result.reason}" if result.reason else result.outcome.value
    return move(connection, job_id, states, JobState.FINISHED, words, now, **values)


def change(engine: sa.Engine, job_id: str, **values: Any) -> None:
    """Set columns of a job's row other than the state."""
    with engine.begin() as connection:
        connection.execute(sa.update(JOBS).where(JOBS.c.id == job_id).values(**values))


def note(connection: sa.Connection, job_id: str, state: JobState, words: str, now: float) -> None:
    """Add a line to a job's history, cut to LONGEST_NOTE characters."""
    connection.execute(
        HISTORY.insert().values(job=job_id, at=now, state=state.value, note=one_line(words, LONGEST_NOTE))
    )


def use_once(engine: sa.Engine, token_id: str, expires_at: float, now: float) -> bool:
    """Mark an OIDC token's `jti` as used; return False if it was. Expired ones are deleted."""
    with engine.begin() as connection:
        connection.execute(sa.delete(TOKEN_IDS).where(TOKEN_IDS.c.expires_at < now))
        return insert_new(connection, TOKEN_IDS, id=token_id, expires_at=expires_at)
