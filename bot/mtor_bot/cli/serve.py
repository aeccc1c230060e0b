"""`mtor-bot serve`: take webhooks, and move jobs on, until told to stop."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mtor_action.processes.shield import close_memory

if TYPE_CHECKING:
    import argparse

HELP = "take webhooks and move jobs on until SIGTERM"


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """Add nothing: `mtor-bot serve` has no arguments of its own."""


def run(arguments: argparse.Namespace) -> int:
    """Serve until a signal ends the process. Raises MtorError if the server cannot start."""
    # The App's key is in here from now on.
    close_memory()
    from mtor_bot.settings import ServerSettings, load

    settings = load(ServerSettings, os.environ, arguments.settings)
    from mtor_bot.server.serving import serve

    serve(settings)
