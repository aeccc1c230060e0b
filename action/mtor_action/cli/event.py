"""`mtor event`: an event run of the workflow, which lasts seconds. Everything it needs is in its environment."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mtor_action.errors import UsageError

if TYPE_CHECKING:
    import argparse

# An event run is there for seconds; GitHub's limits are waited for this long.
PATIENCE_SECONDS = 120.0


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """Declare nothing: `mtor event` reads its inputs from the environment of the runner."""


def run(arguments: argparse.Namespace) -> int:
    """Return 0 if the event was answered or is not for mtor. Raises GitHubError, MtorError: exit 3."""
    from mtor_action.cli.grammar_install import install_named_grammars
    from mtor_action.github.client import connect
    from mtor_action.github.remembering_client import remembering
    from mtor_action.neutral import inert_log, visible
    from mtor_action.serverless.answering import answer_event
    from mtor_action.serverless.event_inputs import read_event_inputs
    from mtor_action.serverless.event_run import EventRun

    if arguments.json:
        raise UsageError("mtor event prints no JSON", "read what it says on the issue")
    token = os.environ.pop("MTOR_GITHUB_TOKEN", "").strip()
    install_named_grammars(os.environ)
    inputs = read_event_inputs(os.environ)
    if not token:
        raise UsageError("MTOR_GITHUB_TOKEN is not set", "the action sets it from its input `token`")
    plain = connect(token, inputs.repository, api_url=inputs.api_url, patience_seconds=PATIENCE_SECONDS)
    with remembering(plain) as client:
        print(inert_log(visible(f"mtor: {answer_event(EventRun(client, inputs))}")))
    return 0
