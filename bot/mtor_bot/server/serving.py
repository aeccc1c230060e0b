"""Running the bot with its server until a signal ends it."""

from __future__ import annotations

import gc
import logging
import os
import signal
import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

import uvicorn

from mtor_action.errors import MtorError
from mtor_bot import logs
from mtor_bot.durable.delivery_workflow import process_delivery
from mtor_bot.durable.launch import running
from mtor_bot.queue.durable_queue import DELIVERY_WORKFLOW
from mtor_bot.server.app import build
from mtor_bot.server.connections import MOST_CONNECTIONS, Connections

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from starlette.types import ASGIApp

    from mtor_bot.server_settings import ServerSettings

LONGEST_HEAD = 32 * 1024
# Proxies keep connections open for longer than uvicorn's 5 seconds, and would meet one that is just being closed.
KEEP_ALIVE_SECONDS = 75
STOP_SECONDS = 10
logger = logging.getLogger(__name__)


def serve(settings: ServerSettings) -> NoReturn:
    """Serve until SIGTERM or SIGINT, finish what is under way, end the process. Raises MtorError if it cannot start."""
    secrets = (settings.webhook_secret, settings.app_private_key, settings.night_token, settings.night_webhook)
    logs.set_up(*(text for secret in secrets if (text := secret.get_secret_value())))
    stop = _Stop()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, stop)
    public = ("LISTEN", settings.listen_host, settings.listen_port)
    with _listening(*public) as listener, _listening("METRICS", *settings.metrics_address) as watched:
        with running(settings, {DELIVERY_WORKFLOW: process_delivery}) as bot:
            # The queue's library has a log of its own form.
            logs.take_over()
            applications = build(bot, settings)
            connections = Connections(settings.proxies)
            server = stop.server = uvicorn.Server(_config(applications.public, connections))
            server.should_exit = stop.asked
            addresses = {"address": _address_text(listener), "metrics": _address_text(watched)}
            with _beside(uvicorn.Server(_config(applications.metrics, Connections())), watched):
                # What is there from now on is garbage soon: a full collection would walk through all libraries.
                gc.freeze()
                logger.info("serving", extra={**addresses, "executor": bot.lease.id})
                server.run([listener])
        logger.info("stopped")
    logging.shutdown()
    # Durable workflows that wait keep threads; they go on in the next process.
    os._exit(0)


@contextmanager
def _beside(server: uvicorn.Server, listener: socket.socket) -> Iterator[None]:
    """Run a server in a thread of its own, until the end."""
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True, name="mtor-metrics")
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(STOP_SECONDS)


def _address_text(listener: socket.socket) -> str:
    return "{}:{}".format(*listener.getsockname()[:2])


def _listening(which: str, host: str, port: int) -> socket.socket:
    """Return a bound socket, before anything is started: a port that is taken is an early MtorError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise MtorError(
            f"cannot listen on {host}:{port}: {error.strerror}",
            f"set MTOR_BOT_{which}_HOST and MTOR_BOT_{which}_PORT to an address that is free",
        ) from error
    return listener


def _config(app: ASGIApp, connections: Connections) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=connections.protocol(),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MOST_CONNECTIONS,
        h11_max_incomplete_event_size=LONGEST_HEAD,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=STOP_SECONDS,
    )


@dataclass(slots=True)
class _Stop:
    """A signal to stop, which may come before there is a server.

    Raised in the middle of a start, an exception would come out of a library as some other one. Uvicorn raises the
    signal again when it has stopped.
    """

    server: uvicorn.Server | None = None
    asked: bool = False

    def __call__(self, _signum: int, _frame: FrameType | None) -> None:
        self.asked = True
        if self.server:
            self.server.should_exit = True
