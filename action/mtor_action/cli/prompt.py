"""`mtor prompt`: what an architect needs to write specs for this repository, ready to paste or to pipe."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mtor_action.cli.printing import print_json
from mtor_action.errors import MtorError, RepositoryError

if TYPE_CHECKING:
    import argparse

    from mtor_action.authoring.prompting import RepositoryFacts
    from mtor_action.repository.git import Git


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `--for`."""
    agents = ("claude", "codex", "copilot", "cursor", "plain")
    parser.add_argument(
        "--for",
        dest="agent",
        choices=agents,
        default="plain",
        help="the agent that reads it: as its own files begin, with the commands that check and hand over a spec "
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
    return facts_of(git)


def facts_of(git: Git) -> RepositoryFacts:
    """Return the settings of HEAD and the active notes. What cannot be read is said on stderr and left out."""
    from mtor_action.authoring.prompting import RepositoryFacts
    from mtor_action.coaching.architects_notes import notes_for_architects
    from mtor_action.coaching.store import load
    from mtor_action.diagnostics import render
    from mtor_action.neutral import visible
    from mtor_action.preparation.preparation import defaults_in
    from mtor_action.repository.base_tree import BaseTree
    from mtor_action.repository.head import resolve

    with BaseTree(git, resolve(git, "HEAD")) as tree:
        file = defaults_in(tree)
    for diagnostic in file.diagnostics:
        print(visible(f"mtor: {render(diagnostic)}"), file=sys.stderr)
    try:
        coaching = load(git)
    except MtorError as error:
        print(visible(f"mtor: the coaching notes could not be read: {error.message}"), file=sys.stderr)
        coaching = None
    return RepositoryFacts(file.settings, notes_for_architects(coaching.notes) if coaching else "")
