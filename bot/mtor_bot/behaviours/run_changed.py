"""A workflow run went on: its job is woken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_bot.jobs.signals import RunEvent, signal_run

if TYPE_CHECKING:
    from mtor_bot.context import Bot
    from mtor_bot.deliveries.event import RunChanged


def run_changed(bot: Bot, event: RunChanged) -> None:
    """Pass it on. Raises GitHubError."""
    fields = {name: value for name, value in event._asdict().items() if name in RunEvent._fields}
    signal_run(bot, RunEvent(repository_id=event.place.repository_id, **fields))
