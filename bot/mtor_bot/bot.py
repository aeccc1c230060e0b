"""The parts of a running bot. It is handed over, except to durable workflows, which a later process may resume."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from mtor_bot.clock import ScaledClock
from mtor_bot.github_app.clients import Clients
from mtor_bot.queue.durable_queue import DurableQueue
from mtor_bot.queue.inbox import DeliveryInbox
from mtor_bot.queue.lease import Lease
from mtor_bot.server_settings import BotSettings


@dataclass(frozen=True, slots=True)
class Bot:
    """Settings, the database, GitHub, the time, this process's right to act, the inbox and the queue."""

    settings: BotSettings
    engine: sa.Engine
    clients: Clients
    clock: ScaledClock
    lease: Lease
    inbox: DeliveryInbox
    queue: DurableQueue


_running: list[Bot] = []


def use_bot(bot: Bot | None) -> None:
    """Set the bot that durable workflows of this process work with; None at the end."""
    _running[:] = [] if bot is None else [bot]


def running_bot() -> Bot:
    """Return the bot of this process, for durable workflows only."""
    return _running[0]
