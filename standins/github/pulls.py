"""Pull requests: an issue with a head and a base."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from standins.github.clock import stamp_or_none
from standins.github.issues import Issue, numbered
from standins.github.people import Actor, Json, as_typed, node_id, simple_user
from standins.github.repository_json import repository_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from standins.github.people import User
    from standins.github.repositories import Repository
    from standins.github.reviews import Review, ReviewComment

# Fields that a pull request shows as its issue does, and what `_links` has beside `self`.
FROM_ISSUE = (
    "id number title body user state locked labels assignee assignees milestone created_at updated_at closed_at "
    "author_association active_lock_reason comments_url"
)
LINKED = "html issue comments commits review_comments review_comment statuses"


@dataclass(slots=True)
class Pull:
    """What a pull request has beyond its issue; `head_sha` follows the branch while it is open."""

    issue: Issue
    head: Repository | None  # None once the fork is gone
    head_ref: str
    head_sha: str
    base_ref: str
    draft: bool = False
    merged_at: datetime | None = None
    merged_by: User | None = None
    merge_sha: str | None = None
    maintainer_can_modify: bool = False
    requested: list[User] = field(default_factory=list)
    requested_teams: list[str] = field(default_factory=list)  # slugs; not shown
    reviews: list[Review] = field(default_factory=list)
    comments: list[ReviewComment] = field(default_factory=list)
    resolved: set[int] = field(default_factory=set)  # threads, by the id of their first comment

    @property
    def number(self) -> int:
        return self.issue.number

    @property
    def repository(self) -> Repository:
        return self.issue.repository

    @property
    def url(self) -> str:
        return self.repository.api(f"/pulls/{self.number}")

    @property
    def base_sha(self) -> str:
        return self.repository.head(self.base_ref) or self.head_sha

    def merge_base(self) -> str:
        found = self.repository.git.lines("merge-base", self.base_sha, self.head_sha)
        return found[0] if found else self.base_sha

    def commits(self) -> list[str]:
        """Oldest first."""
        base = (self.merge_sha and f"{self.merge_sha}^") or self.base_sha
        return self.repository.git.lines("rev-list", "--reverse", f"{base}..{self.head_sha}")

    def links(self) -> Json:
        """The part of an issue that says it is a pull request."""
        page = self.repository.html(f"/pull/{self.number}")
        urls = {"url": self.url, "html_url": page, "diff_url": f"{page}.diff", "patch_url": f"{page}.patch"}
        return {**urls, "merged_at": stamp_or_none(self.merged_at)}

    def json(self, *, full: bool = True) -> Json:
        """OpenAPI's `pull-request`, or `pull-request-simple` as in lists."""
        issue, world = self.issue.json(), self.repository.world
        shown: Json = {
            **{name: issue[name] for name in FROM_ISSUE.split()},
            **self.links(),
            "node_id": node_id("PR", self.issue.id),
            "issue_url": self.issue.url,
            "commits_url": f"{self.url}/commits",
            "review_comments_url": f"{self.url}/comments",
            "review_comment_url": self.repository.api("/pulls/comments{/number}"),
            "statuses_url": self.repository.api(f"/statuses/{self.head_sha}"),
            "merge_commit_sha": self.merge_sha,
            "requested_reviewers": [simple_user(world, user) for user in self.requested],
            "requested_teams": [],
            "head": self._side(self.head, self.head_ref, self.head_sha),
            "base": self._side(self.repository, self.base_ref, self.base_sha),
            "auto_merge": None,
            "draft": self.draft,
        }
        ends = {"self": "url", **{name: f"{name}_url" for name in LINKED.split()}}
        shown["_links"] = {name: {"href": shown[url]} for name, url in ends.items()}
        return {**shown, **self._counts()} if full else shown

    def _counts(self) -> Json:
        git, world = self.repository.git, self.repository.world
        rows = [line.split("\t") for line in git.lines("diff", "--numstat", self.merge_base(), self.head_sha)]
        return {
            "merged": self.merged_at is not None,
            "mergeable": self.mergeable() if self.issue.state == "open" else None,
            "rebaseable": None,
            "mergeable_state": "draft" if self.draft else "clean",
            "merged_by": simple_user(world, self.merged_by) if self.merged_by else None,
            "comments": len(self.issue.comments),
            "review_comments": len(self.comments),
            "maintainer_can_modify": self.maintainer_can_modify,
            "commits": len(self.commits()),
            "additions": sum(int(row[0]) for row in rows if row[0].isdigit()),
            "deletions": sum(int(row[1]) for row in rows if row[1].isdigit()),
            "changed_files": len(rows),
        }

    def _side(self, repository: Repository | None, ref: str, sha: str) -> Json:
        owner = (repository or self.repository).owner
        user = simple_user(self.repository.world, owner)
        shown = repository_json(repository) if repository else None
        return {"label": f"{owner.login}:{ref}", "ref": ref, "sha": sha, "user": user, "repo": shown}

    def mergeable(self) -> bool:
        return self.repository.git.merged(self.base_sha, self.head_sha) is not None

    def minimal(self) -> Json:
        """OpenAPI's `pull-request-minimal`, as in runs and checks."""
        sides = (
            ("head", self.head, self.head_ref, self.head_sha),
            ("base", self.repository, self.base_ref, self.base_sha),
        )
        shown: Json = {"id": self.issue.id, "number": self.number, "url": self.url}
        for name, repository, ref, sha in sides:
            of = repository or self.repository
            shown[name] = {"ref": ref, "sha": sha, "repo": {"id": of.id, "url": of.api(""), "name": of.name}}
        return shown

    def review(
        self,
        body: str,
        state: str = "COMMENTED",
        by: str | Actor = "alice",
        remarks: Sequence[tuple[str, str, int]] = (),
    ) -> Review:
        """Submit a review (APPROVED, CHANGES_REQUESTED or COMMENTED) with remarks: text, path and line."""
        from standins.github.reviews import remark, submit

        with self.repository.world.lock:
            actor = self.repository.world.actor(by)
            made = submit(self, as_typed(body, by), state, actor)
            for text, path, line in remarks:
                remark(self, as_typed(text, by), (path, line), actor, review=made)
            return made

    def remark(
        self, body: str, path: str, line: int | None = 1, by: str | Actor = "alice", **more: Any
    ) -> ReviewComment:
        """Comment on a line of a file (None: on the file); `more`: `start_line`, `side`, `reply_to` (an id)."""
        from standins.github.reviews import remark

        with self.repository.world.lock:
            return remark(self, as_typed(body, by), (path, line), self.repository.world.actor(by), **more)

    def emit(self, action: str, by: Actor, **parts: object) -> None:
        self.repository.emit("pull_request", action, by, number=self.number, pull_request=self.json(), **parts)

    def merge(self, by: str | Actor = "alice", message: str = "", *, squash: bool = False) -> str:
        """A merge commit on the base, or one commit with all of it; the new commit."""
        world, git = self.repository.world, self.repository.git
        with world.lock:
            actor, before = world.actor(by), git.refs()
            tree = git.line("merge-tree", "--write-tree", self.base_sha, self.head_sha)
            text = message or f"Merge pull request #{self.number} from {self.head_ref}"
            parents = ("-p", self.base_sha, *(() if squash else ("-p", self.head_sha)))
            sha = git.line("commit-tree", tree, *parents, "-m", text)
            git.run("update-ref", f"refs/heads/{self.base_ref}", sha)
            self.merge_sha, self.merged_at, self.merged_by = sha, world.clock.now(), actor.user
            self.repository.refs_changed(before, actor)
            self.issue.close(actor)
            return sha


