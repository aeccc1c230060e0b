"""`mtor prompt`: what an architect needs to write specs for this repository, ready to paste or to pipe."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mtor_action.cli.printing import print_json
from mtor_action.errors import RepositoryError

if TYPE_CHECKING:
    import argparse

    from mtor_action.authoring.prompting import RepositoryFacts


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `--for`, the agent that the prompt is for."""
    agents = ("claude", "codex", "copilot", "cursor", "plain")
    parser.add_argument(
        "--for",
        dest="agent",
        choices=agents,
        default="plain",
        help="write it for this agent, with the commands that check and submit a spec "
        "(default: plain, for a model without a shell)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Return 0 with the prompt on stdout; outside of a repository it has the format only."""
    from mtor_action.authoring.prompting import Agent, prompt_text

    agent = Agent(arguments.agent)
    text = prompt_text(agent, _facts(arguments.repo))
    if arguments.json:
        print_json({"for": agent.value, "prompt": text})
    else:
        sys.stdout.buffer.write(text.encode("utf-8", "replace"))  # bytes: a terminal's own encoding changes no fence
        sys.stdout.buffer.flush()
    return 0


def _facts(directory: str | None) -> RepositoryFacts | None:
    from mtor_action.repository.git import Git

    try:
        git = Git.open(Path(directory or "."))
    except RepositoryError:
        if directory is not None:
            raise
        print("mtor: not in a git repository, so this is the format alone; --repo DIR names one", file=sys.stderr)
        return None
    from mtor_action.architect.repository_facts import facts_at
    from mtor_action.repository.head import resolve

    return facts_at(git, resolve(git, "HEAD"), _print_note)


def _print_note(text: str) -> None:
    """Print a sentence to stderr, whatever is in it."""
    from mtor_action.neutral import visible

    print(visible(f"mtor: {text}"), file=sys.stderr)
