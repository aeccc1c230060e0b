"""Archive the history of a job that ended long ago as one row; the job itself stays.

Histories are two thirds of all rows. The rows of jobs, runs and triggers are narrow, are always found by an index, and
are needed for good. They make a label act once, an event run's run recognisable, the result of an issue's last job
available to the next, and the authors of a pull request known to four eyes even months later.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence

import sqlalchemy as sa

from mtor_bot.bot import Bot
from mtor_bot.database.inserting import insert_new
from mtor_bot.database.schema import HISTORY, JOBS, OLD_HISTORIES, TURNS

ARCHIVE_SECONDS = 30 * 24 * 3600.0
# In one transaction, which others wait for.
AT_ONCE = 200
# In one pass, so that the first one after an upgrade does not take all of it.
MOST_IN_A_PASS = 5_000
# The row of TURNS whose `at` is the end of the job that was archived last.
TURN = "archive"

Lines = list[tuple[float, str, str]]


def archive_some(bot: Bot) -> int:
    """Archive what is due, about MOST_IN_A_PASS jobs at most; return how many."""
    archived = 0
    while archived < MOST_IN_A_PASS and (more := archive(bot)):
        archived += more
    return archived


def archive(bot: Bot, most: int = AT_ONCE) -> int:
    """Archive the histories of the `most` jobs that are due for longest, all or none; return how many."""
    with bot.engine.begin() as connection:
        insert_new(connection, TURNS, name=TURN, at=0.0)
        # Replicas take turns: the row is written before anything is read.
        connection.execute(sa.update(TURNS).filter_by(name=TURN).values(at=TURNS.c.at))
        before = bot.clock.now() - bot.clock.scaled(ARCHIVE_SECONDS)
        due = connection.execute(_due(connection, before).limit(most)).all()
        if due:
            _move_lines(connection, [job for job, _ in due])
            connection.execute(sa.update(TURNS).filter_by(name=TURN).values(at=due[-1].told_at))
    return len(due)


def _due(connection: sa.Connection, before: float) -> sa.Select[str, float]:
    """Return the query for the jobs from where the last one ended, which were announced before a moment."""
    done = connection.execute(sa.select(TURNS.c.at).filter_by(name=TURN)).scalar_one()
    has_lines = sa.exists().where(HISTORY.c.job == JOBS.c.id)
    jobs = sa.select(JOBS.c.id, JOBS.c.told_at).where(JOBS.c.told_at >= done, JOBS.c.told_at < before, has_lines)
    return jobs.order_by(JOBS.c.told_at)


def _move_lines(connection: sa.Connection, jobs: Sequence[str]) -> None:
    """Add the lines of these jobs to what is archived of them."""
    lines: dict[str, Lines] = defaultdict(list)
    archived = sa.select(OLD_HISTORIES.c.job, OLD_HISTORIES.c.lines).where(OLD_HISTORIES.c.job.in_(jobs))
    for job, text in connection.execute(archived):
        lines[job] += json.loads(text)
    live = sa.select(HISTORY.c.job, HISTORY.c.at, HISTORY.c.state, HISTORY.c.note).where(HISTORY.c.job.in_(jobs))
    for job, at, state, note in connection.execute(live.order_by(HISTORY.c.id)):
        lines[job].append((at, state, note))
    for table in (OLD_HISTORIES, HISTORY):
        connection.execute(sa.delete(table).where(table.c.job.in_(jobs)))
    rows = [{"job": job, "lines": json.dumps(of_job)} for job, of_job in lines.items()]
    connection.execute(OLD_HISTORIES.insert(), rows)
