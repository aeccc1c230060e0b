"""The inbox: deliveries that were acknowledged and are not on the durable queue yet.

Taking a delivery in is one narrow row, and all that arrive while a transaction is synced share the next one. Putting it
on the durable queue is many times the work; it comes after, and gives way to what is still to be stored.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

import sqlalchemy as sa

from mtor_action.untyped import JsonObject
from mtor_bot.database.inserting import insert_all_new
from mtor_bot.database.one_writer import going_first
from mtor_bot.database.schema import INBOX

BURST_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class KeptDelivery:
    """A delivery in the inbox: the id of its durable workflow, and the event's stored form."""

    durable_workflow_id: str
    plain: JsonObject


@dataclass(slots=True)
class DeliveryInbox:
    """The table of the inbox, and when this process last wrote to it."""

    engine: sa.Engine
    arrived: threading.Event = field(default_factory=threading.Event)
    _burst_at: float = float("-inf")

    def keep(self, deliveries: Iterable[KeptDelivery]) -> None:
        """Store all deliveries, or none; an id that is in the inbox is left. Returns once they are on disk."""
        rows = [{"id": kept.durable_workflow_id, "event": json.dumps(kept.plain)} for kept in deliveries]
        # In one order, so that replicas that store the same do not wait for each other.
        rows.sort(key=lambda row: row["id"])
        with going_first(), self.engine.begin() as connection:
            insert_all_new(connection, INBOX, rows)
        if len(rows) > 1:
            self._burst_at = time.monotonic()
        self.arrived.set()

    def is_in_burst(self) -> bool:
        """Return whether several deliveries arrived just now while one transaction was synced: others will follow."""
        return time.monotonic() - self._burst_at < BURST_SECONDS

    def waiting(self) -> list[KeptDelivery]:
        """Return the deliveries in the inbox, in the order in which they came."""
        with self.engine.connect() as connection:
            rows = connection.execute(sa.select(INBOX.c.id, INBOX.c.event).order_by(INBOX.c.position))
            return [KeptDelivery(row.id, json.loads(row.event)) for row in rows]

    def take_out(self, connection: sa.Connection, most: int) -> list[KeptDelivery]:
        """Remove the `most` oldest deliveries with this transaction and return them, by id.

        Those that another replica is taking out are left to it.
        """
        oldest = sa.select(INBOX.c.position).order_by(INBOX.c.position).limit(most)
        if connection.dialect.name == "postgresql":
            oldest = oldest.with_for_update(skip_locked=True)
        taken = sa.delete(INBOX).where(INBOX.c.position.in_(oldest)).returning(INBOX.c.id, INBOX.c.event)
        rows = connection.execute(taken).all()
        return sorted((KeptDelivery(row.id, json.loads(row.event)) for row in rows), key=_id)


def _id(kept: KeptDelivery) -> str:
    return kept.durable_workflow_id
