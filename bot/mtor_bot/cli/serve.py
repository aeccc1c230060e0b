"""`mtor-bot serve`: receive webhooks, or ask GitHub what happened, and work through the jobs until stopped."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mtor_action.processes.shield import close_memory

if TYPE_CHECKING:
    import argparse

HELP = "receive webhooks and work through the jobs until SIGTERM; --poll needs no public address"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `--poll` and the other options of `mtor-bot serve`."""
    parser.add_argument(
        "--poll",
        action="store_true",
        help="open no port, but ask GitHub every MTOR_BOT_POLL_SECONDS (default: 60), as from a laptop. "
        "Needs no MTOR_BOT_WEBHOOK_SECRET or MTOR_BOT_PUBLIC_URL; set the variable MTOR_BOT_URL to `polling`",
    )


def run(arguments: argparse.Namespace) -> int:
    """Serve until a signal ends the process. Raises MtorError if the server cannot start."""
    # The App's key is in here from now on.
    close_memory()
    from mtor_bot.server_settings import PollingSettings, ServerSettings, load

    if arguments.poll:
        polling = load(PollingSettings, os.environ, arguments.settings)
        from mtor_bot.durable.poll_loop import keep_polling

        keep_polling(polling)
    settings = load(ServerSettings, os.environ, arguments.settings)
    from mtor_bot.server.serving import serve

    serve(settings)
