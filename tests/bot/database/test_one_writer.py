"""SQLite's write lock, in this process: in order, given back whatever happens, and no sleeps in between."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

import pytest

from mtor_bot.database.one_writer import QueuedConnection, WriteTurns, going_first

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

INSERT = "insert into t (who) values (?)"
PATIENCE_SECONDS = 30.0


def connect(path: Path, turns: WriteTurns) -> QueuedConnection:
    """A connection that asks SQLite's own lock once, without any sleep."""
    connection = sqlite3.connect(path, timeout=0.0, factory=QueuedConnection, check_same_thread=False)
    connection.isolation_level = "IMMEDIATE"
    connection.turns = turns
    return connection


@pytest.fixture
def opened(tmp_path: Path) -> Callable[[], QueuedConnection]:
    path, turns = tmp_path / "a.sqlite", WriteTurns(PATIENCE_SECONDS)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("pragma journal_mode=wal; create table t (id integer primary key, who text unique)")
    return partial(connect, path, turns)


def waiting(connection: QueuedConnection) -> int:
    assert connection.turns is not None
    return len(connection.turns._waiting)


def rows(connection: QueuedConnection) -> list[str]:
    return [who for (who,) in connection.execute("select who from t order by rowid")]


def test_nobody_meets_sqlites_own_lock(opened: Callable[[], QueuedConnection]) -> None:
    def write(name: int) -> None:
        with closing(opened()) as connection:
            for number in range(50):
                connection.execute(INSERT, (f"{name}-{number}",))
                connection.executemany(INSERT, [(f"{name}-{number}-{part}",) for part in range(2)])
                connection.commit()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    with closing(opened()) as connection:
        assert len(rows(connection)) == 8 * 50 * 3


def test_who_answers_somebody_outside_overtakes_those_that_wait(opened: Callable[[], QueuedConnection]) -> None:
    first = opened()
    first.execute(INSERT, ("first",))

    def write(who: str) -> None:
        with closing(opened()) as connection:
            connection.execute(INSERT, (who,))
            connection.commit()

    def write_first() -> None:
        with going_first():
            write("hasty")

    threads: list[threading.Thread] = []
    acts: list[Callable[[], None]] = [partial(write, "second"), partial(write, "third"), write_first]
    for number, act in enumerate(acts, start=1):
        threads.append(threading.Thread(target=act))
        threads[-1].start()
        while waiting(first) < number:
            pass
    first.commit()
    for thread in threads:
        thread.join()
    assert rows(first) == ["first", "hasty", "second", "third"]
    first.close()


def test_the_turn_is_given_back_by_whatever_ends_a_transaction(opened: Callable[[], QueuedConnection]) -> None:
    def commits(connection: QueuedConnection) -> None:
        connection.commit()

    def rolls_back(connection: QueuedConnection) -> None:
        connection.rollback()

    def closes(connection: QueuedConnection) -> None:
        connection.close()

    def fails(connection: QueuedConnection) -> None:
        with pytest.raises(sqlite3.OperationalError, match="no such table"):
            connection.execute("insert into nowhere values (1)")
        connection.rollback()

    for end in (commits, rolls_back, closes, fails):
        with closing(opened()) as one, closing(opened()) as other:
            one.execute("insert into t (who) values (null)")
            end(one)
            other.execute("begin immediate")
            other.rollback()


def test_a_first_statement_that_fails_keeps_nobody_waiting(opened: Callable[[], QueuedConnection]) -> None:
    with closing(opened()) as one, closing(opened()) as other:
        with pytest.raises(sqlite3.OperationalError, match="no such table"):
            one.execute("insert into nowhere values (1)")
        one.rollback()
        other.execute(INSERT, ("a",))
        other.commit()


def test_a_turn_that_never_comes_is_the_error_that_sqlite_gives(tmp_path: Path) -> None:
    turns = WriteTurns(0.0)
    with closing(connect(tmp_path / "a.sqlite", turns)) as one, closing(connect(tmp_path / "a.sqlite", turns)) as other:
        one.execute("create table t (who text)")
        one.execute(INSERT, ("a",))
        with pytest.raises(sqlite3.OperationalError, match="database is locked"):
            other.execute(INSERT, ("b",))
        one.commit()
        other.execute(INSERT, ("b",))
        other.commit()
        assert rows(other) == ["a", "b"]


def test_a_reader_waits_for_nobody(opened: Callable[[], QueuedConnection]) -> None:
    with closing(opened()) as writer, closing(opened()) as reader:
        writer.execute(INSERT, ("a",))
        assert rows(reader) == []
        writer.commit()
        assert rows(reader) == ["a"]
