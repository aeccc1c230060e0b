"""What the bot is made of. It is handed over explicitly, except to workflows, which a later process may resume."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlalchemy as sa

    from mtor_bot.clock import Clock
    from mtor_bot.executors.lease import Lease
    from mtor_bot.github_app.clients import Clients
    from mtor_bot.jobs.workflows import Workflows
    from mtor_bot.settings import Settings


@dataclass(frozen=True, slots=True)
class Bot:
    """Settings, the database, GitHub, the time, this process's right to act, and durable work."""

    settings: Settings
    engine: sa.Engine
    clients: Clients
    clock: Clock
    lease: Lease
    workflows: Workflows


_running: list[Bot] = []


def use(bot: Bot | None) -> None:
    """Set what workflows of this process work with; None at the end."""
    _running[:] = [] if bot is None else [bot]


def bot() -> Bot:
    """The bot of this process, for workflows only."""
    return _running[0]
