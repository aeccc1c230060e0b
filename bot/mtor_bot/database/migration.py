"""Bringing the tables to this release's form: numbered steps, one transaction, one process at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from mtor_action.errors import MtorError
from mtor_bot.database.schema import COMMANDS, JOBS, METADATA, TURNS, VERSION

if TYPE_CHECKING:
    from collections.abc import Callable

CURRENT = 2
TURN_NAMES = ("admission", "reconcile")
_LOCK = 0x6D746F72  # "mtor": Postgres names advisory locks by number


def migrate(engine: sa.Engine) -> None:
    """Make or change the tables. Raises MtorError if a later release has changed them already."""
    with engine.begin() as connection:
        # Whoever comes second finds the work done.
        if engine.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        else:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        found = _version(connection)
        if found > CURRENT:
            raise MtorError(
                f"the database has form {found}, this release knows {CURRENT}", "start the later release again"
            )
        if found == 0:
            METADATA.create_all(connection)
            connection.execute(VERSION.insert().values(version=CURRENT))
            connection.execute(TURNS.insert(), [{"name": name, "at": 0.0} for name in TURN_NAMES])
            return
        for step in _STEPS[found - 1 :]:
            step(connection)
        if found < CURRENT:
            connection.execute(sa.update(VERSION).values(version=CURRENT))


def _authors_and_commands(connection: sa.Connection) -> None:
    connection.exec_driver_sql(f"ALTER TABLE {JOBS.name} ADD COLUMN authors TEXT NOT NULL DEFAULT '[]'")
    COMMANDS.create(connection)


# From each form to the next, beginning with the first.
_STEPS: tuple[Callable[[sa.Connection], None], ...] = (_authors_and_commands,)


def _version(connection: sa.Connection) -> int:
    if not sa.inspect(connection).has_table(VERSION.name):
        return 0
    return int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(VERSION.c.version), 0))).scalar_one())
