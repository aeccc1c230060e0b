"""The choice of a job's branch: its own, which may be replaced as long as nobody else has committed to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from mtor_action.errors import RepositoryError
from mtor_action.github.branches.repositories import OUR_BRANCHES, branch_head, repository
from mtor_action.publish.commits import PublishedCommit, mail_of, read_commit
from mtor_action.repository.branch_names import slug

if TYPE_CHECKING:
    from mtor_action.github.client import Client
    from mtor_action.publish.credentials import Credentials
    from mtor_action.publish.verified import PublishTarget

_MOST_NAMES = 20
_PAGE = 100


class BranchPlace(NamedTuple):
    """A branch and the commit it is at (None: it does not exist); `commits` are those of ours that are there."""

    branch: str
    head: str | None
    commits: tuple[PublishedCommit, ...] = ()


def own_branch(number: int, title: str) -> str:
    """Return the name that the branch of an issue's job has if it is free."""
    return f"{OUR_BRANCHES}{number}-{slug(title)}"


def place_for(credentials: Credentials, number: int, title: str, into: str) -> BranchPlace:
    """Return `mtor/<number>-<slug>`, or the first of `-2`, `-3`, … that is free or only ours. Raises GitHubError."""
    preferred = own_branch(number, title)
    client = credentials.own.client
    for name in [preferred, *(f"{preferred}-{n}" for n in range(2, _MOST_NAMES + 1))]:
        head = branch_head(client, name)
        if head is None:
            return BranchPlace(name, None)
        commits = commits_beyond(client, into, name)
        if commits is not None and commits[-1:] and commits[-1].sha != head:
            commits = None  # it moved between the two answers
        if commits is not None and are_ours(commits, credentials):
            return BranchPlace(name, head, tuple(commits))
    raise RepositoryError(f"people have committed to {preferred} and {_MOST_NAMES - 1} more", "delete some of them")


def commits_beyond(client: Client, base: str, head: str) -> list[PublishedCommit] | None:
    """The commits of `head` (branch or commit) that `base` lacks, oldest first; None if they are more than a page.

    https://docs.github.com/rest/commits/commits#compare-two-commits
    """
    comparison = client.find(f"compare/{quote(base)}...{quote(head)}", params={"per_page": _PAGE})
    if comparison is None:  # no common history
        return None
    commits = [read_commit(item) for item in comparison.items("commits")]
    return commits if len(commits) == comparison.number("total_commits") else None


class HeldBack(NamedTuple):
    """The state of the branch for this work, which an earlier job whose CI waits may have left there."""

    implementer: bool
    outsiders: bool


def held_by(credentials: Credentials, target: PublishTarget) -> HeldBack:
    """Return the state by GITHUB_TOKEN's commits; more than can be looked at count as both. Raises GitHubError."""
    if target.pull is None and not target.branch.startswith(OUR_BRANCHES):
        return HeldBack(implementer=False, outsiders=False)
    client, pull = credentials.own.client, target.pull
    ends = (pull.base_ref, pull.head_sha) if pull else (repository(client).default_branch, target.branch)
    commits = commits_beyond(client, *ends)
    if commits is None:
        return HeldBack(implementer=True, outsiders=True)
    quiet = mail_of(credentials.quiet.signature())
    waiting = any(commit.job and quiet in commit.mails for commit in commits)
    return HeldBack(implementer=waiting or pull is None, outsiders=any(commit.is_outsiders for commit in commits))


def are_ours(commits: list[PublishedCommit], credentials: Credentials) -> bool:
    """Return whether all commits bear a job's name and only addresses of our accounts. Raises GitHubError."""
    ours = {mail_of(account.signature()) for account in (credentials.own, credentials.quiet)}
    return all(commit.job and commit.mails <= ours for commit in commits)
