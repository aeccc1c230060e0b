"""The GraphQL endpoint, as far as anybody here asks; `graphql_writes` has what changes something.

A document is held against `schema.graphql`, as GitHub does before it carries out anything, and of what is found only
what was asked for is answered. docs.github.com/graphql/reference/objects#repository, #issue, #branchprotectionrule,
#pullrequestreviewthread, /interfaces#comment (read 2026-11-30).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from standins.github.call import Answer, Call, Refusal, route
from standins.github.clock import stamp, stamp_or_none
from standins.github.graphql_documents import NotGraphQL, cut, given, mistakes, read_document
from standins.github.graphql_writes import carry_out
from standins.github.people import node_id
from standins.github.tokens import FORBIDDEN, allowed, visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from standins.github.graphql_documents import Document, Selected
    from standins.github.issues import Issue
    from standins.github.people import Json, User
    from standins.github.repositories import Repository

_PAGE = 100


@route("POST", "/api/graphql")
def query(call: Call) -> Answer:
    if call.token is None:
        raise Refusal(401, "This endpoint requires you to be authenticated.")
    try:
        document = read_document(str(call.body.get("query", "")))
    except NotGraphQL as error:
        return Answer(200, {"errors": [{"message": f"Parse error: {error}"}]})
    if refused := mistakes(document):
        return Answer(200, {"errors": [{"message": each} for each in refused]})
    variables = call.body.get("variables") or {}
    if document.kind == "mutation":
        data, errors = carry_out(call, document, variables)
    else:
        asked = _Asked(call, variables)
        data, errors = asked.answer(document), asked.errors
    content = {"data": cut(data, document.selected)}
    return Answer(200, {**content, "errors": errors} if errors else content)


@dataclass(slots=True)
class _Asked:
    """A query under way."""

    call: Call
    variables: Json
    errors: list[Json] = field(default_factory=list)

    def answer(self, document: Document) -> Json:
        token = self.call.held
        data: Json = {}
        for each in document.selected:
            if each.name == "viewer":
                data[each.alias] = {"login": token.actor.user.login, "databaseId": token.actor.user.id}
            elif each.name == "repository":
                data[each.alias] = self._repository(each)
            elif each.name == "node":
                data[each.alias] = self._node(each)
            else:
                raise NotImplementedError(f"the sandbox does not know the query {each.name}")
        return data

    def fail(self, message: str, kind: str = "NOT_FOUND") -> None:
        self.errors.append({"type": kind, "message": message})

    def _repository(self, selected: Selected) -> Json | None:
        wanted = given(selected.arguments, self.variables)
        name = f"{wanted['owner']}/{wanted['name']}"
        repository = self.call.world.repository(name)
        if repository is None or not visible(self.call.held, repository):
            self.fail(f"Could not resolve to a Repository with the name '{name}'.")
            return None
        return self._shown(repository, selected.selected)

    def _node(self, selected: Selected) -> Json | None:
        """A repository by its id; nothing else is asked for so."""
        wanted = given(selected.arguments, self.variables)["id"]
        for repository in self.call.world.repositories.values():
            is_it = node_id("R", repository.id) == wanted and not repository.deleted
            if is_it and visible(self.call.held, repository):
                inner = tuple(each for part in selected.selected for each in (part.selected if part.on else (part,)))
                return {"__typename": "Repository", **(self._shown(repository, inner) or {})}
        self.fail(f"Could not resolve to a node with the global id of '{wanted}'.")
        return None

    def _shown(self, repository: Repository, selected: tuple[Selected, ...]) -> Json | None:
        shown: Json = {
            "id": node_id("R", repository.id),
            "databaseId": repository.id,
            "nameWithOwner": repository.full_name,
            "isArchived": repository.archived,
        }
        for each in selected:
            if each.name not in shown:
                shown[each.alias] = _FIELDS[each.name](self, repository, each)
        return None if shown.get("branchProtectionRules", "") is None else shown

    def may(self, repository: Repository, needs: str, role: str = "read") -> bool:
        """Return whether the token may; says once that it may not."""
        if allowed(self.call.held, repository, needs, role):
            return True
        if all(error["type"] != "FORBIDDEN" for error in self.errors):
            self.fail(FORBIDDEN, "FORBIDDEN")
        return False

    def ref(self, repository: Repository, selected: Selected) -> Json | None:
        """A branch's end; null where there is none, or where it may not be read."""
        default = f"refs/heads/{repository.default_branch}"
        name = str(given(selected.arguments, self.variables).get("qualifiedName", default))
        commit = repository.git.refs().get(name) if self.may(repository, "contents:read") else None
        return {"name": name.removeprefix("refs/heads/"), "target": {"oid": commit}} if commit else None

    def label(self, repository: Repository, selected: Selected) -> Json | None:
        label = repository.labels.get(str(given(selected.arguments, self.variables)["name"]).lower())
        return {"id": node_id("LA", label.id), "name": label.name} if label else None

    def issue(self, repository: Repository, selected: Selected) -> Json | None:
        """An issue, or with `issueOrPullRequest` also a pull request."""
        number = int(given(selected.arguments, self.variables)["number"])
        issue = repository.issues.get(number)
        is_either = selected.name == "issueOrPullRequest"
        if issue is None or (issue.pull is not None and not is_either):
            what = "an issue or pull request" if is_either else "an Issue"
            self.fail(f"Could not resolve to {what} with the number of {number}.")
            return None
        return issue_json(issue) if self.may(repository, "issues|pull_requests:read") else None

    def pull(self, repository: Repository, selected: Selected) -> Json | None:
        number = int(given(selected.arguments, self.variables)["number"])
        issue = repository.issues.get(number)
        if issue is None or issue.pull is None:
            self.fail(f"Could not resolve to a PullRequest with the number of {number}.")
            return None
        threads = next(each for each in selected.selected if each.name == "reviewThreads")
        return {"reviewThreads": self._threads(issue, given(threads.arguments, self.variables).get("after"))}

    def _threads(self, issue: Issue, after: str | None) -> Json:
        """A hundred from `after` on."""
        pull, begin = issue.pull, int(after or 0)
        if pull is None:
            raise TypeError("not a pull request")
        may = allowed(self.call.held, issue.repository, "contents:write", "write")
        roots = [comment.id for comment in pull.comments if not comment.reply_to]
        nodes = [
            {
                "id": node_id("PRRT", root),
                "isResolved": root in pull.resolved,
                "viewerCanResolve": may and root not in pull.resolved,
                "comments": {"nodes": [{"id": node_id("PRRC", root)}]},
            }
            for root in roots[begin : begin + _PAGE]
        ]
        page = {"hasNextPage": len(roots) > begin + _PAGE, "endCursor": str(begin + _PAGE)}
        return {"pageInfo": page, "nodes": nodes}

    def rules(self, repository: Repository, _selected: Selected) -> Json | None:
        """Classic rules, as those see them who administer the repository; to others there are none."""
        if not self.may(repository, "administration:read", "admin"):
            return None
        flags = (
            "requiresCommitSignatures",
            "requiresApprovingReviews",
            "restrictsPushes",
            "blocksCreations",
            "lockBranch",
        )
        protected = {name: {"requiresApprovingReviews"} for name in repository.protected}
        rules = {**protected, **repository.protection_rules}
        nodes = [{"pattern": pattern, **{flag: flag in rule for flag in flags}} for pattern, rule in rules.items()]
        return {"nodes": nodes}


