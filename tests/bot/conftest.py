"""Databases for the bot's tests."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from bot import postgres as server
from bot.bots import use, used_before
from bot.postgres import name_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.postgres import Postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server."""
    programs = server.binaries()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (Debian's package `postgresql`)")
    with server.postgres(programs) as running:
        yield running


@pytest.fixture(scope="session")
def postgres_used_before(postgres: Postgres) -> str:
    """The name of a database on that server as a bot has left it, to be copied."""
    url = postgres.database()
    use(url)
    return name_of(url)


@pytest.fixture(params=["sqlite", "postgres"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, of each kind in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'mtor.sqlite'}"
    running: Postgres = request.getfixturevalue("postgres")
    return running.database()


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with tables and no jobs, of each kind in turn: to make the tables takes longer than most tests."""
    if request.param == "sqlite":
        return f"sqlite:///{shutil.copy(used_before(), tmp_path / 'mtor.sqlite')}"
    running: Postgres = request.getfixturevalue("postgres")
    return running.database(request.getfixturevalue("postgres_used_before"))
