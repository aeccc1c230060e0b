"""The repository and its branches: default branch, a branch's commit, which branch holds a commit."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from mtor_action.github.failures import ABSENT, RequestFailureKind

if TYPE_CHECKING:
    from mtor_action.github.client import Client


OUR_BRANCHES = "mtor/"  # mtor's own begin with it
MOST_COMPARED = 30


class Repository(NamedTuple):
    """A repository as GitHub describes it; `full_name` is its name now, which a rename may have changed."""

    id: int
    full_name: str
    default_branch: str
    archived: bool


def repository(client: Client) -> Repository:
    """Return the client's repository. Raises GitHubError."""
    answer = client.call("GET", "")
    client.node_id = answer.text("node_id")
    return Repository(
        id=answer.number("id"),
        full_name=answer.text("full_name"),
        default_branch=answer.text("default_branch"),
        archived=answer.flag("archived"),
    )


def branch_head(client: Client, branch: str) -> str | None:
    """Return the commit at the branch's end, None if there is no such branch. Raises GitHubError.

    https://docs.github.com/rest/git/refs#get-a-reference
    """
    reference = client.find(ref_path(branch))
    return reference.text("object", "sha") or None if reference else None


def ref_path(branch: str) -> str:
    """Return where the API has a branch's end."""
    return f"git/ref/heads/{quote(branch)}"


def commit_of(client: Client, name: str) -> str | None:
    """Return the commit that `heads/BRANCH`, `tags/TAG` or an id names, None if there is none. Raises GitHubError.

    https://docs.github.com/rest/commits/commits#get-a-commit
    """
    # GitHub answers 422 to a text that cannot be a name.
    commit = client.find(f"commits/{quote(name, safe='/')}", absent=(*ABSENT, RequestFailureKind.INVALID))
    return commit.text("sha") or None if commit else None


def branch_has(client: Client, branch: str, commit: str) -> bool:
    """Return whether `commit` is the branch's tip or an ancestor of it; False if either is unknown. Raises GitHubError.

    A tip that the client has just read is not asked about.
    https://docs.github.com/rest/commits/commits#compare-two-commits
    """
    tip = client.recall(ref_path(branch))
    if tip is not None and tip.text("object", "sha") == commit:
        return True
    comparison = client.find(f"compare/{quote(commit)}...{quote(branch)}", params={"per_page": 1})
    # How the branch relates to the commit.
    return comparison is not None and comparison.text("status") in ("ahead", "identical")


def holder_of(client: Client, commit: str) -> str | None:
    """The branch of this repository that holds the commit, else `tag NAME`; None if none does. Raises GitHubError.

    GitHub serves a fork's commits under the parent's address too, so that a commit which can be fetched may be
    anybody's. The default branch is asked first, mtor's own last: what those hold may be text by anybody. Beyond the
    ends of all branches, the histories of MOST_COMPARED are looked at.
    https://docs.github.com/rest/commits/commits#list-branches-for-head-commit
    """
    default = repository(client).default_branch
    if default and branch_has(client, default, commit):
        return default
    ends = _branches_that_end_at(client, commit)
    listed = [item.text("name") for item in client.pages("branches", most=1)]
    candidates = [name for name in (*ends, *listed) if name != default]
    for name in sorted(dict.fromkeys(candidates), key=lambda name: name.startswith(OUR_BRANCHES))[:MOST_COMPARED]:
        if name in ends or branch_has(client, name, commit):
            return name
    tags = (item.text("name") for item in client.pages("tags", most=3) if item.text("commit", "sha") == commit)
    return next((f"tag {name}" for name in tags), None)


def _branches_that_end_at(client: Client, commit: str) -> list[str]:
    absent = (*ABSENT, RequestFailureKind.INVALID)
    answer = client.find(f"commits/{commit}/branches-where-head", absent=absent)
    return [branch.text("name") for branch in answer.items()] if answer else []
