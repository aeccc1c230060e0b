"""When the passes are due that look for what was missed, and that one replica at a time makes them."""

from __future__ import annotations

import sqlalchemy as sa

from mtor_bot.bot import Bot
from mtor_bot.database.inserting import insert_new
from mtor_bot.database.schema import TURNS

PASS_SECONDS = 300.0
RECONCILE = "reconcile"


def take_turn(bot: Bot, name: str, seconds: float) -> float | None:
    """Return when the last pass of that name began; None unless `seconds` have passed since and this replica won it."""
    now = bot.clock.now()
    with bot.engine.begin() as connection:
        insert_new(connection, TURNS, name=name, at=0.0)
        previous = sa.select(TURNS.c.at).filter_by(name=name).scalar_subquery()
        due = sa.and_(TURNS.c.name == name, TURNS.c.at <= now - bot.clock.scaled(seconds))
        before = connection.execute(sa.select(previous)).scalar_one()
        is_ours = connection.execute(sa.update(TURNS).where(due).values(at=now)).rowcount == 1
    return float(before) if is_ours else None


def look_soon(bot: Bot) -> None:
    """Let the next pass be due now, instead of up to PASS_SECONDS from now."""
    due = bot.clock.now() - bot.clock.scaled(PASS_SECONDS)
    with bot.engine.begin() as connection:
        early = sa.and_(TURNS.c.name == RECONCILE, TURNS.c.at > due)
        connection.execute(sa.update(TURNS).where(early).values(at=due))
