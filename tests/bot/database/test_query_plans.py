"""The questions that are asked all the time find their rows by an index, so that a year of jobs does not slow them.

SQLite plans without statistics here, so that an empty database is planned as a full one is.
https://www.sqlite.org/eqp.html
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from bot.queued import a_queue, a_request
from mtor_bot.jobs import attempts, job_rows
from mtor_bot.jobs.admission import admit
from mtor_bot.jobs.archive import archive
from mtor_bot.jobs.job_record import UNFINISHED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mtor_bot.bot import Bot

LARGE = "mtor_jobs|mtor_attempts|mtor_history|mtor_old_histories|mtor_triggers"
# A scan of a whole table, or of a whole index; one in the order of rows ends at its limit.
SCAN = re.compile(rf"SCAN (?:{LARGE})\b(?! USING INTEGER)")

QUESTIONS: dict[str, Callable[[Bot], object]] = {
    "admission": admit,
    "jobs to look after": lambda bot: job_rows.unsettled(bot.engine),
    "held jobs": lambda bot: job_rows.held(bot.engine),
    "jobs of an issue": lambda bot: job_rows.unfinished(bot.engine, 1, 12),
    "last job of an issue": lambda bot: job_rows.latest(bot.engine, 1, 12),
    "job of a run": lambda bot: job_rows.by_run(bot.engine, 1, 5),
    "jobs of a pull request": lambda bot: job_rows.about(bot.engine, 1, {5, 12}),
    "jobs of an installation": lambda bot: job_rows.jobs(bot.engine, UNFINISHED, installation_id=8, most=None),
    "attempt of a run's name": lambda bot: attempts.find(bot.engine, "a", 1, 1),
    "asking for a job": lambda bot: job_rows.request(bot.engine, a_request(), 1.0),
    "history": lambda bot: job_rows.history(bot.engine, "a"),
    "archiving": archive,
}


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bot]:
    path: Path = tmp_path_factory.mktemp("plans") / "mtor.sqlite"
    with a_queue(f"sqlite:///{path}") as made:
        yield made


@contextmanager
def recorded(engine: sa.Engine) -> Iterator[list[tuple[str, Any]]]:
    """The statements that are run meanwhile, and their parameters."""
    statements: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        statements.append((statement, parameters))

    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


def plan(bot: Bot, statement: str, parameters: Any) -> list[str]:
    with bot.engine.connect() as connection:
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    return [str(row[3]) for row in rows]


@pytest.mark.parametrize("name", QUESTIONS)
def test_no_question_reads_a_whole_table(bot: Bot, name: str) -> None:
    with recorded(bot.engine) as statements:
        QUESTIONS[name](bot)
    assert statements
    for statement, parameters in statements:
        steps = plan(bot, statement, parameters)
        assert not [step for step in steps if SCAN.search(step)], f"{statement}\n{steps}"


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("jobs to look after", "mtor_jobs_silent (state=? AND told_at=?)"),
        ("jobs of a pull request", "mtor_jobs_pull_request (repository_id=? AND pull_request=?)"),
        ("admission", "mtor_jobs_admitted (admitted_at>?)"),
        ("archiving", "mtor_jobs_told (told_at>? AND told_at<?)"),
    ],
)
def test_the_few_are_found_by_an_index_of_the_few(bot: Bot, name: str, index: str) -> None:
    """By state alone, "finished" is nearly all of them; by repository alone, a busy one's year."""
    with recorded(bot.engine) as statements:
        QUESTIONS[name](bot)
    assert index in "\n".join(step for statement, parameters in statements for step in plan(bot, statement, parameters))