def source(repository: Repository, head: str) -> Repository:
    """Where `owner:branch` is: the repository itself, or its fork of that owner."""
    owner = head.rpartition(":")[0].lower()
    forks = [each for each in repository.world.repositories.values() if each.fork_of is repository]
    return next((each for each in forks if each.owner.login.lower() == owner), repository)


def open_pull(
    base: Repository,
    text: tuple[str, str | None],
    head: Repository,
    refs: tuple[str, str],
    by: Actor,
    *,
    draft: bool = False,
) -> Pull:
    """A pull request from `refs[0]` of `head` into `refs[1]`, its event, and the workflows that it starts."""
    from standins.github.workflows import start_for_pull

    sha = head.head(refs[0])
    if sha is None:
        raise ValueError(f"{head.full_name} has no branch {refs[0]}")
    if head is not base:
        base.git.run("fetch", "--quiet", str(head.git.path), f"refs/heads/{refs[0]}")
    issue = numbered(base, *text, by)
    pull = issue.pull = Pull(issue, head, refs[0], sha, refs[1], draft)
    base.git.run("update-ref", f"refs/pull/{issue.number}/head", sha)
    pull.emit("opened", by)
    start_for_pull(pull, "opened", by)
    return pull


def head_moved(repository: Repository, branch: str, sha: str, by: Actor) -> None:
    """Open pull requests follow their branch."""
    from standins.github.workflows import start_for_pull

    for other in repository.world.repositories.values():
        for issue in list(other.issues.values()):
            pull = issue.pull
            if pull is None or issue.state != "open" or (pull.head, pull.head_ref) != (repository, branch):
                continue
            if pull.head_sha == sha:
                continue
            if other is not repository:
                other.git.run("fetch", "--quiet", str(repository.git.path), f"refs/heads/{branch}")
            before, pull.head_sha = pull.head_sha, sha
            other.git.run("update-ref", f"refs/pull/{issue.number}/head", sha)
            pull.emit("synchronize", by, before=before, after=sha)
            start_for_pull(pull, "synchronize", by)
