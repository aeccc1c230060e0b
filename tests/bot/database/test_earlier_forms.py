"""Databases as earlier releases made them, by the statements of those releases: migrated, they are like a new one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from mtor_bot.database.engine import open_engine
from mtor_bot.database.migration import CURRENT, migrate
from mtor_bot.database.schema import METADATA, VERSION

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import ReflectedIndex

    from bot.postgres import Postgres

HERE = Path(__file__).parent
# What the fifth form has and the fourth had not.
NEW_IN_FIVE = "DROP TABLE mtor_inbox"


def made_by(url: str, form: int) -> None:
    """The tables of that form, as its release made them."""
    engine = open_engine(url)
    statements = (HERE / f"form-5.{engine.dialect.name}.sql").read_text().split(";\n")
    statements += [NEW_IN_FIVE] * (form == 4)
    with engine.begin() as connection:
        for statement in filter(str.strip, statements):
            connection.exec_driver_sql(statement)
        connection.execute(VERSION.insert().values(version=form))
    engine.dispose()


def schema(url: str) -> dict[str, Any]:
    """Tables → what is in them; the order of columns depends on when they came."""
    engine = open_engine(url)
    inspector = sa.inspect(engine)
    tables = {
        table: {
            "columns": {
                column["name"]: (str(column["type"]), column["nullable"], column["default"])
                for column in inspector.get_columns(table)
            },
            "indexes": sorted(map(_plain, inspector.get_indexes(table))),
            "unique": sorted(map(repr, inspector.get_unique_constraints(table))),
            "key": inspector.get_pk_constraint(table),
            "foreign": sorted(map(repr, inspector.get_foreign_keys(table))),
        }
        for table in inspector.get_table_names()
    }
    with engine.connect() as connection:
        assert connection.execute(sa.select(VERSION.c.version)).scalars().all() == [CURRENT]
    engine.dispose()
    return tables


def _plain(index: ReflectedIndex) -> str:
    conditions = {name: str(value) for name, value in index.get("dialect_options", {}).items()}
    return repr({**index, "dialect_options": conditions})


@pytest.fixture(params=["sqlite", "postgresql"])
def urls(request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    """Two empty databases of a kind."""
    if request.param == "sqlite":
        return [f"sqlite:///{tmp_path / name}" for name in ("old", "new")]
    server: Postgres = request.getfixturevalue("postgres")
    return [server.database(), server.database()]


@pytest.mark.parametrize("form", [4, 5])
def test_a_migrated_database_has_the_tables_columns_and_indexes_of_a_new_one(urls: list[str], form: int) -> None:
    old, new = urls
    made_by(old, form)
    for url in (old, old, new):
        engine = open_engine(url)
        migrate(engine)
        engine.dispose()
    assert schema(old) == schema(new)
    assert schema(new).keys() == METADATA.tables.keys()
