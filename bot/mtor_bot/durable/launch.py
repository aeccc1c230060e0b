"""Starting and ending the bot without its server: database, lease, queue, background tasks."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import sqlalchemy as sa

from mtor_action.errors import MtorError
from mtor_action.neutral import one_line
from mtor_bot.bot import Bot, use_bot
from mtor_bot.clock import ScaledClock
from mtor_bot.database.engine import open_engine
from mtor_bot.database.migration import migrate
from mtor_bot.durable.executor_watch import every, watching
from mtor_bot.durable.inbox_to_queue import moving
from mtor_bot.github_app.clients import Clients
from mtor_bot.queue.durable_queue import APPLICATION, DELIVERIES_QUEUE, JOB_WORKFLOW, JOBS_QUEUE, connect
from mtor_bot.queue.file_lock import alone_on
from mtor_bot.queue.inbox import DeliveryInbox
from mtor_bot.queue.lease import Lease, take
from mtor_bot.server_settings import BotSettings, DatabaseSettings

# DBOS resumes only durable workflows of its own version. Ours is constant: they hold no state but a job's id or an
# event, so that every release can resume those of every other.
APPLICATION_VERSION = "1"
DELIVERIES_AT_A_TIME = 8
# Jobs that were cancelled while they waited have only to say so, also when all others are at work.
ENDINGS_AT_A_TIME = 4
QUEUE_POLL_SECONDS = 1.0
# A look takes 3 ms of processor time and there are two queues: a bot whose hours last seconds is not to do that alone.
LEAST_POLL_SECONDS = 0.25
# A queue starts no more at each look than it may have at a time. A burst of webhooks is worked on at that pace, which
# leaves the database to those that are still to be stored.
DELIVERIES_POLL_SECONDS = 0.25
# The library's default, after which a durable workflow that ends its process each time is left alone.
MOST_RECOVERIES = 100


@contextmanager
def opened(settings: DatabaseSettings) -> Iterator[sa.Engine]:
    """Open the database alone, for commands that run beside a serving bot."""
    engine = open_engine(settings.database_url)
    try:
        _make_ready(engine)
        yield engine
    finally:
        engine.dispose()


def _make_ready(engine: sa.Engine) -> None:
    from sqlalchemy.exc import OperationalError

    try:
        migrate(engine)
    except OperationalError as error:
        hint = "check MTOR_BOT_DATABASE_URL: that the folder or server is there and may be written to"
        raise MtorError(f"the database cannot be used: {one_line(str(error.orig))}", hint) from error


@contextmanager
def running(settings: BotSettings, durable_workflows: Mapping[str, Callable[..., None]] | None = None) -> Iterator[Bot]:
    """Run a bot; `durable_workflows` (by name) are those beside the job's. Raises MtorError if it cannot start.

    At the end steps under way are waited for; those that wait keep their threads, so that the process has to be
    ended by `os._exit`.
    """
    clock = ScaledClock(settings.time_scale)
    with alone_on(settings.database_url) as alone, opened(settings) as engine:
        bot = assemble(settings, engine, take(engine, clock, alone=alone))
        use_bot(bot)
        try:
            with _queues(bot, durable_workflows or {}) as recover, moving(bot), watching(bot, recover):
                try:
                    with _reconciling(bot):
                        yield bot
                finally:
                    # While it still beats, so that no replica takes up the work under way.
                    bot.lease.close()
        finally:
            bot.lease.close(0.0)
            use_bot(None)


def assemble(settings: BotSettings, engine: sa.Engine, lease: Lease) -> Bot:
    """Return the parts of a bot as one value; nothing is started."""
    clock = ScaledClock(settings.time_scale)
    key = settings.app_private_key.get_secret_value()
    clients = Clients(settings.app_id, key, settings.api_url, clock, engine)
    return Bot(settings, engine, clients, clock, lease, DeliveryInbox(engine), connect(engine))


@contextmanager
def _queues(bot: Bot, durable_workflows: Mapping[str, Callable[..., None]]) -> Iterator[Callable[[list[str]], object]]:
    """Run the queue library; yield its function that puts dead executors' work on its queues again."""
    from dbos import DBOS

    from mtor_bot.durable.job_workflow import move_on

    for name, function in {JOB_WORKFLOW: move_on, **durable_workflows}.items():
        DBOS.workflow(name=name, max_recovery_attempts=MOST_RECOVERIES)(function)
    poll_seconds = max(bot.clock.scaled(QUEUE_POLL_SECONDS), LEAST_POLL_SECONDS)
    logging.getLogger("dbos").setLevel(logging.WARNING)
    DBOS(
        config={
            "name": APPLICATION,
            "application_version": APPLICATION_VERSION,
            "executor_id": bot.lease.id,
            "system_database_engine": bot.engine,
            "notification_listener_polling_interval_sec": poll_seconds,
            "log_level": "WARNING",
        }
    )
    DBOS.launch()
    try:
        queues = (
            (JOBS_QUEUE, bot.settings.max_jobs + ENDINGS_AT_A_TIME, poll_seconds),
            (DELIVERIES_QUEUE, DELIVERIES_AT_A_TIME, min(poll_seconds, DELIVERIES_POLL_SECONDS)),
        )
        for queue, at_a_time, pause in queues:
            DBOS.register_queue(
                queue, worker_concurrency=at_a_time, polling_interval_sec=pause, on_conflict="always_update"
            )
        # The library offers recovery of others' work only under this name.
        yield DBOS._recover_pending_workflows  # noqa: SLF001
    finally:
        DBOS.destroy()


@contextmanager
def _reconciling(bot: Bot) -> Iterator[None]:
    from mtor_bot.durable.reconcile import LOOK_SECONDS, reconcile

    with every(bot.clock.scaled(LOOK_SECONDS), "reconcile", lambda: reconcile(bot)):
        yield
