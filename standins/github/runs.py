"""Workflow runs: queued, played by a test, listed with a lag, cancelled and run again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from standins.github.clock import stamp
from standins.github.commits import read
from standins.github.people import Json, node_id, simple_user
from standins.github.repository_json import minimal_repository

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from standins.github.artifacts import Artifact
    from standins.github.jobs import Job
    from standins.github.people import Actor
    from standins.github.repositories import Repository
    from standins.github.tokens import Token
    from standins.github.workflows import Workflow  # https://github.com/orgs/community/discussions/199292
HELD = "action_required"
MOST_PENDING = 100


@dataclass(slots=True)
class Run:
    """One run; `begin`, `job`, `artifact` and `finish` are what a runner does."""

    repository: Repository
    id: int
    number: int
    workflow_id: int
    path: str
    name: str
    display_title: str
    event: str
    branch: str
    sha: str
    actor: Actor
    created_at: datetime
    updated_at: datetime
    started_at: datetime  # this attempt
    attempt: int = 1
    status: str = "queued"
    conclusion: str | None = None
    group: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)  # of the event; a dispatch has inputs instead
    inputs: dict[str, str] = field(default_factory=dict)
    jobs: list[Job] = field(default_factory=list)
    artifacts: list[Artifact] = field(default_factory=list)
    ended: dict[int, str | None] = field(default_factory=dict)  # how earlier attempts did
    cancel_requested: str = ""  # "cancel" or "force-cancel" once one was asked for
    triggered_by: Actor | None = None  # who asked for this attempt, None for the first
    head_repository: Repository | None = None  # where a pull request comes from, None for here

    @classmethod
    def started(cls, repository: Repository, workflow: Workflow, event: str, branch: str, sha: str, by: Actor) -> Run:
        """A run that is about to be queued, titled by the head commit's first line."""
        world = repository.world
        now, title = world.clock.now(), read(repository, sha).message.partition("\n")[0]
        number = 1 + sum(run.workflow_id == workflow.id for run in repository.runs.values())
        path, name = workflow.path, workflow.name
        return cls(
            repository,
            world.next_id("run"),
            number,
            workflow.id,
            path,
            name,
            title,
            event,
            branch,
            sha,
            by,
            created_at=now,
            updated_at=now,
            started_at=now,
        )

    @property
    def url(self) -> str:
        return self.repository.api(f"/actions/runs/{self.id}")

    @property
    def html_url(self) -> str:
        return self.repository.html(f"/actions/runs/{self.id}")

    def begin(self) -> None:
        """A runner has taken it."""
        self._change("in_progress", None, "in_progress")

    def job(self, name: str, conclusion: str | None = None, *, annotation: str = "") -> Job:
        """The job of that name in this attempt, made if there is none; with a conclusion it has ended."""
        from standins.github.jobs import job_named

        with self.repository.world.lock:
            if self.status == "queued":
                self.begin()
            return job_named(self, name, conclusion, annotation)

    def artifact(self, name: str, files: Mapping[str, str | bytes]) -> Artifact:
        """Upload files as one artifact."""
        from standins.github.artifacts import upload

        with self.repository.world.lock:
            return upload(self, name, files)

    def finish(self, conclusion: str = "success") -> None:
        """success, failure, cancelled, timed_out, startup_failure, …"""
        with self.repository.world.lock:
            for job in self.jobs:
                if job.attempt == self.attempt and job.status != "completed":
                    job.end("cancelled" if conclusion == "cancelled" else conclusion)
            self._change("completed", conclusion, "completed")
        _start_next(self)

    def _change(self, status: str, conclusion: str | None, action: str) -> None:
        with self.repository.world.lock:
            self.status, self.conclusion = status, conclusion
            self.updated_at = self.repository.world.clock.now()
            self.emit(action)
        if status == "completed":
            from standins.github.workflows import start_after

            start_after(self)

    def emit(self, action: str) -> None:
        from standins.github.workflows import workflow_json

        shown = workflow_json(self.repository, self.workflow_id, self.path, self.name)
        self.repository.emit("workflow_run", action, self.actor, workflow_run=self.json(), workflow=shown)

    def token(self, permissions: Mapping[str, str]) -> Token:
        """GITHUB_TOKEN of one of its jobs."""
        return self.repository.token("github-actions[bot]", permissions)

    def cancel(self, how: str = "cancel") -> None:
        """Ask for an end; a queued run ends at once, a running one when its runner obeys (`finish("cancelled")`)."""
        self.cancel_requested = how
        if self.status == "queued" or how == "force-cancel":
            self.finish("cancelled")

    @property
    def is_held(self) -> bool:
        """Whether it waits for somebody's approval: no runner gets it before."""
        return self.conclusion == HELD

    @property
    def is_from_fork(self) -> bool:
        return self.head_repository not in (None, self.repository)

    def approve(self, by: str | Actor = "alice") -> None:
        """Press **Approve workflows to run** in the merge box, for this run."""
        if self.is_held:
            self.triggered_by = self.repository.world.actor(by)
            self._change("queued", None, "requested")
            self.repository.world.play(self)

    def again(self, names: Sequence[str] | None, by: Actor) -> None:
        """Next attempt: all jobs, or only those named; the others keep their results."""
        self.ended[self.attempt] = self.conclusion
        self.attempt, self.triggered_by, self.cancel_requested = self.attempt + 1, by, ""
        self.started_at = self.repository.world.clock.now()
        for job in [job for job in self.jobs if job.attempt == self.attempt - 1]:
            if names is not None and job.name not in names:
                self.jobs.append(job.carried_over(self.attempt))
        self._change("queued", None, "requested")
        self.repository.world.play(self)

    def json(self) -> Json:
        """OpenAPI's `workflow-run`."""
        repository, world = self.repository, self.repository.world
        commit = read(repository, self.sha)
        links = {name: f"{self.url}/{name.removesuffix('_url').replace('_', '-')}" for name in
                 ("jobs_url", "logs_url", "cancel_url", "rerun_url", "artifacts_url")}  # fmt: skip
        asker = self.triggered_by or self.actor
        pulls = [issue.pull for issue in repository.issues.values() if issue.pull and issue.state == "open"]
        return {
            "id": self.id,
            "name": self.name,
            "node_id": node_id("WFR", self.id),
            "head_branch": self.branch,
            "head_sha": self.sha,
            "path": self.path,
            "run_number": self.number,
            "run_attempt": self.attempt,
            "event": self.event,
            "display_title": self.display_title,
            "status": self.status,
            "conclusion": self.conclusion,
            "workflow_id": self.workflow_id,
            "check_suite_id": self.id,
            "check_suite_node_id": node_id("CS", self.id),
            "url": self.url,
            "html_url": self.html_url,
            "pull_requests": [
                each.minimal() for each in pulls if each.head_sha == self.sha and each.head is repository
            ],
            "created_at": stamp(self.created_at),
            "updated_at": stamp(self.updated_at),
            "run_started_at": stamp(self.started_at),
            "actor": simple_user(world, self.actor.user),
            "triggering_actor": simple_user(world, asker.user),
            "referenced_workflows": [],
            "check_suite_url": repository.api(f"/check-suites/{self.id}"),
            "workflow_url": repository.api(f"/actions/workflows/{self.workflow_id}"),
            "previous_attempt_url": f"{self.url}/attempts/{self.attempt - 1}" if self.attempt > 1 else None,
            **links,
            "head_commit": {
                "id": self.sha,
                "tree_id": commit.tree,
                "message": commit.message,
                "timestamp": commit.committer.date,
                "author": {"name": commit.author.name, "email": commit.author.email},
                "committer": {"name": commit.committer.name, "email": commit.committer.email},
            },
            "repository": minimal_repository(repository),
            "head_repository": minimal_repository(self.head_repository or repository),
        }


