"""The branch in which GitHub joins the results of several pull requests, for a spec that comes after all of them.

https://docs.github.com/rest/branches/branches#merge-a-branch: 409 says that the two do not merge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.github.branches.repositories import OUR_BRANCHES, branch_has, branch_head
from mtor_action.github.failures import GitHubError, RequestFailureKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.github.client import Client


_JOINS = "join "


def is_joining(message: str) -> bool:
    """Return whether a commit with this message joins the result of another spec."""
    return message.startswith(f"{_JOINS}{OUR_BRANCHES}")


def join_branches(client: Client, start: str, branches: Sequence[tuple[str, str]]) -> str:
    """Make `start` hold all of `branches` (name, commit); return the name of one that does not merge, "" if all do.

    Doing so again changes nothing; a start from earlier results is made again. Raises GitHubError.
    """
    head = branch_head(client, start)
    if head is not None and all(branch_has(client, start, commit) for _, commit in branches):
        return ""
    first = branches[0][1]
    if head is None:
        client.call("POST", "git/refs", {"ref": f"refs/heads/{start}", "sha": first}, look=lambda: None)
    else:
        client.call("PATCH", f"git/refs/heads/{start}", {"sha": first, "force": True})
    for name, commit in branches[1:]:
        body = {"base": start, "head": commit, "commit_message": f"{_JOINS}{name}"}
        try:
            client.call("POST", "merges", body, look=lambda: None)
        except GitHubError as error:
            if error.kind is RequestFailureKind.CONFLICT:
                return name
            raise
    return ""
