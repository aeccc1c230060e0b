"""When the next pass that repairs what was missed is due."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from mtor_bot.database.schema import TURNS

if TYPE_CHECKING:
    from mtor_bot.bot import Bot

PASS_SECONDS = 300.0
RECONCILE = "reconcile"


def look_soon(bot: Bot) -> None:
    """Let the next pass be due now, instead of up to PASS_SECONDS from now."""
    due = bot.clock.now() - bot.clock.scaled(PASS_SECONDS)
    with bot.engine.begin() as connection:
        early = sa.and_(TURNS.c.name == RECONCILE, TURNS.c.at > due)
        connection.execute(sa.update(TURNS).where(early).values(at=due))
