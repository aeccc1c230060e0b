"""Files of the repository as a pull request, made through the API: no working tree, branch or remote is touched here.

A branch or pull request that is there already is taken as it is; what a person committed to it is never overwritten.
https://docs.github.com/rest/git/trees#create-a-tree · …/git/commits#create-a-commit · …/git/refs
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from mtor_action.errors import MtorError
from mtor_action.github.branches.file_contents import file_bytes
from mtor_action.github.branches.repositories import branch_has, branch_head
from mtor_action.github.failures import RequestFailureKind, Tolerance
from mtor_action.github.pulls.pulls import NewPull, Pull, find_pull, open_pull

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mtor_action.github.client import Client

_MODE = "100644"
_MOST_CLOSED_PULLS = 1  # pages


@dataclass(frozen=True, slots=True)
class Proposal:
    """Files that the default branch `base` should have with these bytes (None: deleted), and the texts for it."""

    branch: str
    base: str
    files: Mapping[str, bytes | None]
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class ProposalState:
    """The state on GitHub: `pull` is open for the branch, `tip` is the branch's commit, "" without one.

    `is_wanted` says whether the branch has the files as they are wanted, `is_ours_to_move` whether nothing is lost if
    it is moved.
    """

    base_commit: str
    pull: Pull | None
    tip: str
    is_wanted: bool
    is_ours_to_move: bool


def changed_files(client: Client, base: str, files: Mapping[str, bytes | None]) -> dict[str, bytes | None]:
    """Return those files that the branch `base` does not have so. Raises GitHubError, MtorError."""
    return {path: data for path, data in files.items() if file_bytes(client, path, base) != data}


def look_for(client: Client, proposal: Proposal) -> ProposalState:
    """Return what is there of a proposal. Raises GitHubError, and MtorError for a repository without a commit."""
    base_commit = branch_head(client, proposal.base) if proposal.base else None
    if base_commit is None:
        raise MtorError(f"{client.full_name} has no commit on GitHub yet", "push a first one, then run it again")
    pull = find_pull(client, proposal.branch, proposal.base)
    tip = branch_head(client, proposal.branch) or ""
    is_wanted = bool(tip) and not changed_files(client, proposal.branch, proposal.files)
    is_ours = bool(tip) and not pull and (branch_has(client, proposal.base, tip) or _was_closed(client, proposal, tip))
    return ProposalState(base_commit, pull, tip, is_wanted, is_ours)


def requests_for(client: Client, proposal: Proposal, state: ProposalState) -> tuple[str, ...]:
    """Return the requests that `propose` would send, for people."""
    below = f"/repos/{client.full_name}"
    commit = (f"POST {below}/git/trees", f"POST {below}/git/commits")
    if not state.tip:
        moved: tuple[str, ...] = (*commit, f"POST {below}/git/refs: refs/heads/{proposal.branch}")
    elif state.is_wanted and not state.is_ours_to_move:
        moved = ()
    else:
        moved = (*commit, f"PATCH {below}/git/refs/heads/{proposal.branch}")
    return (*moved, f"POST {below}/pulls: {proposal.branch} into {proposal.base}")


def propose(client: Client, proposal: Proposal, state: ProposalState) -> Pull:
    """Make the missing parts; return the pull request. Raises GitHubError, and MtorError for somebody's branch."""
    if not state.tip:
        reference = {"ref": f"refs/heads/{proposal.branch}", "sha": _commit(client, proposal, state.base_commit)}
        client.call("POST", "git/refs", reference)
    elif state.is_ours_to_move:
        moved = {"sha": _commit(client, proposal, state.base_commit), "force": True}
        client.call("PATCH", f"git/refs/heads/{quote(proposal.branch)}", moved)
    elif not state.is_wanted:
        raise MtorError(
            f"the branch {proposal.branch} is there with other content and without a pull request",
            f"open one for it, or delete it: git push origin --delete {proposal.branch}",
        )
    return open_pull(client, NewPull(proposal.title, proposal.body, proposal.branch, proposal.base)).pull


def _commit(client: Client, proposal: Proposal, parent: str) -> str:
    tree_of_parent = client.call("GET", f"git/commits/{parent}").text("tree", "sha")
    entries = [_entry(path, data) for path, data in proposal.files.items()]
    tree = client.call("POST", "git/trees", {"base_tree": tree_of_parent, "tree": entries}, look=lambda: None)
    commit = {"message": proposal.title, "tree": tree.text("sha"), "parents": [parent]}
    # Without author and committer it is by the token's owner. A repeated request leaves an unreferenced commit.
    return client.call("POST", "git/commits", commit, look=lambda: None).text("sha")


def _entry(path: str, data: bytes | None) -> dict[str, str | None]:
    entry: dict[str, str | None] = {"path": path, "mode": _MODE, "type": "blob"}
    if data is None:
        return {**entry, "sha": None}
    try:
        return {**entry, "content": data.decode("utf-8")}
    except UnicodeDecodeError as error:
        raise MtorError(f"{path} is not UTF-8 (byte {error.start})", "save it as UTF-8, then run it again") from error


def _was_closed(client: Client, proposal: Proposal, tip: str) -> bool:
    """Return whether a pull request of this branch was merged or closed with just this commit: a squash has another."""
    params = {"state": "closed", "head": f"{client.owner}:{proposal.branch}"}
    listed = client.pages("pulls", params=params, most=_MOST_CLOSED_PULLS)
    return any(pull.text("head", "sha") == tip for pull in listed)


def delete_branch(client: Client, branch: str) -> None:
    """Delete a branch; one that is gone is fine. Raises GitHubError."""
    with Tolerance(RequestFailureKind.NOT_FOUND, RequestFailureKind.NO_REFERENCE):
        client.call("DELETE", f"git/refs/heads/{quote(branch)}")
