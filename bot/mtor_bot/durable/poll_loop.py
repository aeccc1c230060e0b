"""Running the bot without a server until a signal ends it: GitHub is asked every minute."""

from __future__ import annotations

import logging
import os
import signal
import threading
from typing import NoReturn

from mtor_action.github.failures import GitHubError
from mtor_bot import logs
from mtor_bot.bot import Bot
from mtor_bot.durable.delivery_workflow import process_delivery
from mtor_bot.durable.executor_watch import every
from mtor_bot.durable.launch import running
from mtor_bot.durable.polling import poll
from mtor_bot.queue.durable_queue import DELIVERY_WORKFLOW
from mtor_bot.server_settings import PollingSettings

LEAST_WAIT_SECONDS = 0.02
logger = logging.getLogger(__name__)


def keep_polling(settings: PollingSettings) -> NoReturn:
    """Poll until SIGTERM or SIGINT, finish what is under way, end the process. Raises MtorError if it cannot start."""
    logs.set_up(settings.app_private_key.get_secret_value())
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda _signum, _frame: stop.set())
    with running(settings, {DELIVERY_WORKFLOW: process_delivery}) as bot:
        # The queue's library has a log of its own form.
        logs.take_over()
        logger.info("polling", extra={"seconds": settings.poll_seconds, "executor": bot.lease.id})
        logger.info("runs get no token from here: publish uses GITHUB_TOKEN, or MTOR_APP_ID and its key; said once")
        pause_seconds = max(bot.clock.scaled(settings.poll_seconds), LEAST_WAIT_SECONDS)
        with every(pause_seconds, "poll", lambda: _look(bot, settings.poll_seconds)):
            _look(bot, settings.poll_seconds)
            stop.wait()
    logger.info("stopped")
    logging.shutdown()
    # Durable workflows that wait keep threads; they go on in the next process.
    os._exit(0)


def _look(bot: Bot, poll_seconds: float) -> None:
    try:
        with bot.lease.acting():
            received = poll(bot, poll_seconds)
    except GitHubError as error:
        # The next look is made when its time comes; while a limit lasts, it sends nothing.
        logger.warning("GitHub cannot be polled", extra={"why": error.message, "hint": error.hint})
    else:
        if received:
            logger.info("events were polled", extra={"received": received})
