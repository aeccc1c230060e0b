"""Repositories: what they hold, how they are seeded and changed by a test, and how they are shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from standins.github.call import Answer, Call, Refusal, not_found, route
from standins.github.people import as_typed, simple_user
from standins.github.permissions import Role

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from standins.github.branches import Protection
    from standins.github.checks import CheckRun
    from standins.github.git import Git
    from standins.github.issues import Issue
    from standins.github.labels import Label
    from standins.github.people import Actor, Json, User
    from standins.github.pulls import Pull
    from standins.github.runs import Run
    from standins.github.stacks import Stack
    from standins.github.tokens import Token
    from standins.github.world import World

# Events after which the default branch's file runs, each with the name that it has there. The others are played by
# `workflows.start_for_pull` and `workflows.start_on_merge`.
WORKFLOW_EVENTS = {"issues": "issues", "issue_comment": "issue_comment", "pull_request": "pull_request_target"}


@dataclass(slots=True)
class Repository:
    """One repository; the methods are what people do in the browser, and each sends its events."""

    world: World
    id: int
    owner: User
    name: str
    git: Git
    created_at: datetime
    private: bool = True
    default_branch: str = "main"
    archived: bool = False
    deleted: bool = False
    fork_of: Repository | None = None
    supports_drafts: bool = True
    actions_may_create_pulls: bool = False  # off in new repositories
    has_stacks: bool = False  # a preview
    stacks: list[Stack] = field(default_factory=list)
    actions_enabled: bool = True
    allowed_actions: str = "all"
    actions_default_permission: str = "read"
    organisation_decides_on_actions: bool = False
    dispatch_refusal: tuple[int, str] | None = None  # a policy's status and message
    roles: dict[str, Role] = field(default_factory=dict)
    teams: set[str] = field(default_factory=set)  # slugs of those that may be asked for reviews
    labels: dict[str, Label] = field(default_factory=dict)
    issues: dict[int, Issue] = field(default_factory=dict)
    moved_issues: dict[int, Issue] = field(default_factory=dict)
    gone_issues: set[int] = field(default_factory=set)
    pinned: list[int] = field(default_factory=list)  # issues
    protected: dict[str, Protection] = field(default_factory=dict)
    runs: dict[int, Run] = field(default_factory=dict)
    workflow_ids: dict[str, int] = field(default_factory=dict)
    disabled_workflows: set[str] = field(default_factory=set)  # paths
    check_runs: dict[int, CheckRun] = field(default_factory=dict)
    statuses: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)  # commit, context → state, words
    status_history: dict[str, list[Json]] = field(default_factory=dict)  # commit → as they are listed
    variables: dict[str, str] = field(default_factory=dict)
    secrets: list[str] = field(default_factory=list)
    organization_secrets: list[str] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)  # of rulesets on every branch, such as pull_request
    # Of rulesets on all other branches; of these only required_signatures is enforced, the rest is shown.
    rules_elsewhere: list[str] = field(default_factory=list)
    signed: set[str] = field(default_factory=set)  # commits that GitHub signed
    signs_for_bots: bool = True  # whether GitHub signs what bots commit through the API
    protection_rules: dict[str, set[str]] = field(default_factory=dict)  # classic: pattern → GraphQL's flags; shown
    organization_variables: dict[str, str] = field(default_factory=dict)
    actions_access: str = "none"  # who else may use the actions of a private repository

    @property
    def full_name(self) -> str:
        return f"{self.owner.login}/{self.name}"

    @property
    def clone_url(self) -> str:
        return self.world.html(f"/{self.full_name}.git")

    @property
    def path(self) -> str:
        return f"/repos/{self.full_name}"

    def api(self, path: str) -> str:
        return self.world.api(self.path + path)

    def html(self, path: str) -> str:
        return self.world.html(f"/{self.full_name}{path}")

    # People.

    def role(self, login: str) -> str:
        """What a person may: none, read, triage, write, maintain or admin."""
        if login.lower() == self.owner.login.lower():
            return "admin"
        given = self.roles.get(login.lower())
        return given.base if given else "none"

    def grant(self, login: str, role: str, *, name: str = "") -> None:
        """Give a person a role; `name` is that of a custom role built on it."""
        self.world.user(login)
        self.roles[login.lower()] = Role(role, name or role)

    def token(self, by: str, permissions: Mapping[str, str] | None = None, *, seconds: float | None = None) -> Token:
        """A token for this repository alone; without permissions a person's own, classic one."""
        only = None if permissions is None else frozenset({self.id})
        return self.world.token(by, permissions, only, seconds=seconds)

    # Commits.

    def commit(
        self,
        files: Mapping[str, str | bytes | None],
        message: str = "change",
        *,
        branch: str = "",
        by: str | Actor = "",
    ) -> str:
        """Commit files (None deletes) to a branch, which is made from the default branch if it is new."""
        with self.world.lock:
            branch = branch or self.default_branch
            parent = self.head(branch) or self.head()
            raw = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
            before, actor = self.git.refs(), self._by(by)
            sha = self.git.commit(branch, raw, message, actor.user, self.world.clock.now(), parent)
            self.refs_changed(before, actor)
            return sha

    def head(self, branch: str = "") -> str | None:
        """The commit that a branch points at."""
        return self.git.ref(f"refs/heads/{branch or self.default_branch}")

    def read(self, path: str, ref: str = "") -> str | None:
        """A file's text at a branch or commit, None if there is none."""
        commit = self.git.resolve(ref or self.default_branch)
        found = [] if commit is None else self.git.tree(commit, path=path)
        return self.git.blob(found[0].sha).decode() if found else None

    def refs_changed(self, before: Mapping[str, str], by: Actor) -> None:
        """Tell the world what a push did."""
        from standins.github.pushes import announce

        announce(self, before, self.git.refs(), by)

    # Issues.

    def issue(self, title: str, body: str | None = "", *, by: str | Actor = "alice") -> Issue:
        """Open an issue."""
        from standins.github.issues import open_issue

        with self.world.lock:
            return open_issue(self, title, body and as_typed(body, by), self.world.actor(by))

    def pull_request(
        self,
        head: str,
        title: str = "change",
        body: str = "",
        *,
        base: str = "",
        draft: bool = False,
        by: str | Actor = "alice",
    ) -> Pull:
        """Open a pull request from a branch, of a fork by `owner:branch`."""
        from standins.github.pulls import open_pull, source

        with self.world.lock:
            branch, refs = source(self, head), (head.rpartition(":")[2], base or self.default_branch)
            return open_pull(self, (title, as_typed(body, by)), branch, refs, self.world.actor(by), draft=draft)

    def issue_number(self, number: int) -> Issue:
        """As a call finds it: 404, 410 if it was deleted, 301 if it was transferred."""
        if number in self.moved_issues:
            raise moved(self.moved_issues[number].url)
        if number in self.gone_issues:
            raise Refusal(410, "This issue was deleted")
        found = self.issues.get(number)
        if found is None:
            raise not_found()
        return found

    def run_id(self, number: int) -> Run:
        found = self.runs.get(number)
        if found is None:
            raise not_found()
        return found

    # Settings.

    def protect(self, branch: str = "") -> None:
        """Protect a branch: changes only through pull requests."""
        from standins.github.branches import Protection

        self.protected[branch or self.default_branch] = Protection()

    def protected_branches(self) -> list[str]:
        """Those that no push may change, by classic protection or by the default branch's ruleset."""
        ruled = [self.default_branch] if {"pull_request", "update"} & set(self.rules) else []
        return [*self.protected, *ruled]

    def archive(self, by: str | Actor = "") -> None:
        self.archived = True
        self.emit("repository", "archived", self._by(by))

    def rename(self, full_name: str, by: str | Actor = "") -> None:
        """Rename or transfer; the old name answers 301 from now on."""
        with self.world.lock:
            owner, _, name = full_name.partition("/")
            kind, old = "transferred" if owner != self.owner.login else "renamed", self.name
            changes = {"repository": {"name": {"from": old}}} if kind == "renamed" else {
                "owner": {"from": {"user": simple_user(self.world, self.owner)}}
            }  # fmt: skip
            self.owner, self.name = self.world.user(owner), name
            self.world.names[full_name.lower()] = self.id
            self.emit("repository", kind, self._by(by), changes=changes)

    def rename_default_branch(self, name: str, by: str | Actor = "") -> None:
        old = self.default_branch
        self.git.run("branch", "-m", old, name)
        self.default_branch = name
        self.emit("repository", "edited", self._by(by), changes={"default_branch": {"from": old}})

    def delete(self, by: str | Actor = "") -> None:
        """Delete it: 404 from now on."""
        self.deleted = True
        self.emit("repository", "deleted", self._by(by))

    def _by(self, by: str | Actor) -> Actor:
        return self.world.actor(by or self.owner.login)

    def emit(self, event: str, action: str | None, by: Actor, **parts: object) -> None:
        """Send an event to the App, if it is installed here and listens, and to the workflows that listen."""
        self.world.hooks.emit(event, action, by, self, parts)
        if event in WORKFLOW_EVENTS:
            from standins.github.workflows import start_on

            start_on(self, WORKFLOW_EVENTS[event], action or "", by, self.payload(action or "", by, parts))

    def payload(self, action: str, by: Actor, parts: Mapping[str, object]) -> dict[str, object]:
        """An event's payload, as a workflow finds it in its file."""
        from standins.github.repository_json import repository_json

        repository, sender = repository_json(self), simple_user(self.world, by.user)
        return {"action": action, **parts, "repository": repository, "sender": sender}


def moved(url: str) -> Refusal:
    """301, as for what was transferred or renamed."""
    return Refusal(301, "Moved Permanently", location=url)


@route("GET", "/repos/{owner}/{repo}", needs="metadata:read")
def show(call: Call) -> Answer:
    from standins.github.repository_json import full_repository

    return Answer(200, full_repository(call.repository, call.token))
