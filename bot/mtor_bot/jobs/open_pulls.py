"""mtor's open pull requests, which hold further jobs back until people have looked at some."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from mtor_bot.bot import Bot
from mtor_bot.database.inserting import insert_new
from mtor_bot.database.schema import PULLS


def record(bot: Bot, repository_id: int, number: int, *, is_open: bool) -> None:
    """Note that a pull request of ours was opened or closed."""
    with bot.engine.begin() as connection:
        if is_open:
            insert_new(connection, PULLS, repository_id=repository_id, number=number)
        else:
            connection.execute(sa.delete(PULLS).filter_by(repository_id=repository_id, number=number))


def numbers(bot: Bot, repository_id: int) -> set[int]:
    """Return the numbers of the repository's open pull requests of ours, as far as they were noted."""
    with bot.engine.connect() as connection:
        return set(connection.execute(sa.select(PULLS.c.number).filter_by(repository_id=repository_id)).scalars())


def replace(bot: Bot, repository_id: int, numbers: Iterable[int]) -> None:
    """Replace the repository's open pull requests of ours by `numbers`."""
    with bot.engine.begin() as connection:
        connection.execute(sa.delete(PULLS).filter_by(repository_id=repository_id))
        for number in numbers:
            insert_new(connection, PULLS, repository_id=repository_id, number=number)
