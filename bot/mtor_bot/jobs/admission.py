"""Letting waiting jobs start: one transaction at a time decides, marks them and queues their durable workflows."""

from __future__ import annotations

from collections import Counter

import sqlalchemy as sa

from mtor_bot.bot import Bot
from mtor_bot.database.schema import ATTEMPTS, JOBS, PULLS, TURNS
from mtor_bot.jobs import job_rows
from mtor_bot.jobs.job_limits import Limits, Load, Waiting, decide, overall_obstacle
from mtor_bot.jobs.job_record import ACTIVE, JobState, durable_workflow_id

DAY_SECONDS = 24 * 3600.0


def admit(bot: Bot) -> list[str]:
    """Start the jobs that may start, oldest first; return their ids. Each other one notes what it waits for."""
    now = bot.clock.now()
    limits = _limits(bot)
    with bot.engine.begin() as connection:
        connection.execute(sa.update(TURNS).where(TURNS.c.name == "admission").values(at=now))
        load = _load(connection, now - bot.clock.scaled(DAY_SECONDS))
        waiting = _waiting(connection, load, limits)
        verdicts = decide(waiting, load, limits)
        for job in waiting:
            if verdicts[job.id] != job.waits_for:
                connection.execute(sa.update(JOBS).where(JOBS.c.id == job.id).values(waits_for=verdicts[job.id]))
        started = [job_id for job_id, sentence in verdicts.items() if not sentence]
        for job_id in started:
            job_rows.move(connection, job_id, [JobState.WAITING], JobState.STARTING, "admitted", now, admitted_at=now)
            bot.queue.start(connection, job_id, durable_workflow_id(job_id))
    return started


def _limits(bot: Bot) -> Limits:
    settings = bot.settings
    return Limits(
        jobs=settings.max_jobs,
        per_repository=settings.max_jobs_per_repository,
        per_day=settings.max_jobs_per_day,
        open_pulls=settings.max_open_pull_requests,
    )


def _load(connection: sa.Connection, day_begins: float) -> Load:
    active = connection.execute(
        sa.select(JOBS.c.repository_id, JOBS.c.target_branch).where(JOBS.c.state.in_([state.value for state in ACTIVE]))
    ).all()
    pulls = connection.execute(sa.select(PULLS.c.repository_id, sa.func.count()).group_by(PULLS.c.repository_id))
    return Load(
        active=Counter(repository_id for repository_id, _ in active),
        branches={(repository_id, branch) for repository_id, branch in active},
        today=_started(connection, day_begins),
        pulls=Counter(dict(pulls.all())),
    )


def _started(connection: sa.Connection, day_begins: float) -> int:
    """Return the number of runs that the day's jobs asked for, at least one a job: a second run costs like a first.

    A job that never began because mtor is paused is none of them.
    """
    began = sa.and_(JOBS.c.admitted_at > day_begins, sa.not_(JOBS.c.paused))
    jobs = connection.execute(sa.select(sa.func.count()).where(began)).scalar_one()
    # Not a join: SQLite would go through all attempts there ever were, in the order of their jobs.
    admitted = sa.select(JOBS.c.id).where(began)
    requests = sa.select(sa.func.sum(ATTEMPTS.c.dispatches) - 1).where(ATTEMPTS.c.job.in_(admitted))
    of_today = requests.group_by(ATTEMPTS.c.job)
    further = connection.execute(of_today.having(sa.func.sum(ATTEMPTS.c.dispatches) > 1)).scalars()
    return int(jobs) + sum(map(int, further))


def _waiting(connection: sa.Connection, load: Load, limits: Limits) -> list[Waiting]:
    """Return the jobs to judge: never judged, or possibly free now. Ten thousand others cost nothing."""
    columns = (JOBS.c.id, JOBS.c.repository_id, JOBS.c.target_branch, JOBS.c.waits_for, JOBS.c.is_pull_request)
    query = (
        sa.select(*columns)
        .where(JOBS.c.state == JobState.WAITING.value, sa.not_(JOBS.c.held))
        .order_by(JOBS.c.position)
    )
    full = [key for key, number in load.active.items() if number >= limits.per_repository]
    may_be_free = JOBS.c.repository_id.not_in(full) if not overall_obstacle(load, limits) else sa.false()
    rows = connection.execute(query.where(sa.or_(JOBS.c.waits_for == "", may_be_free)))
    return [Waiting(**row) for row in rows.mappings()]
