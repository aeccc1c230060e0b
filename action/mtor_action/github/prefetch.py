"""One query for whose token it is, the repository, the tips of branches, and the issue.

Nearly every process needs them. REST has them at six addresses, and tells a token of an App, such as GITHUB_TOKEN, its
own account only by name. The query counts as one point.
https://docs.github.com/graphql/reference/objects#repository, https://docs.github.com/graphql/reference/queries
(read 2026-11-30); `viewer` names an installation's account, too: https://github.com/fullsend-ai/fullsend/pull/1953

The answers are kept in the form in which REST would give them. If that is not certain (a pull request, an author that
is neither a person nor a bot, more labels than fit), nothing is kept, and REST is asked. It is also asked before
anything is refused (`confirmed_refusals`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.coaching.note import BRANCH
from mtor_action.github.answers import Answer
from mtor_action.github.branches.repositories import ref_path
from mtor_action.github.failures import GitHubError
from mtor_action.github.graphql_answers import AUTHOR, is_in, login_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mtor_action.github.remembering_client import RememberingClient

_QUERY = """query($owner: String!, $name: String!%s) {
  viewer { login databaseId }
  repository(owner: $owner, name: $name) {
    id databaseId nameWithOwner isArchived
    defaultBranchRef { name target { oid } }%s
  }
}"""
_ISSUE = (
    """
    asked: issueOrPullRequest(number: $number) {
      __typename
      ... on Issue {
        id number title body state url createdAt updatedAt closedAt
        """
    + AUTHOR
    + """
        labels(first: 100) { totalCount nodes { id name } }
        comments(first: 1) { totalCount }
        issueDependenciesSummary { blockedBy }
      }
    }"""
)
_REST_NAMES: Mapping[str, str] = {
    "node_id": "id",
    "title": "title",
    "body": "body",
    "html_url": "url",
    "created_at": "createdAt",
    "updated_at": "updatedAt",
    "closed_at": "closedAt",
}


def ask_ahead(client: RememberingClient, *branches: str, issue: int = 0, labels: Sequence[str] = ()) -> None:
    """Let the client remember them and the ends of `branches`, as if each had been read at its own address.

    `issue` is a number, which may be a pull request's; 0 for none. Of `labels` (names) the ids are learnt. Never raises
    GitHubError: what the answer does not hold is read at its own address when it is needed, and its failure told.
    """
    asked = {f"ref{number}": branch for number, branch in enumerate((BRANCH, *branches))}
    declared = "".join(f", ${name}: String!" for name in asked)
    selected = "".join(f"\n    {name}: ref(qualifiedName: ${name}) {{ target {{ oid }} }}" for name in asked)
    given: dict[str, str | int] = {"owner": client.owner, "name": client.repo}
    given |= {name: f"refs/heads/{branch}" for name, branch in asked.items()}
    if issue:
        declared, selected, given["number"] = f"{declared}, $number: Int!", f"{selected}{_ISSUE}", issue
    named = {f"label{number}": label for number, label in enumerate(labels)}
    declared += "".join(f", ${name}: String!" for name in named)
    selected += "".join(f"\n    {name}: label(name: ${name}) {{ id name }}" for name in named)
    given |= named
    try:
        answer = client.graphql(_QUERY % (declared, selected), given, is_needed=False)
    except GitHubError:
        return
    _know_account(client, answer.at("viewer"))
    repository = answer.at("repository")
    told = repository.at("asked")
    if issue and told.number("number") == issue and is_in(told, repository.text("nameWithOwner"), f"issues/{issue}"):
        _know_issue(client, issue, told)
    for name, label in named.items():
        client.keep_id(f"labels/{label}", repository.at(name))
    if _know_repository(client, repository):
        for name, branch in asked.items():
            _know_branch(client, branch, repository.at(name))


def _know_account(client: RememberingClient, viewer: Answer) -> None:
    login, account_id = viewer.text("login"), viewer.number("databaseId")
    if not (login and account_id) or client.login.casefold() not in ("", login.casefold()):
        return
    client.login = client.login or login
    client.own_id = client.own_id or account_id


def _know_issue(client: RememberingClient, number: int, issue: Answer) -> None:
    """Remember an issue in REST's form, if all of it is known; a refusal because of it asks REST."""
    author, labels, blocked = issue.at("author"), issue.items("labels", "nodes"), _blocked_by(issue)
    kind, login = author.text("__typename"), login_of(author)
    is_known = kind in ("User", "Bot") and author.text("login") and author.number("databaseId") > 0
    if not is_known or blocked is None or issue.number("labels", "totalCount") != len(labels):
        return
    user = {"login": login, "id": author.number("databaseId"), "type": kind}
    described = {
        **{name: issue.at(theirs).value for name, theirs in _REST_NAMES.items()},
        "number": number,
        "state": issue.text("state").lower(),
        "user": user,
        "labels": [{"name": label.text("name"), "node_id": label.text("id")} for label in labels],
        "comments": issue.number("comments", "totalCount"),
        "issue_dependencies_summary": {"blocked_by": blocked},
    }
    client.presume(f"issues/{number}", Answer(described))
    for label in labels:
        client.keep_id(f"labels/{label.text('name')}", label)


def _blocked_by(issue: Answer) -> int | None:
    blocked = issue.at("issueDependenciesSummary", "blockedBy").value
    return blocked if type(blocked) is int else None


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
