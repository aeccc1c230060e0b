"""The attempts of a job: one workflow run each, intended before it is asked for."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import sqlalchemy as sa

from mtor_bot.database.inserting import insert_new
from mtor_bot.database.schema import ATTEMPTS
from mtor_bot.jobs.job_record import Job


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt; moments are seconds since the epoch, None for what has not happened.

    `intended_at` is when its dispatch was last about to be sent, `accepted` whether GitHub confirmed one, `ended_at`
    when its run was first seen to have ended, `republished` how often its publish job was asked for again, `dispatches`
    how many requests for its run GitHub may have carried out. `named` is the job that an event run named the run after,
    "" for a run of ours.
    """

    job: str
    attempt: int
    repository_id: int
    not_before: float = 0.0
    intended_at: float | None = None
    accepted: bool = False
    run_id: int | None = None
    run_url: str = ""
    cancel_sent_at: float | None = None
    ended_at: float | None = None
    republished: int = 0
    dispatches: int = 0
    named: str = ""

    @property
    def name(self) -> str:
        """Return the name that identifies its run, as `run-name` shows it."""
        return f"{self.named}.1" if self.named else f"{self.job}.{self.attempt}"


def last(engine: sa.Engine, job: Job) -> Attempt:
    """Return the job's last attempt; the first is entered if there is none."""
    newest = sa.select(*ATTEMPTS.c).where(ATTEMPTS.c.job == job.id).order_by(ATTEMPTS.c.attempt.desc()).limit(1)
    with engine.connect() as connection:
        row = connection.execute(newest).mappings().first()
    return Attempt(**row) if row else begin(engine, job, 1, 0.0)


def begin(engine: sa.Engine, job: Job, number: int, not_before: float) -> Attempt:
    """Enter an attempt that is not to start before a moment, unless it has a row already; return it."""
    attempt = Attempt(job.id, number, job.repository_id, not_before)
    with engine.begin() as connection:
        insert_new(connection, ATTEMPTS, **asdict(attempt))
    return attempt


def change(engine: sa.Engine, attempt: Attempt, **values: Any) -> Attempt:
    """Set columns of an attempt's row; return the attempt as it is then."""
    with engine.begin() as connection:
        connection.execute(sa.update(ATTEMPTS).where(_is(attempt)).values(**values))
    return replace(attempt, **values)


def dispatched(engine: sa.Engine, job: Job) -> int:
    """Return how many requests for a run of this job GitHub may have carried out, over all attempts."""
    query = sa.select(sa.func.coalesce(sa.func.sum(ATTEMPTS.c.dispatches), 0)).where(ATTEMPTS.c.job == job.id)
    with engine.connect() as connection:
        return int(connection.execute(query).scalar_one())


def attach(connection: sa.Connection, attempt: Attempt) -> bool:
    """Give a job the run in `attempt`; return False, with nothing changed, if a run was asked for before."""
    untouched = sa.and_(ATTEMPTS.c.run_id.is_(None), ATTEMPTS.c.intended_at.is_(None))
    if insert_new(connection, ATTEMPTS, **asdict(attempt)):
        return True
    return (
        connection.execute(sa.update(ATTEMPTS).where(_is(attempt), untouched).values(**asdict(attempt))).rowcount == 1
    )


def adopt(connection: sa.Connection, attempt: Attempt, run_id: int, run_url: str, named: str = "") -> bool:
    """Note the run's id, the lower of two (the other leaves); return whether it was noted. `named` as in Attempt."""
    lower = sa.or_(ATTEMPTS.c.run_id.is_(None), ATTEMPTS.c.run_id > run_id)
    values = {"run_id": run_id, "run_url": run_url, "named": named or attempt.named}
    return connection.execute(sa.update(ATTEMPTS).where(_is(attempt), lower).values(**values)).rowcount == 1


def find(engine: sa.Engine, job_id: str, number: int, repository_id: int) -> Attempt | None:
    """Return that attempt, None unless it belongs to that repository."""
    query = sa.select(*ATTEMPTS.c).filter_by(job=job_id, attempt=number, repository_id=repository_id)
    with engine.connect() as connection:
        row = connection.execute(query).mappings().first()
    return Attempt(**row) if row else None


def _is(attempt: Attempt) -> sa.ColumnElement[bool]:
    return sa.and_(ATTEMPTS.c.job == attempt.job, ATTEMPTS.c.attempt == attempt.attempt)
