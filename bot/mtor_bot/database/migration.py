"""Bringing the tables to this release's form: numbered steps, one transaction, one process at a time."""

from __future__ import annotations

import sqlalchemy as sa

from mtor_action.errors import MtorError
from mtor_bot.database.schema import METADATA, TURNS, VERSION

CURRENT = 7
TURN_NAMES = ("admission", "reconcile")
_LOCK = 0x6D746F72  # "mtor": Postgres names advisory locks by number


def migrate(engine: sa.Engine) -> None:
    """Create or change the tables. Raises MtorError if a later release has changed them already."""
    with engine.begin() as connection:
        # A second process waits here, and then finds the work done.
        if engine.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        else:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        version = _version(connection)
        if version > CURRENT:
            raise MtorError(
                f"the database has form {version}, this release knows {CURRENT}", "start the later release again"
            )
        if version == 0:
            METADATA.create_all(connection)
            connection.execute(VERSION.insert().values(version=CURRENT))
            connection.execute(TURNS.insert(), [{"name": name, "at": 0.0} for name in TURN_NAMES])
        elif version < CURRENT:
            _add_what_is_missing(connection)
            connection.execute(sa.update(VERSION).values(version=CURRENT))


def _add_what_is_missing(connection: sa.Connection) -> None:
    """Add new tables, indexes, and columns with a default: replicas of the last release keep working beside them."""
    METADATA.create_all(connection)
    inspector = sa.inspect(connection)
    for table in METADATA.sorted_tables:
        columns = {column["name"] for column in inspector.get_columns(table.name)}
        for column in (column for column in table.columns if column.name not in columns):
            # The column's definition, as CREATE TABLE would write it.
            compiler = connection.dialect.ddl_compiler(connection.dialect, sa.schema.CreateTable(table))
            form = compiler.get_column_specification(column)
            connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {form}")
        indexes = {index["name"] for index in inspector.get_indexes(table.name)}
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            if index.name not in indexes:
                index.create(connection)


def _version(connection: sa.Connection) -> int:
    if not sa.inspect(connection).has_table(VERSION.name):
        return 0
    return int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(VERSION.c.version), 0))).scalar_one())
