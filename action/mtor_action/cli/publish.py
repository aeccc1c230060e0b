"""`mtor publish`: the publish job of the workflow. Everything it needs is in its environment."""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from mtor_action.cli.printing import print_json

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from mtor_action.publish.inputs import Order, Secrets
    from mtor_action.publish.publication import Published


_EXIT_UNPUBLISHED = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare nothing: `mtor publish` reads its inputs from the environment."""


def run(arguments: argparse.Namespace) -> int:
    """Return 0 if everything that should be published is, else 3."""
    from mtor_action.cli.grammar_install import install_named_grammars
    from mtor_action.github.texts.plan_comments import asking_comment
    from mtor_action.publish.inputs import read_order, take_secrets
    from mtor_action.publish.outputs import result, tell

    secrets = take_secrets(os.environ)
    install_named_grammars(os.environ)
    order = read_order(os.environ)
    published = _plan_published(order, secrets) if asking_comment(order.job) else _published(order, secrets)
    tell(order, published, os.environ)
    if arguments.json:
        print_json(result(order, published))
    else:
        _print(order, published)
    return _EXIT_UNPUBLISHED if published.reason and published.outcome else 0


def _published(order: Order, secrets: Secrets) -> Published:
    from mtor_action.github.tokens import nobody
    from mtor_action.publish.credentials import credentials
    from mtor_action.publish.publication import Publication
    from mtor_action.publish.state_without_server import show_end
    from mtor_action.repository.remote import empty_repository

    accounts = credentials(order, secrets, _mask if os.environ.get("GITHUB_ACTIONS") == "true" else nobody)
    with ExitStack() as stack:
        for client in {id(account.client): account.client for account in (accounts.own, accounts.quiet)}.values():
            stack.enter_context(client)
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="mtor-publish-"))
        published = Publication(order, accounts, empty_repository(Path(folder))).run()
        # The bot gives tokens only to runs that it follows, and then it shows how they end.
        if accounts.own.token.kind != "bot":
            show_end(accounts.quiet.client, order, published, accounts.own.client.login)
        return published


def _plan_published(order: Order, secrets: Secrets) -> Published:
    """Post a plan with GITHUB_TOKEN alone, whatever other tokens could be had."""
    from mtor_action.publish.credentials import credentials
    from mtor_action.publish.inputs import Secrets
    from mtor_action.publish.plan_publication import publish_plan
    from mtor_action.repository.remote import empty_repository

    account = credentials(order, Secrets(secrets.github_token)).quiet
    with account.client, tempfile.TemporaryDirectory(prefix="mtor-publish-") as folder:
        return publish_plan(order, account, empty_repository(Path(folder)))


def _mask(secrets: Iterable[str]) -> None:
    from mtor_action.redaction.redactor import Redactor
    from mtor_action.runner.log import Log

    Log(sys.stderr, Redactor({})).mask(secrets)  # stdout is the product


def _print(order: Order, published: Published) -> None:
    from mtor_action.neutral import inert_log, visible

    if published.outcome:
        places = [f"pull request #{published.pull_request}"] if published.pull_request else []
        places += [published.comment_url] if published.comment_url else []
        print(f"{order.name}: {', '.join([published.outcome, *places])}")
    if published.reason:
        hint = f"\n      {published.next_step}" if published.next_step else ""
        print(inert_log(visible(f"mtor: {published.reason}{hint}")), file=sys.stderr)
