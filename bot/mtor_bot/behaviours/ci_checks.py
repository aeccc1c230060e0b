"""`/mtor ci`: have the checks of mtor's own pull request run.

What GITHUB_TOKEN opens starts no workflow; closed and opened again by the App it does.
https://docs.github.com/actions/how-tos/write-workflows/choose-when-workflows-run/trigger-a-workflow
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.errors import CommandError
from mtor_action.github.failures import GitHubError, RequestFailureKind
from mtor_action.github.label_events import newest_event
from mtor_bot.github_app.ours import OwnAccount, is_app, is_our_pull

if TYPE_CHECKING:
    from mtor_action.github.answers import Answer
    from mtor_action.github.client import Client


def start_checks(client: Client, number: int) -> None:
    """Close and reopen the pull request; one that a crash left closed is opened. Raises CommandError, GitHubError."""
    pull = _pull(client, number)
    if pull is None or not is_our_pull(OwnAccount(client.own_id, client.login), pull):
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
        if error.kind is RequestFailureKind.NOT_FOUND:
            return None
        raise


def _was_closed_by_us(client: Client, number: int) -> bool:
    last = newest_event(client, number, lambda each: each.text("event") == "closed")
    own = OwnAccount(client.own_id, client.login)
    return last is not None and is_app(own, last.number("actor", "id"), last.text("actor", "login"))
