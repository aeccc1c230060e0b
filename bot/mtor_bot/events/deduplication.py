"""Let each comment act once: neither the signature nor GitHub's id of a delivery shows that a body is sent again.

X-GitHub-Delivery is not signed, so whoever saw a signed body can send it under another id. The comment's own id is part
of the body. The first delivery that brings it acts on it, through crashes and restarts. The same comment under another
delivery id is ignored, and so is a delivery that is processed once more after it was done.
https://docs.github.com/webhooks/using-webhooks/best-practices-for-using-webhooks#use-the-x-github-delivery-header
"""

from __future__ import annotations

import sqlalchemy as sa

from mtor_bot.bot import Bot
from mtor_bot.database.inserting import insert_new
from mtor_bot.database.schema import COMMANDS
from mtor_bot.events.event import Event, RepositoryEvent

# An older comment has no effect at all, so that its record may be deleted.
OLDEST_SECONDS = 24 * 3600.0
FORGET_SECONDS = 3 * OLDEST_SECONDS


def claim(connection: sa.Connection, event: Event, delivery: str, now: float) -> bool:
    """Return whether this delivery may act on the event; for a comment or a review, only the first may."""
    key = _key(event)
    if key is None or insert_new(connection, COMMANDS, **key, delivery=delivery, heard_at=now):
        return True
    return connection.execute(sa.select(COMMANDS.c.delivery).filter_by(**key)).scalar_one() in ("", delivery)


def is_heard(bot: Bot, event: Event) -> bool:
    """Return whether some delivery brought the comment or review before."""
    key = _key(event)
    if key is None:
        return False
    with bot.engine.connect() as connection:
        return connection.execute(sa.select(COMMANDS.c.source).filter_by(**key)).scalar() is not None


def is_done(bot: Bot, event: Event) -> bool:
    """Return whether the comment or review has had its effect."""
    key = _key(event)
    if key is None:
        return False
    with bot.engine.connect() as connection:
        return connection.execute(sa.select(COMMANDS.c.done_at).filter_by(**key)).scalar() is not None


def mark_done(bot: Bot, event: Event) -> None:
    """Note that the comment or review has had its effect; it gets no other."""
    key, now = _key(event), bot.clock.now()
    if key is None:
        return
    with bot.engine.begin() as connection:
        insert_new(connection, COMMANDS, **key, heard_at=now)
        connection.execute(sa.update(COMMANDS).filter_by(**key).values(done_at=now))


def forget(bot: Bot) -> int:
    """Delete the records that are too old to matter; return how many."""
    before = bot.clock.now() - FORGET_SECONDS
    with bot.engine.begin() as connection:
        return connection.execute(sa.delete(COMMANDS).where(COMMANDS.c.heard_at < before)).rowcount


def is_too_old(bot: Bot, at: float) -> bool:
    """Return whether a text written at `at` (seconds since the epoch, 0: unknown) is too old to have an effect."""
    return bool(at) and bot.clock.since(at) > OLDEST_SECONDS


def _key(event: Event) -> dict[str, int | str] | None:
    source = event.source()
    if not source or not isinstance(event, RepositoryEvent):
        return None
    return {"repository_id": event.place.repository_id, "source": source}