def hold(repository: Repository, run: Run) -> None:
    """Enter a run that waits for approval: completed, as `action_required`, without a job."""
    repository.runs[run.id] = run
    run.emit("requested")
    run._change("completed", HELD, "completed")


def queue(repository: Repository, workflow: Workflow, run: Run) -> None:
    """Enter a run, tell of it, and hand it to whoever plays runs."""
    from standins.github.expressions import render

    world = repository.world
    repository.runs[run.id] = run
    given = workflow.concurrency
    group = given.get("group", "") if isinstance(given, dict) else given or ""
    run.group = render(str(group), run.inputs, run)
    is_full = _make_room(run, keeps_all=isinstance(given, dict) and given.get("queue") == "max")
    run.emit("requested")
    if is_full:
        run._change("completed", "cancelled", "completed")
        return
    if not _blocked(run):
        world.play(run)


def _same_group(run: Run) -> list[Run]:
    others = run.repository.runs.values()
    return [
        each
        for each in others
        if run.group and each.group == run.group and each is not run and each.status != "completed"
    ]


def _make_room(run: Run, *, keeps_all: bool) -> bool:
    """One running and one pending a group: a newer pending run cancels the older. Whether there is no room at all.

    With `queue: max` a hundred wait, and what comes then is cancelled.
    https://github.blog/changelog/2026-05-07-github-actions-concurrency-groups-now-allow-larger-queues/
    """
    pending = [each for each in _same_group(run) if each.status == "pending"]
    if keeps_all:
        return len(pending) >= MOST_PENDING
    for each in pending:
        each._change("completed", "cancelled", "completed")
    return False


def _blocked(run: Run) -> bool:
    if _same_group(run):
        run.status = "pending"
        return True
    return False


def _start_next(ended: Run) -> None:
    for each in _same_group(ended):
        if each.status == "pending":
            each.status = "queued"
            ended.repository.world.play(each)
            return
