"""The queue without GitHub and without the library's threads: its tables, and what is written there."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dbos import DBOS

from mtor_action.github.texts.pins import pin_issue
from mtor_bot.clock import ScaledClock
from mtor_bot.durable.launch import assemble, opened
from mtor_bot.jobs.job_record import JobRequest, Trigger
from mtor_bot.queue.lease import take
from mtor_bot.server_settings import BotSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mtor_bot.bot import Bot


@contextmanager
def a_queue(url: str, **changes: Any) -> Iterator[Bot]:
    """A bot of which nothing runs; GitHub is nowhere."""
    given = {"database_url": url, "app_id": "1", "app_private_key": "none", "api_url": "http://127.0.0.1:9"}
    settings = BotSettings.model_validate({**given, "time_scale": 1.0, **changes})
    with opened(settings) as engine:
        DBOS.migrate(engine.url.render_as_string(hide_password=False))
        yield assemble(settings, engine, take(engine, ScaledClock(), alone=False))


def a_request(**changes: Any) -> JobRequest:
    """A request for issue 12 of repository 1 by the label event 1; a number of its own makes it another."""
    number = changes.get("number", 12)
    asked = JobRequest(
        installation_id=8,
        repository_id=1,
        repository="acme/widget",
        number=number,
        is_pull_request=False,
        title="Title",
        digest="a" * 64,
        pins=(pin_issue(number, "Title", "body"),),
        requester="alice",
        trigger=Trigger("label", number),
        target_branch=f"mtor/{number}-title",
        base_ref="main",
    )
    return replace(asked, **changes)
