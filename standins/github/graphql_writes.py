"""What a GraphQL mutation changes: its fields one after the other, each done or failed on its own.

docs.github.com/graphql/reference/mutations (read 2026-11-30): updateRefs, pinIssue, resolveReviewThread, addComment,
updateIssueComment, addLabelsToLabelable, removeLabelsFromLabelable, addReaction. That they run in order, and that one
that fails is null beside its error and ends none of the others: https://spec.graphql.org/October2021/#sec-Mutation.
That taking a label off which is not there is no error: https://github.com/eltmon/overdeck/issues/2201.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from standins.github.branches import refuse_protected
from standins.github.call import BODY_LIMIT, Call, Refusal
from standins.github.comments import post
from standins.github.git import ZERO
from standins.github.git_data import refuse_workflows
from standins.github.graphql_documents import given
from standins.github.labels import EITHER
from standins.github.people import node_id
from standins.github.reactions import give
from standins.github.signatures import refuse_unsigned
from standins.github.tokens import FORBIDDEN, allowed, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from standins.github.comments import Comment
    from standins.github.graphql_documents import Document
    from standins.github.issues import Issue
    from standins.github.labels import Label
    from standins.github.people import Json
    from standins.github.repositories import Repository

MOST_PINS = 3


class Failed(Exception):
    """One field of the mutation failed."""

    def __init__(self, message: str, kind: str = "UNPROCESSABLE") -> None:
        super().__init__(message)
        self.kind = kind


def carry_out(call: Call, document: Document, variables: Json) -> tuple[Json, list[Json]]:
    """Return what each field came to, and the errors."""
    data: Json = {}
    errors: list[Json] = []
    for each in document.selected:
        try:
            data[each.alias] = _FIELDS[each.name](call, given(each.arguments, variables)["input"])
        except Failed as error:
            data[each.alias] = None
            errors.append({"type": error.kind, "path": [each.alias], "message": str(error)})
    return data, errors


def _unresolved(wanted: str) -> Failed:
    return Failed(f"Could not resolve to a node with the global id of '{wanted}'", "NOT_FOUND")


def _refuse_forbidden(call: Call, repository: Repository, *needs: str, role: str = "write") -> None:
    call.found = repository
    if repository.archived:
        raise Failed("Repository was archived so is read-only.", "FORBIDDEN")
    if not all(allowed(call.held, repository, each, role) for each in needs):
        raise Failed(FORBIDDEN, "FORBIDDEN")


def _repositories(call: Call) -> list[Repository]:
    return [each for each in call.world.repositories.values() if not each.deleted and visible(call.token, each)]


def _issues(call: Call) -> Iterator[Issue]:
    return (issue for each in _repositories(call) for issue in each.issues.values())


def _issue(call: Call, wanted: str) -> Issue:
    issue = next((issue for issue in _issues(call) if node_id("I", issue.id) == wanted), None)
    if issue is None:
        raise _unresolved(wanted)
    return issue


def _comment(call: Call, wanted: str) -> Comment:
    comments = (comment for issue in _issues(call) for comment in issue.comments)
    comment = next((comment for comment in comments if node_id("IC", comment.id) == wanted), None)
    if comment is None:
        raise _unresolved(wanted)
    return comment


def _label(repository: Repository, wanted: str) -> Label:
    label = next((each for each in repository.labels.values() if node_id("LA", each.id) == wanted), None)
    if label is None:
        raise _unresolved(wanted)
    return label


def _update_refs(call: Call, wanted: Json) -> Json:
    """All or none; whatever is wrong with one, the answer does not say what it was."""
    named = (each for each in _repositories(call) if node_id("R", each.id) == wanted["repositoryId"])
    repository = next(named, None)
    if repository is None:
        raise _unresolved(wanted["repositoryId"])
    _refuse_forbidden(call, repository, "contents:write")
    before = repository.git.refs()
    try:
        lines = [_update(call, before, update) for update in wanted["refUpdates"]]
    except Refusal as error:
        raise Failed("Reference cannot be updated") from error
    repository.git.run("update-ref", "--stdin", data="".join(lines).encode())
    repository.refs_changed(before, call.actor)
    return {"clientMutationId": None}


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


def _pin_issue(call: Call, wanted: Json) -> Json:
    """Up to three of a repository; which one token may and another not is not documented, so whoever may write."""
    issue = _issue(call, wanted["issueId"])
    repository = issue.repository
    _refuse_forbidden(call, repository, "issues:write")
    if issue.number not in repository.pinned:
        if len(repository.pinned) >= MOST_PINS:
            raise Failed("Maximum 3 pinned issues per repository")
        repository.pinned.append(issue.number)
    return {"issue": {"number": issue.number}}


def _resolve_thread(call: Call, wanted: Json) -> Json:
    """Wants the right to write contents: github.com/github/gh-aw/issues/35726."""
    pulls = (issue.pull for issue in _issues(call) if issue.pull)
    threads = ((pull, comment.id) for pull in pulls for comment in pull.comments if not comment.reply_to)
    pull, root = next((each for each in threads if node_id("PRRT", each[1]) == wanted["threadId"]), (None, 0))
    if pull is None:
        raise _unresolved(wanted["threadId"])
    _refuse_forbidden(call, pull.repository, "contents:write", "pull_requests:write")
    pull.resolved.add(root)
    return {"thread": {"isResolved": True}}


def _add_comment(call: Call, wanted: Json) -> Json:
    issue = _issue(call, wanted["subjectId"])
    _refuse_forbidden(call, issue.repository, f"{EITHER}:write", role="read")
    if issue.locked and not allowed(call.held, issue.repository, f"{EITHER}:write", "write"):
        raise Failed("Unable to create comment because issue is locked.", "FORBIDDEN")
    comment = post(issue, _text(wanted), call.actor)
    return {"subject": {"id": wanted["subjectId"]}, "commentEdge": {"node": _comment_json(comment)}}


def _update_comment(call: Call, wanted: Json) -> Json:
    comment = _comment(call, wanted["id"])
    _refuse_forbidden(call, comment.issue.repository, f"{EITHER}:write")
    comment.edit(_text(wanted), call.actor)
    return {"issueComment": _comment_json(comment)}


def _text(wanted: Json) -> str:
    text = str(wanted["body"])
    if not text.strip():
        raise Failed("Body cannot be blank")
    if len(text) > BODY_LIMIT:
        raise Failed(f"Body is too long (maximum is {BODY_LIMIT} characters)")
    return text


def _comment_json(comment: Comment) -> Json:
    from standins.github.graphql import account_json

    return {
        "id": node_id("IC", comment.id),
        "fullDatabaseId": str(comment.id),
        "url": f"{comment.issue.html_url}#issuecomment-{comment.id}",
        "body": comment.body,
        "author": account_json(comment.user),
    }


def _label_issue(call: Call, wanted: Json, change: Callable[[Issue, str], None]) -> Json:
    """All labels or none: an id that is none of the repository's is found before anything is done."""
    from standins.github.graphql import issue_json

    issue = _issue(call, wanted["labelableId"])
    _refuse_forbidden(call, issue.repository, f"{EITHER}:write", role="triage")
    for label in [_label(issue.repository, each) for each in wanted["labelIds"]]:
        change(issue, label.name)
    return {"labelable": {"__typename": "Issue", "labels": issue_json(issue)["labels"]}}


