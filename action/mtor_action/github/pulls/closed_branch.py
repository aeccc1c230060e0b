"""The branch of a pull request of mtor's that was merged or closed: deleted, unless somebody has added to it.

A repository may do that itself after a merge, "Automatically delete head branches"; then there is nothing left to do.
https://docs.github.com/repositories/configuring-branches-and-merges-in-your-repository/configuring-pull-request-merges/managing-the-automatic-deletion-of-branches
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.github.branches.moving_refs import RefMove, move_ref
from mtor_action.github.branches.repositories import OUR_BRANCHES, branch_head
from mtor_action.github.failures import RequestFailureKind, Tolerance
from mtor_action.github.pulls.pulls import same_repository
from mtor_action.github.pulls.trailers import job_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from mtor_action.github.answers import Answer
    from mtor_action.github.client import Client

# https://docs.github.com/rest/pulls/pulls#list-commits-on-a-pull-request lists no more (read 2026-11-29)
_MOST_COMMITS = 250


def delete_closed_branch(client: Client, number: int, is_ours: Callable[[int, str], bool]) -> bool:
    """Delete the branch of the pull request `number` as it was when it was closed; False where it has to stay.

    `is_ours` says of an account's id and login whether mtor publishes with it. Raises GitHubError.
    """
    pull = client.call("GET", f"pulls/{number}")  # it may have been reopened since
    branch, head = pull.text("head", "ref"), pull.text("head", "sha")
    if not (pull.text("state") == "closed" and same_repository(pull) and branch.startswith(OUR_BRANCHES) and head):
        return False
    if not is_ours(pull.number("user", "id"), pull.text("user", "login")) or branch_head(client, branch) != head:
        return False  # a person's, somebody went on with it, or it is gone already
    if not _all_ours(client, number, is_ours) or _is_in_use(client, branch):
        return False
    with Tolerance(RequestFailureKind.NOT_FAST_FORWARD):
        move_ref(client, RefMove(f"refs/heads/{branch}", head, None))
        return True
    return False  # somebody pushed to it just now


def retarget(client: Client, number: int) -> list[int]:
    """Let the pull requests that go into the branch of the merged pull request `number` go where that one went.

    GitHub does so by itself only where its own page deletes the branch; by the API it closes them instead:
    https://github.com/cli/cli/issues/14223. Return their numbers. Raises GitHubError; one that GitHub does not accept
    there, as where another of the same branch is, stays.
    """
    pull = client.call("GET", f"pulls/{number}")
    branch, base = pull.text("head", "ref"), pull.text("base", "ref")
    if not (pull.text("merged_at") and same_repository(pull) and branch.startswith(OUR_BRANCHES)):
        return []
    moved = []
    for other in list(client.pages("pulls", params={"state": "open", "base": branch})):
        if other.text("base", "ref") == branch and same_repository(other):
            with Tolerance(RequestFailureKind.INVALID, RequestFailureKind.PULL_EXISTS):
                client.call("PATCH", f"pulls/{other.number('number')}", {"base": base})
                moved.append(other.number("number"))
    return moved


def _all_ours(client: Client, number: int, is_ours: Callable[[int, str], bool]) -> bool:
    commits = list(client.pages(f"pulls/{number}/commits"))
    return 0 < len(commits) < _MOST_COMMITS and all(is_our_commit(commit, is_ours) for commit in commits)


def is_our_commit(commit: Answer, is_ours: Callable[[int, str], bool]) -> bool:
    """Return whether one of mtor's accounts made the commit, for a job; `is_ours` as for `delete_closed_branch`."""
    author = is_ours(commit.number("author", "id"), commit.text("author", "login"))
    return author and bool(job_in(commit.text("commit", "message")))


def _is_in_use(client: Client, branch: str) -> bool:
    """Whether an open pull request comes from the branch, or goes into it: GitHub would close both."""
    for params in ({"head": f"{client.owner}:{branch}"}, {"base": branch}):
        for pull in client.pages("pulls", params={"state": "open", **params}, most=1):
            if branch in (pull.text("head", "ref"), pull.text("base", "ref")):
                return True
    return False
