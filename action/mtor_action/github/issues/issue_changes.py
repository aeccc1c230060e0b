"""Change a comment, labels and a reaction on one issue in one request: the fields of one GraphQL mutation.

GitHub carries them out in order, each for itself: one that fails is null beside its error, and the others still happen
(https://docs.github.com/graphql/reference/mutations, https://spec.graphql.org/October2021/#sec-Mutation, read
2026-11-30). The request counts as one write. What it does not answer for is left to the caller, who does it by REST.
https://docs.github.com/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mtor_action.github.answers import Answer
from mtor_action.github.failures import LIMITED, GitHubError
from mtor_action.github.graphql_answers import AUTHOR, login_of
from mtor_action.github.issues.comments import Comment, marked
from mtor_action.github.remembering_client import OF_ISSUES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mtor_action.github.client import Client

_PAGE = 30  # how many labels REST's answer holds at least
_COMMENT = f"id fullDatabaseId url body {AUTHOR}"
_LABELS = "labelable { labels(first: 100) { totalCount nodes { id name } } }"
_FIELDS = {
    "posted": f"addComment(input: {{subjectId: $issue, body: $body}}) {{ commentEdge {{ node {{ {_COMMENT} }} }} }}",
    "edited": f"updateIssueComment(input: {{id: $comment, body: $body}}) {{ issueComment {{ {_COMMENT} }} }}",
    "added": f"addLabelsToLabelable(input: {{labelableId: $issue, labelIds: $added}}) {{ {_LABELS} }}",
    "taken": f"removeLabelsFromLabelable(input: {{labelableId: $issue, labelIds: $taken}}) {{ {_LABELS} }}",
    "reacted": "addReaction(input: {subjectId: $issue, content: $content}) { reaction { content } }",
}
_TYPES = {"issue": "ID!", "comment": "ID!", "added": "[ID!]!", "taken": "[ID!]!", "body": "String!"}
_CONTENTS = {"eyes": "EYES", "rocket": "ROCKET", "confused": "CONFUSED"}


@dataclass(frozen=True, slots=True)
class IssueChange:
    """What is to be changed of an issue or pull request; each part may be left out.

    `text` (Markdown) is for our comment with `marker`, the one with the id `comment_id`, or a new one for 0. `label` is
    to be there and none of `others`. `reaction` is REST's word for one to the issue itself.
    """

    marker: str = ""
    text: str = ""
    comment_id: int = 0
    label: str = ""
    others: tuple[str, ...] = ()
    reaction: str = ""


@dataclass(frozen=True, slots=True)
class ChangeMade:
    """What of it GitHub says that it has done."""

    comment: Comment | None = None
    labels: bool = False
    reaction: bool = False


@dataclass(frozen=True, slots=True)
class _ChangeField:
    """A field of the mutation: its alias, and for each of its variables the paths of what the ids in it belong to."""

    alias: str
    variables: Mapping[str, tuple[str, ...]]


def change_at_once(client: Client, number: int, change: IssueChange) -> ChangeMade:
    """Make all parts of the change whose ids are known, if that saves a request; return what GitHub says it has done.

    A refusal or a fault leaves all of it to REST, and so does an answer that says nothing of a part. It may have been
    done all the same: what was read of the issue is forgotten, so that a comment is looked for before it is posted.
    Raises GitHubError for a rate limit.
    """
    issue = client.recall(f"issues/{number}")
    if issue is not None:
        client.keep_id(f"issues/{number}", issue)
    parts = list(_parts(client, number, change))
    if not any(part.alias == "added" for part in parts) and len(parts) < 2:
        return ChangeMade()
    try:
        answer = _send(client, change, parts)
    except GitHubError as error:
        if error.kind in LIMITED:
            raise
        client.forget_reads()
        return ChangeMade()
    if answer.items("errors") or not isinstance(answer.at("data").value, dict):
        client.forget_reads()
        for path in (path for part in parts for paths in part.variables.values() for path in paths):
            client.node_ids.drop(client.repository_id, path)
    return _made(client, number, change, answer.at("data"))


def _parts(client: Client, number: int, change: IssueChange) -> Iterator[_ChangeField]:
    """Yield the parts that are asked for and whose ids are known, in the order in which they are done."""
    subject = {"issue": (f"issues/{number}",)}
    others = tuple(f"labels/{name}" for name in change.others if _id(client, f"labels/{name}"))
    asked: list[tuple[str, bool, Mapping[str, tuple[str, ...]]]] = [
        ("posted", bool(change.text) and not change.comment_id, subject),
        ("edited", bool(change.text and change.comment_id), {"comment": (f"issues/comments/{change.comment_id}",)}),
        # Before the others go: an issue under way always has a label that says so.
        ("added", bool(change.label), {**subject, "added": (f"labels/{change.label}",)}),
        ("taken", bool(change.label and others), {**subject, "taken": others}),
        ("reacted", change.reaction in _CONTENTS, subject),
    ]
    for alias, is_wanted, variables in asked:
        if is_wanted and all(_id(client, path) for paths in variables.values() for path in paths):
            yield _ChangeField(alias, variables)


def _id(client: Client, path: str) -> str:
    return client.node_ids.get(client.repository_id, path)


def _send(client: Client, change: IssueChange, parts: Sequence[_ChangeField]) -> Answer:
    """Send the mutation. After a fault it is not sent again: REST looks for what was done."""
    given: dict[str, Any] = {}
    for name, paths in (each for part in parts for each in part.variables.items()):
        ids = [_id(client, path) for path in paths]
        given[name] = ids if _TYPES[name].startswith("[") else ids[0]
    if any(part.alias in ("posted", "edited") for part in parts):
        given["body"] = marked(change.marker, change.text)
    declared = ", ".join(f"${name}: {_TYPES[name]}" for name in given)
    fields = "\n".join(f"  {part.alias}: {_FIELDS[part.alias]}" for part in parts)
    fields = fields.replace("$content", _CONTENTS.get(change.reaction, ""))
    body = {"query": f"mutation {OF_ISSUES}({declared}) {{\n{fields}\n}}", "variables": given}
    return client.call("POST", client.graphql_address, body)


def _made(client: Client, number: int, change: IssueChange, data: Answer) -> ChangeMade:
    posted = data.at("posted", "commentEdge", "node")
    comment = _read_comment(client, posted if posted.value else data.at("edited", "issueComment"))
    if posted.value and comment:  # whose comment was edited, need not be who edits it
        client.own_id = comment.author_id or client.own_id
    last = "taken" if data.at("taken").value else "added"
    return ChangeMade(
        comment=comment,
        labels=_are_right(client, number, change, data.at(last, "labelable", "labels")),
        reaction=bool(data.text("reacted", "reaction", "content")),
    )


def _read_comment(client: Client, node: Answer) -> Comment | None:
    number = str(node.at("fullDatabaseId").value)
    if not (number.isascii() and number.isdecimal() and node.text("id")):
        return None
    author = node.at("author")
    comment = Comment(int(number), node.text("url"), node.text("body"), author.number("databaseId"), login_of(author))
    client.keep_id(f"issues/comments/{comment.id}", node)
    return comment


def _are_right(client: Client, number: int, change: IssueChange, labels: Answer) -> bool:
    """Return whether the labels that the issue has now are as they should be: an id may have been missing."""
    nodes = labels.items("nodes")
    if not nodes or labels.number("totalCount") != len(nodes):
        return False
    names = [node.text("name") for node in nodes]
    for node in nodes:
        client.keep_id(f"labels/{node.text('name')}", node)
    folded, others = {name.casefold() for name in names}, {name.casefold() for name in change.others}
    if change.label.casefold() not in folded or folded & (others - {change.label.casefold()}):
        return False
    if len(names) < _PAGE:
        client.know(f"issues/{number}/labels", Answer([{"name": name} for name in names]))
    return True