def _add_labels(call: Call, wanted: Json) -> Json:
    return _label_issue(call, wanted, lambda issue, name: issue.label(name, call.actor))


def _remove_labels(call: Call, wanted: Json) -> Json:
    return _label_issue(call, wanted, lambda issue, name: issue.unlabel(name, call.actor))


def _add_reaction(call: Call, wanted: Json) -> Json:
    """The same again changes nothing."""
    subject = wanted["subjectId"]
    if subject.startswith("I_"):
        issue = _issue(call, subject)
        reactions = issue.reactions
    else:
        comment = _comment(call, subject)
        issue, reactions = comment.issue, comment.reactions
    _refuse_forbidden(call, issue.repository, f"{EITHER}:write", role="read")
    reaction = give(call.world, reactions, call.actor.user, _CONTENTS[wanted["content"]])
    return {"reaction": {"id": node_id("REA", reaction.id), "content": wanted["content"]}}


_CONTENTS = {
    "THUMBS_UP": "+1",
    "THUMBS_DOWN": "-1",
    "LAUGH": "laugh",
    "CONFUSED": "confused",
    "HEART": "heart",
    "HOORAY": "hooray",
    "ROCKET": "rocket",
    "EYES": "eyes",
}
_FIELDS: dict[str, Callable[[Call, Any], Json]] = {
    "updateRefs": _update_refs,
    "pinIssue": _pin_issue,
    "resolveReviewThread": _resolve_thread,
    "addComment": _add_comment,
    "updateIssueComment": _update_comment,
    "addLabelsToLabelable": _add_labels,
    "removeLabelsFromLabelable": _remove_labels,
    "addReaction": _add_reaction,
}
