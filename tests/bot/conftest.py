"""Databases for the bot's tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot import postgres as server

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


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, of each kind in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'mtor.sqlite'}"
    running: Postgres = request.getfixturevalue("postgres")
    return running.database()
