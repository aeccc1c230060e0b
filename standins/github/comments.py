"""Comments on issues and pull requests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from standins.github.call import Answer, Call, Refusal, not_found, route
from standins.github.clock import stamp
from standins.github.issues import association
from standins.github.labels import EITHER
from standins.github.people import Json, Via, as_typed, node_id, simple_user
from standins.github.reactions import Reactions, rollup

if TYPE_CHECKING:
    from datetime import datetime

    from standins.github.issues import Issue
    from standins.github.people import Actor, User


@dataclass(slots=True)
class Comment:
    """One comment; `edits` counts how often its text was changed."""

    issue: Issue
    id: int
    body: str
    user: User
    via: Via
    created_at: datetime
    updated_at: datetime
    edits: int = 0
    reactions: Reactions = field(default_factory=Reactions)

    @property
    def url(self) -> str:
        return self.issue.repository.api(f"/issues/comments/{self.id}")

    def edit(self, body: str, by: str | Actor = "alice") -> None:
        world = self.issue.repository.world
        with world.lock:
            changes = {"body": {"from": self.body}}
            self.body, self.updated_at, self.edits = as_typed(body, by), world.clock.now(), self.edits + 1
            self._emit("edited", world.actor(by), changes=changes)

    def delete(self, by: str | Actor = "alice") -> None:
        world = self.issue.repository.world
        with world.lock:
            self.issue.comments.remove(self)
            self._emit("deleted", world.actor(by))

    def _emit(self, action: str, by: Actor, **parts: object) -> None:
        self.issue.repository.emit("issue_comment", action, by, issue=self.issue.json(), comment=self.json(), **parts)

    def json(self) -> Json:
        """OpenAPI's `issue-comment`."""
        repository, world = self.issue.repository, self.issue.repository.world
        return {
            "url": self.url,
            "html_url": f"{self.issue.html_url}#issuecomment-{self.id}",
            "issue_url": self.issue.url,
            "id": self.id,
            "node_id": node_id("IC", self.id),
            "user": None if self.user.deleted else simple_user(world, self.user),
            "created_at": stamp(self.created_at),
            "updated_at": stamp(self.updated_at),
            "author_association": association(repository, self.user),
            "body": self.body,
            "reactions": rollup(self.reactions, f"{self.url}/reactions"),
            "performed_via_github_app": world.app.json() if self.via is Via.APP else None,
        }


def post(issue: Issue, body: str, by: Actor) -> Comment:
    """Write a comment, and its event."""
    world = issue.repository.world
    now = world.clock.now()
    comment = Comment(issue, world.next_id("comment"), body, by.user, by.via, now, now)
    issue.comments.append(comment)
    issue.updated_at = now
    comment._emit("created", by)
    return comment


def comment_of(call: Call) -> Comment:
    """The comment that a call names, of any issue of the repository."""
    number = int(call.parameters["comment"])
    for issue in call.repository.issues.values():
        for comment in issue.comments:
            if comment.id == number:
                return comment
    raise not_found()


def _own(call: Call) -> Comment:
    """Others' comments may be changed by writers; GITHUB_TOKEN and Apps with write permission are such."""
    comment = comment_of(call)
    person = call.token is not None and call.token.permissions is None
    if (
        person
        and comment.user is not call.actor.user
        and call.repository.role(call.actor.user.login) in ("read", "triage")
    ):
        raise Refusal(403, "Must have admin rights to Repository.")
    return comment


@route("GET", "/repos/{owner}/{repo}/issues/{number}/comments", needs=f"{EITHER}:read")
def index(call: Call) -> Answer:
    since = call.query.get("since", "")
    return call.list([each.json() for each in call.issue.comments if stamp(each.updated_at) >= since])


@route("POST", "/repos/{owner}/{repo}/issues/{number}/comments", needs=f"{EITHER}:write", role="read")
def create(call: Call) -> Answer:
    issue, body = call.issue, call.text("body", resource="IssueComment")
    if issue.locked:
        raise Refusal(403, "Unable to create comment because issue is locked.")
    return Answer(201, issue.comment(body, call.actor).json())


@route("GET", "/repos/{owner}/{repo}/issues/comments", needs=f"{EITHER}:read")
def all_comments(call: Call) -> Answer:
    since, found = (
        call.query.get("since", ""),
        [each for issue in call.repository.issues.values() for each in issue.comments],
    )
    kept = sorted((each for each in found if stamp(each.updated_at) >= since), key=lambda each: each.id)
    return call.list([each.json() for each in by_time(call, kept)])


def by_time(call: Call, items: list[Any]) -> list[Any]:
    """In the order that is asked for; `direction` counts only with `sort`: docs.github.com/rest/issues/comments."""
    if (sort := call.query.get("sort")) is None:
        return items
    items = sorted(items, key=lambda each: (getattr(each, f"{sort}_at"), each.id))
    return items if call.query.get("direction", "asc") == "asc" else items[::-1]


@route("GET", "/repos/{owner}/{repo}/issues/comments/{comment}", needs=f"{EITHER}:read")
def show(call: Call) -> Answer:
    return Answer(200, comment_of(call).json())


@route("PATCH", "/repos/{owner}/{repo}/issues/comments/{comment}", needs=f"{EITHER}:write", role="read")
def update(call: Call) -> Answer:
    comment = _own(call)
    comment.edit(call.text("body", resource="IssueComment"), call.actor)
    return Answer(200, comment.json())


@route("DELETE", "/repos/{owner}/{repo}/issues/comments/{comment}", needs=f"{EITHER}:write", role="read")
def delete(call: Call) -> Answer:
    _own(call).delete(call.actor)
    return Answer(204)
