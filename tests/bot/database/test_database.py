from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from bot.queued import a_request
from mtor_action.errors import MtorError
from mtor_bot.database.engine import open_engine
from mtor_bot.database.migration import CURRENT, migrate
from mtor_bot.database.schema import ATTEMPTS, COMMANDS, JOBS, LIMITS, METADATA, SPEECH, TURNS, VERSION
from mtor_bot.durable.executor_watch import LEASE_SECONDS
from mtor_bot.jobs import job_rows
from mtor_bot.queue.inbox import DeliveryInbox, KeptDelivery

if TYPE_CHECKING:
    from pathlib import Path

    from bot.postgres import Postgres


def test_many_processes_may_make_the_tables_at_once(empty_database_url: str) -> None:
    engines = [open_engine(empty_database_url) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(migrate, engines))
    with engines[0].connect() as connection:
        assert connection.execute(sa.select(VERSION.c.version)).scalars().all() == [CURRENT]
        assert len(connection.execute(sa.select(TURNS)).all()) == 2
        assert METADATA.tables.keys() <= set(sa.inspect(connection).get_table_names())
    for engine in engines:
        engine.dispose()


def test_locks_of_a_paused_replica_end_with_its_lease(postgres: Postgres) -> None:
    engine = open_engine(postgres.database())
    with engine.connect() as connection:
        shown = connection.execute(sa.text("SHOW idle_in_transaction_session_timeout")).scalar_one()
    assert shown == f"{LEASE_SECONDS:.0f}s"
    engine.dispose()


def test_a_database_of_a_later_release_is_left_alone(empty_database_url: str) -> None:
    engine = open_engine(empty_database_url)
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(sa.update(VERSION).values(version=CURRENT + 1))
    with pytest.raises(MtorError, match=f"has form {CURRENT + 1}, this release knows {CURRENT}") as refused:
        migrate(engine)
    assert refused.value.hint
    engine.dispose()


def test_the_tables_of_the_last_release_get_what_is_new_and_keep_what_is_in_them(empty_database_url: str) -> None:
    engine = open_engine(empty_database_url)
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(sa.insert(SPEECH).values(repository_id=1, number=2, text="a plan"))
        connection.exec_driver_sql("ALTER TABLE mtor_attempts DROP COLUMN dispatches")
        connection.exec_driver_sql("ALTER TABLE mtor_speech DROP COLUMN comment_id")
        connection.exec_driver_sql("DROP TABLE mtor_limits")
        connection.execute(sa.update(VERSION).values(version=1))
    migrate(engine)
    with engine.connect() as connection:
        assert connection.execute(sa.select(VERSION.c.version)).scalars().all() == [CURRENT]
        assert connection.execute(sa.select(SPEECH.c.text, SPEECH.c.comment_id)).one() == ("a plan", 0)
        assert connection.execute(sa.select(sa.func.count()).select_from(ATTEMPTS)).scalar_one() == 0
        assert connection.execute(sa.select(sa.func.count()).select_from(LIMITS)).scalar_one() == 0
    engine.dispose()


def test_a_database_of_the_first_form_gets_what_it_lacks_and_keeps_its_rows(empty_database_url: str) -> None:
    engine = open_engine(empty_database_url)
    migrate(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE mtor_jobs DROP COLUMN authors")
        connection.exec_driver_sql("DROP TABLE mtor_commands")
        connection.execute(sa.update(VERSION).values(version=1))
        connection.execute(TURNS.insert().values(name="kept", at=1.0))
    for _ in range(2):
        migrate(engine)
    with engine.connect() as connection:
        assert connection.execute(sa.select(VERSION.c.version)).scalars().all() == [CURRENT]
        assert connection.execute(sa.select(JOBS.c.authors)).all() == []
        assert connection.execute(sa.select(COMMANDS)).all() == []
        assert connection.execute(sa.select(TURNS.c.at).filter_by(name="kept")).scalar_one() == 1.0
    engine.dispose()


def test_jobs_of_the_third_form_come_after_nothing_and_are_not_held(empty_database_url: str) -> None:
    engine = open_engine(empty_database_url)
    migrate(engine)
    job = job_rows.request(engine, a_request(), 1.0).job
    with engine.begin() as connection:
        for column in ("after", "held"):
            connection.exec_driver_sql(f"ALTER TABLE mtor_jobs DROP COLUMN {column}")
        connection.execute(sa.update(VERSION).values(version=3))
    migrate(engine)
    again = job_rows.job_by_id(engine, job.id)
    assert (again.after, again.held) == ((), False)
    assert job_rows.held(engine) == []
    engine.dispose()


def test_a_database_of_the_fourth_form_gets_an_inbox(empty_database_url: str) -> None:
    engine = open_engine(empty_database_url)
    migrate(engine)
    job = job_rows.request(engine, a_request(), 1.0).job
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE mtor_inbox")
        connection.execute(sa.update(VERSION).values(version=4))
    migrate(engine)
    DeliveryInbox(engine).keep([KeptDelivery("delivery-a", {"kind": "a"})])
    assert DeliveryInbox(engine).waiting() == [KeptDelivery("delivery-a", {"kind": "a"})]
    assert job_rows.job_by_id(engine, job.id) == job
    engine.dispose()


def test_a_database_of_the_fifth_form_gets_the_indexes_of_few_and_keeps_its_history(empty_database_url: str) -> None:
    engine = open_engine(empty_database_url)
    migrate(engine)
    job = job_rows.request(engine, a_request(), 1.0).job
    before = job_rows.history(engine, job.id)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE mtor_old_histories")
        for index in ("mtor_jobs_silent", "mtor_jobs_pull_request"):
            connection.exec_driver_sql(f"DROP INDEX {index}")
        connection.execute(sa.update(VERSION).values(version=5))
    for _ in range(2):
        migrate(engine)
    indexes = {index["name"] for index in sa.inspect(engine).get_indexes("mtor_jobs")}
    assert {index.name for index in JOBS.indexes} <= indexes
    assert job_rows.history(engine, job.id) == before
    engine.dispose()


def test_what_is_committed_to_sqlite_is_synced_and_readers_do_not_wait(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'mtor.sqlite'}")
    with engine.connect() as connection:
        pragmas = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in ("journal_mode", "synchronous")
        ]
    assert pragmas == ["wal", 2]
    engine.dispose()


@pytest.mark.timeout(15)
def test_a_database_that_may_not_be_written_to_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "mtor.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE x (y)")
    engine = open_engine(f"sqlite:///file:{path}?mode=ro&uri=true")
    with pytest.raises(sa.exc.OperationalError, match="readonly"):
        engine.connect()
    engine.dispose()


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://host/db"])
def test_other_databases_are_refused_with_the_forms_that_work(url: str) -> None:
    with pytest.raises(MtorError) as refused:
        open_engine(url)
    assert "sqlite:///" in refused.value.hint