_FIELDS: dict[str, Callable[[_Asked, Repository, Selected], Json | None]] = {
    "defaultBranchRef": _Asked.ref,
    "ref": _Asked.ref,
    "label": _Asked.label,
    "issue": _Asked.issue,
    "issueOrPullRequest": _Asked.issue,
    "pullRequest": _Asked.pull,
    "branchProtectionRules": _Asked.rules,
}


def issue_json(issue: Issue) -> Json:
    """An issue or a pull request; texts, names and times are REST's, numbers beyond 31 bits are texts."""
    nodes = [{"id": node_id("LA", label.id), "name": label.name} for label in issue.labels]
    return {
        "__typename": "PullRequest" if issue.pull else "Issue",
        "id": node_id("I", issue.id),
        "fullDatabaseId": str(issue.id),
        "number": issue.number,
        "title": issue.title,
        "body": issue.body or "",
        "state": "MERGED" if issue.pull and issue.pull.merged_at else issue.state.upper(),
        "url": issue.html_url,
        "createdAt": stamp(issue.created_at),
        "updatedAt": stamp(issue.updated_at),
        "closedAt": stamp_or_none(issue.closed_at),
        "lastEditedAt": stamp_or_none(issue.edited_at),
        "author": account_json(issue.user),
        "comments": {"totalCount": len(issue.comments)},
        "labels": {"nodes": nodes[:_PAGE], "totalCount": len(nodes)},
        "issueDependenciesSummary": {"blockedBy": sum(each.state == "open" for each in issue.blocked_by)},
    }


def account_json(user: User) -> Json | None:
    """Null for a deleted account; a bot's login is without `[bot]`: https://github.com/Untrivial-ai/agent-orchestrator/pull/709."""
    if user.deleted:
        return None
    return {"__typename": user.kind, "login": user.login.removesuffix("[bot]"), "databaseId": user.id}
