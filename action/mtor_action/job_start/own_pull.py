"""A pull request of mtor's own on which a review may go on: open, from mtor's branch, and nobody pushed after mtor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtor_action.errors import CommandError
from mtor_action.github.branches.repositories import OUR_BRANCHES
from mtor_action.github.pulls.closed_branch import is_our_commit
from mtor_action.github.pulls.pulls import issue_of, same_repository
from mtor_action.github.pulls.trailers import job_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from mtor_action.github.answers import Answer
    from mtor_action.github.client import Client


@dataclass(frozen=True, slots=True)
class OwnPull:
    """`head` is the commit that its branch is at, `issue` the one whose spec it carries (0: not known).

    `jobs` are the names of the jobs that its commits come from, `answer` is what GitHub says of it.
    """

    answer: Answer
    number: int
    head: str
    issue: int
    jobs: frozenset[str]


def own_pull(client: Client, number: int, is_ours: Callable[[int, str], bool], command: str) -> OwnPull:
    """Return the pull request. Raises CommandError, with `command` as what was asked for, if it is none; GitHubError.

    `is_ours` says of an account's id and login whether mtor publishes with it.
    """
    client.forget_reads()
    pull = client.find(f"pulls/{number}")
    if pull is None:
        raise CommandError(f"{command} is for pull requests that mtor opened", "write it there")
    is_own = same_repository(pull) and pull.text("head", "ref").startswith(OUR_BRANCHES)
    if not (is_own and is_ours(pull.number("user", "id"), pull.text("user", "login"))):
        hint = "on a pull request of your own, GitHub's button commits a suggestion"
        raise CommandError(f"{command} is for pull requests that mtor opened", hint)
    if pull.text("state") != "open":
        raise CommandError("the pull request is closed", f"reopen it, then write {command} again")
    head = pull.text("head", "sha")
    commits = list(client.pages(f"pulls/{number}/commits"))
    newest = next((commit for commit in commits if commit.text("sha") == head), None)
    if newest is None or not is_our_commit(newest, is_ours):
        who = newest.text("author", "login") if newest else ""
        by = f", but by {who}" if who else ""
        raise CommandError(
            f"the newest commit {head[:12]} is not mtor's{by}: mtor puts nothing on top of it",
            "go on by hand: GitHub's button commits a suggestion",
        )
    jobs = frozenset(filter(None, (job_in(commit.text("commit", "message")) for commit in commits)))
    return OwnPull(pull, number, head, issue_of(pull), jobs)
