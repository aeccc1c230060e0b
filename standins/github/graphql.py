"""The GraphQL endpoint, as far as anybody here asks: edits of texts, refs moved together, classic rules, pins, threads,
a repository with the ends of branches and whose token it is.

docs.github.com/graphql/reference/interfaces#comment, /mutations#updaterefs, /mutations#pinissue,
/mutations#resolvereviewthread, /objects#pullrequestreviewthread,
/objects#branchprotectionrule (read 2026-11-29). Of a query only its name and the variables are read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from standins.github.branches import refuse_protected
from standins.github.call import Answer, Call, Refusal, route
from standins.github.clock import stamp_or_none
from standins.github.git import ZERO
from standins.github.git_data import refuse_workflows
from standins.github.people import node_id
from standins.github.signatures import refuse_unsigned
from standins.github.tokens import FORBIDDEN, allowed, visible

if TYPE_CHECKING:
    from standins.github.people import Json
    from standins.github.repositories import Repository

MOST_PINS = 3
_PAGE = 100


@route("POST", "/api/graphql")
def query(call: Call) -> Answer:
    if call.token is None:
        raise Refusal(401, "This endpoint requires you to be authenticated.")
    text = call.body.get("query", "")
    for word, answer in (
        ("updateRefs", _update_refs),
        ("defaultBranchRef", _first_look),
        ("branchProtectionRules", _protection_rules),
        ("pinIssue", _pin_issue),
        ("reviewThreads", _review_threads),
        ("resolveReviewThread", _resolve_thread),
    ):
        if word in text:
            return answer(call)
    if "lastEditedAt" not in text:
        return Answer(200, {"errors": [{"message": "the sandbox does not know this query"}]})
    given = call.body["variables"]
    name = f"{given['owner']}/{given['name']}"
    repository = call.world.repository(name)
    if repository is None or not visible(call.token, repository):
        return _unresolved(f"a Repository with the name '{name}'", {"repository": None})
    issue = repository.issues.get(given["number"])
    if issue is None:
        missing = {"repository": {"issueOrPullRequest": None}}
        return _unresolved(f"an issue or pull request with the number of {given['number']}", missing)
    shown = {"lastEditedAt": stamp_or_none(issue.edited_at)}
    return Answer(200, {"data": {"repository": {"issueOrPullRequest": shown}}})


def _unresolved(what: str, data: object) -> Answer:
    return Answer(200, {"data": data, "errors": [{"type": "NOT_FOUND", "message": f"Could not resolve to {what}."}]})


def _first_look(call: Call) -> Answer:
    """The token's account and a repository; its refs are null where they are missing, or may not be read."""
    given, token = call.body["variables"], call.held
    viewer = {"login": token.actor.user.login, "databaseId": token.actor.user.id}
    name = f"{given['owner']}/{given['name']}"
    repository = call.world.repository(name)
    if repository is None or not visible(token, repository):
        return _unresolved(f"a Repository with the name '{name}'", {"viewer": viewer, "repository": None})
    refs = {each: _ref(repository, str(ref)) for each, ref in given.items() if each.startswith("ref")}
    default = f"refs/heads/{repository.default_branch}"
    shown = {
        "id": node_id("R", repository.id),
        "databaseId": repository.id,
        "nameWithOwner": repository.full_name,
        "isArchived": repository.archived,
        "defaultBranchRef": _ref(repository, default),
        **refs,
    }
    if allowed(token, repository, "contents:read", "read"):
        return Answer(200, {"data": {"viewer": viewer, "repository": shown}})
    hidden = {**shown, "defaultBranchRef": None, **dict.fromkeys(refs)}
    failure = {"type": "FORBIDDEN", "message": FORBIDDEN}
    return Answer(200, {"data": {"viewer": viewer, "repository": hidden}, "errors": [failure]})


def _ref(repository: Repository, name: str) -> Json | None:
    commit = repository.git.refs().get(name)
    return {"name": name.removeprefix("refs/heads/"), "target": {"oid": commit}} if commit else None


def _update_refs(call: Call) -> Answer:
    """All or none; whatever is wrong with one, the answer does not say what it was."""
    given = call.body["variables"]["input"]
    repository = next((each for each in _repositories(call) if node_id("R", each.id) == given["repositoryId"]), None)
    token = call.token
    if repository is None or token is None:
        return _unresolved(f"a node with the global id of '{given['repositoryId']}'", {"updateRefs": None})
    if not allowed(token, repository, "contents:write", "write"):
        return Answer(200, {"data": {"updateRefs": None}, "errors": [{"type": "FORBIDDEN", "message": FORBIDDEN}]})
    call.found = repository
    before = repository.git.refs()
    try:
        lines = [_update(call, before, update) for update in given["refUpdates"]]
    except Refusal:
        failure = {"type": "UNPROCESSABLE", "message": "Reference cannot be updated"}
        return Answer(200, {"data": {"updateRefs": None}, "errors": [failure]})
    repository.git.run("update-ref", "--stdin", data="".join(lines).encode())
    repository.refs_changed(before, call.actor)
    return Answer(200, {"data": {"updateRefs": {"clientMutationId": None}}})


