"""`mtor work`: what the Action does on GitHub's runner, from the issue to a result that can be published."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from mtor_action.errors import UsageError

if TYPE_CHECKING:
    import argparse


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """Declare nothing: `mtor work` reads its inputs from the environment of the runner."""


def run(arguments: argparse.Namespace) -> int:
    """Return 0 if a result was handed over, 3 for an error, 130 if it was stopped."""
    if arguments.json:
        raise UsageError("mtor work prints no JSON", "read report.json in the folder MTOR_HANDOVER")
    from mtor_action.cli.grammar_install import install_named_grammars
    from mtor_action.github.texts.plan_comments import asking_comment
    from mtor_action.work.context import read_context

    install_named_grammars(os.environ)
    context = read_context(os.environ)
    # Neither is for any process that is started from here.
    os.environ.pop("MTOR_JOB", None)
    token, repo = os.environ.pop("MTOR_TOKEN").strip(), Path(arguments.repo or ".")
    # A runner compiles what it imports.
    if asking_comment(context.job):
        from mtor_action.work.planning_job import plan_for_issue

        return plan_for_issue(context, token, repo)
    from mtor_action.work.work import work

    return work(context, token, repo)
