"""`/mtor ci`: have the checks of mtor's own pull request run.

What GITHUB_TOKEN opens starts no workflow; closed and opened again by the App it does.
https://docs.github.com/actions/how-tos/write-workflows/choose-when-workflows-run/trigger-a-workflow
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.errors import GitHubError
from mtor_action.github.comments import ACTIONS_LOGIN
from mtor_action.github.failures import Kind
from mtor_action.github.pulls import same_repository
from mtor_action.github.repositories import OUR_BRANCHES
from mtor_bot.errors import CommandError

if TYPE_CHECKING:
    from mtor_action.github.answers import Answer
    from mtor_action.github.client import Client


def start_checks(client: Client, number: int) -> None:
    """Close and reopen the pull request; one that a crash left closed is opened. Raises CommandError, GitHubError."""
    pull = _pull(client, number)
    if pull is None or not _is_ours(client, pull):
        raise CommandError(
            "`/mtor ci` is for pull requests that mtor opened",
            "write it there; others start their checks by themselves, or when closed and reopened",
        )
    if pull.flag("merged") or (pull.text("state") == "closed" and not _was_closed_by_us(client, number)):
        raise CommandError("the pull request is closed", "reopen it: that starts the checks, too")
    if pull.text("state") == "open":
        client.call("PATCH", f"pulls/{number}", {"state": "closed"})
    client.call("PATCH", f"pulls/{number}", {"state": "open"})


def _pull(client: Client, number: int) -> Answer | None:
    try:
        return client.call("GET", f"pulls/{number}")
    except GitHubError as error:
        if error.kind is Kind.NOT_FOUND:
            return None
        raise


def _is_ours(client: Client, pull: Answer) -> bool:
    is_author = pull.number("user", "id") == client.own_id or pull.text("user", "login") == ACTIONS_LOGIN
    return is_author and same_repository(pull) and pull.text("head", "ref").startswith(OUR_BRANCHES)


def _was_closed_by_us(client: Client, number: int) -> bool:
    closings = [each for each in client.pages(f"issues/{number}/events") if each.text("event") == "closed"]
    last = max(closings, key=lambda each: each.number("id"), default=None)
    return last is not None and last.number("actor", "id") == client.own_id
