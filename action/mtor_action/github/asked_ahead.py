"""Whose token it is, the repository, the end of its default branch and the coaching branch, by one query.

Nearly every process needs them. REST has them at five addresses, and a token of an App, such as GITHUB_TOKEN, may not
ask for its own account there but by name. The query counts as one point.
https://docs.github.com/graphql/reference/objects#repository, https://docs.github.com/graphql/reference/queries
(read 2026-11-30); `viewer` names an installation's account, too: https://github.com/fullsend-ai/fullsend/pull/1953
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from mtor_action.coaching.note import BRANCH
from mtor_action.github.answers import Answer
from mtor_action.github.failures import GitHubError

if TYPE_CHECKING:
    from mtor_action.github.remembering import RememberingClient

_QUERY = """query($owner: String!, $name: String!, $notes: String!) {
  viewer { login databaseId }
  repository(owner: $owner, name: $name) {
    id databaseId nameWithOwner isArchived
    defaultBranchRef { name target { oid } }
    notes: ref(qualifiedName: $notes) { target { oid } }
  }
}"""


def ask_ahead(client: RememberingClient) -> None:
    """Let the client remember them, as if each had been read at its own address.

    Never raises GitHubError: what the answer does not hold is read there when it is needed, and its failure told.
    """
    variables = {"owner": client.owner, "name": client.repo, "notes": f"refs/heads/{BRANCH}"}
    try:
        answer = client.graphql(_QUERY, variables)
    except GitHubError:
        return
    _know_account(client, answer.at("viewer"))
    _know_repository(client, answer.at("repository"))


def _know_account(client: RememberingClient, viewer: Answer) -> None:
    login, account_id = viewer.text("login"), viewer.number("databaseId")
    if not (login and account_id) or client.login.casefold() not in ("", login.casefold()):
        return
    client.login = client.login or login
    client.own_id = client.own_id or account_id


def _know_repository(client: RememberingClient, repository: Answer) -> None:
    branch, head = repository.text("defaultBranchRef", "name"), repository.text("defaultBranchRef", "target", "oid")
    if not (branch and head and repository.text("id")):
        return  # an empty one has no such ref, and yet a default branch
    known = {
        "id": repository.number("databaseId"),
        "node_id": repository.text("id"),
        "full_name": repository.text("nameWithOwner"),
        "default_branch": branch,
        "archived": repository.flag("isArchived"),
    }
    client.know("", Answer(known))
    client.know(_path(branch), Answer({"object": {"sha": head}}))
    notes = repository.at("notes")
    if notes.value is None:
        client.know_missing(_path(BRANCH))
    elif notes.text("target", "oid"):
        client.know(_path(BRANCH), Answer({"object": {"sha": notes.text("target", "oid")}}))


def _path(branch: str) -> str:
    return f"git/ref/heads/{quote(branch)}"
