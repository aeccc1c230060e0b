"""The branch in which GitHub joins the results of several pull requests, for a spec that comes after all of them.

https://docs.github.com/rest/branches/branches#merge-a-branch: 409 says that the two do not merge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from mtor_action.github.branches.moving_refs import RefMove, move_ref
from mtor_action.github.branches.repositories import OUR_BRANCHES, branch_has, branch_head
from mtor_action.github.failures import GitHubError, RequestFailure, RequestFailureKind, Tolerance, github_error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.github.client import Client


_JOINS = "join "
_BESIDE = "-joining"  # behind the name of a start: where its next state is made


def is_joining(message: str) -> bool:
    """Return whether a commit with this message joins the result of another spec."""
    return message.startswith(f"{_JOINS}{OUR_BRANCHES}")


def join_branches(client: Client, start: str, branches: Sequence[tuple[str, str]]) -> str:
    """Make `start` hold all of `branches` (name, commit); return the name of one that does not merge, "" if all do.

    Doing so again changes nothing. A start from earlier results is replaced once all have merged beside it; till then,
    and if one does not merge, it stays. Raises GitHubError, of kind NOT_FAST_FORWARD if somebody else joins too.
    """
    head = branch_head(client, start)
    if head is None:
        client.call("POST", "git/refs", _new_ref(start, branches[0][1]), look=lambda: None)
        return _merge(client, start, branches[1:])
    if all(branch_has(client, start, commit) for _, commit in branches):
        return ""
    unmerged, tip = _join_beside(client, start, branches)
    if not unmerged:
        move_ref(client, RefMove(f"refs/heads/{start}", head, tip, replaces=True))
    return unmerged


def discard_joining(client: Client, start: str) -> None:
    """Delete what a join of `start` that was killed may have left. Raises GitHubError."""
    with Tolerance(RequestFailureKind.NOT_FOUND, RequestFailureKind.NO_REFERENCE):
        client.call("DELETE", f"git/refs/heads/{quote(start)}{_BESIDE}")


def _join_beside(client: Client, start: str, branches: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """Return the branch that does not merge, or "" and the commit that holds all.

    What it is made in is deleted before that commit is used, so whoever joins next after a kill deletes it too.
    """
    beside, first = f"{start}{_BESIDE}", branches[0][1]
    if branch_head(client, beside) is None:
        client.call("POST", "git/refs", _new_ref(beside, first), look=lambda: None)
    else:
        client.call("PATCH", f"git/refs/heads/{beside}", {"sha": first, "force": True})
    try:
        unmerged = _merge(client, beside, branches[1:])
        tip = "" if unmerged else branch_head(client, beside) or ""
    finally:
        discard_joining(client, start)
    # Another process that joins at the same time begins anew in the same branch.
    if not unmerged and not (tip and all(branch_has(client, tip, commit) for _, commit in branches)):
        raise github_error(f"joining {start}", RequestFailure(RequestFailureKind.NOT_FAST_FORWARD))
    return unmerged, tip


def _merge(client: Client, into: str, branches: Sequence[tuple[str, str]]) -> str:
    """Merge all of `branches`; return the name of one that conflicts, "" if none does. Raises GitHubError."""
    for name, commit in branches:
        body = {"base": into, "head": commit, "commit_message": f"{_JOINS}{name}"}
        try:
            client.call("POST", "merges", body, look=lambda: None)
        except GitHubError as error:
            if error.kind is RequestFailureKind.CONFLICT:
                return name
            raise
    return ""


def _new_ref(branch: str, commit: str) -> dict[str, str]:
    return {"ref": f"refs/heads/{branch}", "sha": commit}
