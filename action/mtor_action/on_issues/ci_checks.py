"""`/mtor ci`: have the checks of a pull request run that GitHub holds for approval."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.errors import CommandError
from mtor_action.github.actions.held_runs import ReleasedRuns, release
from mtor_action.github.pulls.pulls import same_repository

if TYPE_CHECKING:
    from mtor_action.github.client import Client


def start_checks(client: Client, number: int, asked_at: float) -> ReleasedRuns:
    """Start the pull request's held runs, except those after `asked_at` (seconds since the epoch; 0.0: all).

    Raises CommandError for what has no such runs, GitHubError.
    """
    client.forget_reads()
    pull = client.find(f"pulls/{number}")
    if pull is None or not same_repository(pull):
        raise CommandError(
            "`/mtor ci` is for pull requests that mtor opened or pushed to, from branches of this repository",
            "write it there; runs of a pull request from a fork are approved in its merge box",
        )
    if pull.text("state") == "closed":
        raise CommandError("the pull request is closed", "reopen it, then write `/mtor ci` again")
    return release(client, pull, asked_at=asked_at)