def _update(call: Call, refs: dict[str, str], update: Json) -> str:
    """One line for `git update-ref --stdin`."""
    repository, name, new = call.repository, str(update["name"]), str(update["afterOid"])
    old = refs.get(name, ZERO)
    if update.get("beforeOid") not in (None, old) or not name.startswith("refs/"):
        raise Refusal(422, "it is elsewhere")
    refuse_protected(repository, name.removeprefix("refs/heads/"))
    if new == ZERO and old == ZERO:
        raise Refusal(422, "no such reference")
    if new == ZERO:
        return f"delete {name} {old}\n"
    if repository.git.kind(new) != "commit":
        raise Refusal(422, "no such commit")
    if old != ZERO and not update.get("force") and not repository.git.is_ancestor(old, new):
        raise Refusal(422, "not a fast forward")
    refuse_unsigned(repository, name, new)
    refuse_workflows(call, new)
    return f"update {name} {new} {old}\n"


def _pin_issue(call: Call) -> Answer:
    """Up to three of a repository; which one token may and another not is not documented, so whoever may write."""
    wanted = call.body["variables"]["id"]
    listed = (issue for each in _repositories(call) for issue in each.issues.values())
    issue = next((issue for issue in listed if node_id("I", issue.id) == wanted), None)
    if issue is None or call.token is None:
        return _unresolved(f"a node with the global id of '{wanted}'", {"pinIssue": None})
    repository = call.found = issue.repository
    if not allowed(call.token, repository, "issues:write", "write"):
        return Answer(200, {"data": {"pinIssue": None}, "errors": [{"type": "FORBIDDEN", "message": FORBIDDEN}]})
    if issue.number not in repository.pinned:
        if len(repository.pinned) >= MOST_PINS:
            failure = {"type": "UNPROCESSABLE", "message": "Maximum 3 pinned issues per repository"}
            return Answer(200, {"data": {"pinIssue": None}, "errors": [failure]})
        repository.pinned.append(issue.number)
    return Answer(200, {"data": {"pinIssue": {"issue": {"number": issue.number}}}})


def _review_threads(call: Call) -> Answer:
    """A hundred from `after` on."""
    given = call.body["variables"]
    name, after = f"{given['owner']}/{given['name']}", int(given.get("after") or 0)
    repository = call.world.repository(name)
    if repository is None or call.token is None or not visible(call.token, repository):
        return _unresolved(f"a Repository with the name '{name}'", {"repository": None})
    issue = repository.issues.get(given["number"])
    if issue is None or issue.pull is None:
        return _unresolved(f"a PullRequest with the number of {given['number']}", {"repository": {"pullRequest": None}})
    may = allowed(call.token, repository, "contents:write", "write")
    roots = [comment.id for comment in issue.pull.comments if not comment.reply_to]
    nodes = [
        {
            "id": node_id("PRRT", root),
            "isResolved": root in issue.pull.resolved,
            "viewerCanResolve": may and root not in issue.pull.resolved,
            "comments": {"nodes": [{"id": node_id("PRRC", root)}]},
        }
        for root in roots[after : after + _PAGE]
    ]
    page = {"hasNextPage": len(roots) > after + _PAGE, "endCursor": str(after + _PAGE)}
    return Answer(200, {"data": {"repository": {"pullRequest": {"reviewThreads": {"pageInfo": page, "nodes": nodes}}}}})


def _resolve_thread(call: Call) -> Answer:
    """Wants the right to write contents: github.com/github/gh-aw/issues/35726."""
    wanted = call.body["variables"]["id"]
    pulls = (issue.pull for each in _repositories(call) for issue in each.issues.values() if issue.pull)
    threads = ((pull, comment.id) for pull in pulls for comment in pull.comments if not comment.reply_to)
    pull, root = next((each for each in threads if node_id("PRRT", each[1]) == wanted), (None, 0))
    if pull is None or call.token is None:
        return _unresolved(f"a node with the global id of '{wanted}'", {"resolveReviewThread": None})
    call.found = pull.repository
    if not all(
        allowed(call.token, pull.repository, f"{right}:write", "write") for right in ("contents", "pull_requests")
    ):
        forbidden = {"type": "FORBIDDEN", "message": FORBIDDEN}
        return Answer(200, {"data": {"resolveReviewThread": None}, "errors": [forbidden]})
    pull.resolved.add(root)
    return Answer(200, {"data": {"resolveReviewThread": {"thread": {"isResolved": True}}}})


def _repositories(call: Call) -> list[Repository]:
    return [each for each in call.world.repositories.values() if not each.deleted and visible(call.token, each)]


def _protection_rules(call: Call) -> Answer:
    """Classic rules, as those see them who administer the repository; to others there are none."""
    given = call.body["variables"]
    name = f"{given['owner']}/{given['name']}"
    repository = call.world.repository(name)
    if repository is None or call.token is None or not visible(call.token, repository):
        return _unresolved(f"a Repository with the name '{name}'", {"repository": None})
    if not allowed(call.token, repository, "administration:read", "admin"):
        return Answer(200, {"data": {"repository": None}, "errors": [{"type": "FORBIDDEN", "message": FORBIDDEN}]})
    flags = ("requiresCommitSignatures", "requiresApprovingReviews", "restrictsPushes", "blocksCreations", "lockBranch")
    rules = {**{name: {"requiresApprovingReviews"} for name in repository.protected}, **repository.protection_rules}
    nodes = [{"pattern": pattern, **{flag: flag in rule for flag in flags}} for pattern, rule in rules.items()]
    return Answer(200, {"data": {"repository": {"branchProtectionRules": {"nodes": nodes}}}})
