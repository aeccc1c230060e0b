"""Issues (a pull request is one too)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from standins.github.clock import stamp, stamp_or_none
from standins.github.labels import Label, label_named
from standins.github.people import Actor, Json, Via, as_typed, node_id, simple_user
from standins.github.permissions import assignable
from standins.github.reactions import Reactions, rollup
from standins.github.repository_json import repository_json
from standins.github.timeline import Timeline

if TYPE_CHECKING:
    from datetime import datetime

    from standins.github.comments import Comment
    from standins.github.people import User
    from standins.github.pulls import Pull
    from standins.github.repositories import Repository


@dataclass(slots=True)
class Issue:
    """One issue; the methods are what people do in the browser, `by` a login or an Actor."""

    repository: Repository
    id: int
    number: int
    title: str
    body: str | None
    user: User
    via: Via
    created_at: datetime
    updated_at: datetime
    state: str = "open"
    state_reason: str | None = None
    closed_at: datetime | None = None
    locked: bool = False
    labels: list[Label] = field(default_factory=list)
    assignees: list[User] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    reactions: Reactions = field(default_factory=Reactions)
    timeline: Timeline = field(default_factory=Timeline)
    pull: Pull | None = None
    blocked_by: list[Issue] = field(default_factory=list)  # GitHub's own dependencies
    edited_at: datetime | None = None  # of the body; of a title only the timeline tells

    @property
    def path(self) -> str:
        return f"/issues/{self.number}"

    @property
    def url(self) -> str:
        return self.repository.api(self.path)

    @property
    def html_url(self) -> str:
        return self.repository.html(f"/{'pull' if self.pull else 'issues'}/{self.number}")

    @property
    def label_names(self) -> list[str]:
        return [label.name for label in self.labels]

    def label(self, name: str, by: str | Actor = "alice") -> None:
        """Add a label; one that is there already causes no event."""
        with self.repository.world.lock:
            label = label_named(self.repository, name)
            if label not in self.labels:
                self.labels.append(label)
                self._changed("labeled", by, label=label.json(self.repository))

    def unlabel(self, name: str, by: str | Actor = "alice") -> None:
        with self.repository.world.lock:
            label = label_named(self.repository, name)
            if label in self.labels:
                self.labels.remove(label)
                self._changed("unlabeled", by, label=label.json(self.repository))

    def comment(self, body: str, by: str | Actor = "alice") -> Comment:
        from standins.github.comments import post

        with self.repository.world.lock:
            return post(self, as_typed(body, by), self.repository.world.actor(by))

    def edit(self, by: str | Actor = "alice", *, title: str | None = None, body: str | None = None) -> None:
        with self.repository.world.lock:
            before: Json = {}
            if title is not None and title != self.title:
                before["title"] = {"from": self.title}
                self.timeline.add(
                    self, "renamed", self.repository.world.actor(by), rename={"from": self.title, "to": title}
                )
                self.title = title
            if body is not None and as_typed(body, by) != self.body:
                before["body"] = {"from": self.body or ""}
                self.body = as_typed(body, by)
                self.edited_at = self.repository.world.clock.now()
            if before:
                self._changed("edited", by, changes=before)

    def close(self, by: str | Actor = "alice", reason: str = "completed") -> None:
        with self.repository.world.lock:
            if self.state == "open":
                self.state, self.state_reason = "closed", None if self.pull else reason
                self.closed_at = self.repository.world.clock.now()
                self._changed("closed", by)

    def reopen(self, by: str | Actor = "alice") -> None:
        with self.repository.world.lock:
            if self.state == "closed":
                self.state, self.state_reason, self.closed_at = "open", None if self.pull else "reopened", None
                self._changed("reopened", by)
                if self.pull:
                    from standins.github.workflows import start_for_pull

                    start_for_pull(self.pull, "reopened", self.repository.world.actor(by))

    def assign(self, logins: list[str], by: str | Actor = "alice") -> None:
        """Assign; names that cannot be assigned are ignored without a word, as GitHub does."""
        with self.repository.world.lock:
            for login in logins:
                user = self.repository.world.user(login)
                if assignable(self.repository, login) and user not in self.assignees:
                    self.assignees.append(user)
                    self._changed("assigned", by, assignee=simple_user(self.repository.world, user))

    def unassign(self, logins: list[str], by: str | Actor = "alice") -> None:
        with self.repository.world.lock:
            for user in [each for each in self.assignees if each.login in logins]:
                self.assignees.remove(user)
                self._changed("unassigned", by, assignee=simple_user(self.repository.world, user))

    def delete(self, by: str | Actor = "alice") -> None:
        """410 from now on."""
        with self.repository.world.lock:
            self._changed("deleted", by)
            del self.repository.issues[self.number]
            self.repository.gone_issues.add(self.number)

    def transfer(self, to: Repository, by: str | Actor = "alice") -> Issue:
        """Move to another repository: 301 from now on."""
        with self.repository.world.lock:
            made = open_issue(to, self.title, self.body, Actor(self.user, self.via))
            self._changed("transferred", by, changes={"new_issue": made.json(), "new_repository": repository_json(to)})
            del self.repository.issues[self.number]
            self.repository.moved_issues[self.number] = made
            return made

    def _changed(self, action: str, by: str | Actor, **parts: object) -> None:
        actor = self.repository.world.actor(by)
        self.updated_at = self.repository.world.clock.now()
        if action not in ("edited", "deleted"):
            self.timeline.add(self, action, actor, **parts)
        event, name, shown = (
            ("pull_request", "pull_request", self.pull.json()) if self.pull else ("issues", "issue", self.json())
        )
        numbered = {"number": self.number} if self.pull else {}
        self.repository.emit(event, action, actor, **{name: shown}, **numbered, **parts)

    def json(self) -> Json:
        """OpenAPI's `issue`."""
        repository, world = self.repository, self.repository.world
        assignees = [simple_user(world, user) for user in self.assignees]
        shown: Json = {
            "url": self.url,
            "repository_url": repository.api(""),
            "labels_url": f"{self.url}/labels{{/name}}",
            "comments_url": f"{self.url}/comments",
            "events_url": f"{self.url}/events",
            "timeline_url": f"{self.url}/timeline",
            "html_url": self.html_url,
            "id": self.id,
            "node_id": node_id("I", self.id),
            "number": self.number,
            "title": self.title,
            "user": None if self.user.deleted else simple_user(world, self.user),
            "labels": [label.json(repository) for label in self.labels],
            "state": self.state,
            "state_reason": self.state_reason,
            "locked": self.locked,
            "assignee": assignees[0] if assignees else None,
            "assignees": assignees,
            "milestone": None,
            "comments": len(self.comments),
            "created_at": stamp(self.created_at),
            "updated_at": stamp(self.updated_at),
            "closed_at": stamp_or_none(self.closed_at),
            "author_association": association(repository, self.user),
            "active_lock_reason": None,
            "body": self.body,
            "closed_by": None,
            "issue_dependencies_summary": {
                "blocked_by": sum(other.state == "open" for other in self.blocked_by),
                "blocking": 0,
                "total_blocked_by": len(self.blocked_by),
                "total_blocking": 0,
            },
            "reactions": rollup(self.reactions, f"{self.url}/reactions"),
            "performed_via_github_app": world.app.json() if self.via is Via.APP else None,
        }
        return shown if self.pull is None else {**shown, "draft": self.pull.draft, "pull_request": self.pull.links()}


def association(repository: Repository, user: User) -> str:
    """`author_association`, which is not a permission."""
    if user.login == repository.owner.login:
        return "OWNER"
    if repository.role(user.login) == "none":
        return "NONE"
    return "MEMBER" if repository.owner.kind == "Organization" else "COLLABORATOR"


def open_issue(repository: Repository, title: str, body: str | None, by: Actor) -> Issue:
    """A new issue with the next number, and its event."""
    issue = numbered(repository, title, body, by)
    repository.emit("issues", "opened", by, issue=issue.json())
    return issue


def numbered(repository: Repository, title: str, body: str | None, by: Actor) -> Issue:
    """A new issue without an event: pull requests take their numbers from the same row."""
    world = repository.world
    number, now = 1 + max([0, *repository.issues, *repository.moved_issues, *repository.gone_issues]), world.clock.now()
    issue = Issue(repository, world.next_id("issue"), number, title, body, by.user, by.via, now, now)
    repository.issues[number] = issue
    return issue
