"""Whose token it is, the repository, the end of its default branch and the coaching branch, by one query.

Nearly every process needs them. REST has them at five addresses, and a token of an App, such as GITHUB_TOKEN, may not
ask for its own account there but by name. The query counts as one point.
https://docs.github.com/graphql/reference/objects#repository, https://docs.github.com/graphql/reference/queries
(read 2026-11-30); `viewer` names an installation's account, too: https://github.com/fullsend-ai/fullsend/pull/1953
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.coaching.note import BRANCH
from mtor_action.github.answers import Answer
from mtor_action.github.failures import GitHubError
from mtor_action.github.repositories import ref_path

if TYPE_CHECKING:
    from mtor_action.github.remembering_client import RememberingClient

_QUERY = """query($owner: String!, $name: String!%s) {
  viewer { login databaseId }
  repository(owner: $owner, name: $name) {
    id databaseId nameWithOwner isArchived
    defaultBranchRef { name target { oid } }%s
  }
}"""


def ask_ahead(client: RememberingClient, *branches: str) -> None:
    """Let the client remember them and the ends of `branches`, as if each had been read at its own address.

    Never raises GitHubError: what the answer does not hold is read there when it is needed, and its failure told.
    """
    asked = {f"ref{number}": branch for number, branch in enumerate((BRANCH, *branches))}
    declared = "".join(f", ${name}: String!" for name in asked)
    refs = "".join(f"\n    {name}: ref(qualifiedName: ${name}) {{ target {{ oid }} }}" for name in asked)
    given = {"owner": client.owner, "name": client.repo}
    given |= {name: f"refs/heads/{branch}" for name, branch in asked.items()}
    try:
        answer = client.graphql(_QUERY % (declared, refs), given, is_needed=False)
    except GitHubError:
        return
    _know_account(client, answer.at("viewer"))
    repository = answer.at("repository")
    if _know_repository(client, repository):
        for name, branch in asked.items():
            _know_branch(client, branch, repository.at(name))


def _know_account(client: RememberingClient, viewer: Answer) -> None:
    login, account_id = viewer.text("login"), viewer.number("databaseId")
    if not (login and account_id) or client.login.casefold() not in ("", login.casefold()):
        return
    client.login = client.login or login
    client.own_id = client.own_id or account_id


def _know_repository(client: RememberingClient, repository: Answer) -> bool:
    """Return False for an empty one, which has a default branch and yet no such ref."""
    default = repository.at("defaultBranchRef")
    if not (default.text("name") and default.text("target", "oid") and repository.text("id")):
        return False
    described = {
        "id": repository.number("databaseId"),
        "node_id": repository.text("id"),
        "full_name": repository.text("nameWithOwner"),
        "default_branch": default.text("name"),
        "archived": repository.flag("isArchived"),
    }
    client.know("", Answer(described))
    _know_branch(client, default.text("name"), default)
    return True


def _know_branch(client: RememberingClient, branch: str, ref: Answer) -> None:
    if ref.value is None:
        client.know_missing(ref_path(branch))
    elif commit := ref.text("target", "oid"):
        client.know(ref_path(branch), Answer({"object": {"sha": commit}}))
