"""Opening the database: SQLite with a write-ahead log, or Postgres.

A transaction that reads before it writes begins with a statement that writes: SQLite then holds its one write lock from
the start, and Postgres the lock of that row.
"""

from __future__ import annotations

import sqlite3
import time

import sqlalchemy as sa

from mtor_action.errors import MtorError
from mtor_bot.database.one_writer import QueuedConnection, WriteTurns

POOL_SIZE = 20
BUSY_SECONDS = 30
# A replica that is stopped within a transaction must not hold its locks for ever.
IDLE_IN_TRANSACTION_SECONDS = 30


def open_engine(url: str) -> sa.Engine:
    """Return an engine for `url` ("sqlite:///FILE" or "postgresql://…"), not connected yet. Raises MtorError."""
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        raise MtorError(
            "the database's URL cannot be read", "write sqlite:////data/mtor.sqlite or postgresql://…"
        ) from error
    options: dict[str, object] = {
        "pool_size": POOL_SIZE,
        "max_overflow": POOL_SIZE,
        "pool_pre_ping": True,
        "hide_parameters": True,
    }
    if parsed.get_backend_name() == "sqlite":
        return _open_sqlite(parsed, options)
    if parsed.get_backend_name() != "postgresql":
        raise MtorError(
            f"a {parsed.get_backend_name()} database cannot be used",
            "use sqlite:////data/mtor.sqlite or postgresql://…",
        )
    idle = f"-c idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION_SECONDS}s"
    return sa.create_engine(parsed.set(drivername="postgresql+psycopg"), connect_args={"options": idle}, **options)


def _open_sqlite(url: sa.URL, options: dict[str, object]) -> sa.Engine:
    turns = WriteTurns(BUSY_SECONDS)

    def queue(connection: QueuedConnection, _record: object) -> None:
        connection.turns = turns

    settings = {"timeout": BUSY_SECONDS, "factory": QueuedConnection}
    engine = sa.create_engine(url, connect_args=settings, **options)
    for set_up in (_set_up_sqlite, queue):
        sa.event.listen(engine, "connect", set_up)
    return engine


def _set_up_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    """Set pragmas: https://www.sqlite.org/wal.html. Commits are synced: an acknowledged webhook comes once."""
    connection.isolation_level = "IMMEDIATE"
    _write_ahead(connection)
    for pragma in ("synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Turn the write-ahead log on; the loser of a race on a new file gets "locked" at once, and tries again."""
    import sqlite3

    give_up = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            is_busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY  # the rest of an extended code says why
            if not is_busy or time.monotonic() > give_up:
                raise
            time.sleep(0.01)
        else:
            return
