"""A ref moved only if it is where it was last seen: GraphQL's `updateRefs`, since REST has no such condition.

https://docs.github.com/graphql/reference/mutations#updaterefs, read 2026-11-29: `beforeOid` is where the ref has to be
(zeros: nowhere), `afterOid` where it goes (zeros: it is deleted). What GitHub answers to a stale one does not say so,
so the ref is read again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from mtor_action.github.failures import GitHubError, RequestFailure, RequestFailureKind, github_error

if TYPE_CHECKING:
    from mtor_action.github.client import Client

_NOWHERE = "0" * 40
_MUTATION = "mutation($input: UpdateRefsInput!) { updateRefs(input: $input) { clientMutationId } }"


class RefMove(NamedTuple):
    """From `before` to `after`, commit ids, None for no ref; `replaces`: `after` need not come after `before`."""

    ref: str  # whole, such as refs/heads/mtor/1-x
    before: str | None
    after: str | None
    replaces: bool = False


def move_ref(client: Client, move: RefMove) -> None:
    """Move it. Raises GitHubError, of kind NOT_FAST_FORWARD where the ref was elsewhere; then nothing has changed."""
    update = {
        "name": move.ref,
        "beforeOid": move.before or _NOWHERE,
        "afterOid": move.after or _NOWHERE,
        "force": move.replaces,
    }
    repository_id = client.node_id or client.call("GET", "").text("node_id")
    variables = {"input": {"repositoryId": repository_id, "refUpdates": [update]}}
    try:
        # Safe to repeat: once it is done, the lease does not hold again, and the ref is found where it should be.
        client.graphql(_MUTATION, variables)
    except GitHubError as error:
        now = _commit_at(client, move.ref)
        if now == move.after:
            return  # done by a try whose answer was lost
        if now != move.before:
            raise github_error(f"moving {move.ref}", RequestFailure(RequestFailureKind.NOT_FAST_FORWARD)) from error
        raise


def _commit_at(client: Client, ref: str) -> str | None:
    answer = client.find(f"git/ref/{quote(ref.removeprefix('refs/'))}")
    return answer.text("object", "sha") or None if answer else None
