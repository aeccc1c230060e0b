"""Jobs of a run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from standins.github.clock import stamp, stamp_or_none
from standins.github.people import Json, node_id

if TYPE_CHECKING:
    from datetime import datetime

    from standins.github.runs import Run


@dataclass(slots=True)
class Job:
    """One job of one attempt; `annotation` is what the platform says of its end ("The runner was lost")."""

    run: Run
    id: int
    name: str
    attempt: int
    created_at: datetime
    status: str = "in_progress"
    conclusion: str | None = None
    ended_at: datetime | None = None
    annotation: str = ""
    log: bytes | None = b""  # None: deleted

    def end(self, conclusion: str) -> None:
        self.status, self.conclusion, self.ended_at = "completed", conclusion, self.run.repository.world.clock.now()
        self._emit("completed")

    def carried_over(self, attempt: int) -> Job:
        """The same result in a later attempt."""
        return replace(self, id=self.run.repository.world.next_id("job"), attempt=attempt)

    def _emit(self, action: str) -> None:
        self.run.repository.emit("workflow_job", action, self.run.actor, workflow_job=self.json())

    @property
    def url(self) -> str:
        return self.run.repository.api(f"/actions/jobs/{self.id}")

    def json(self) -> Json:
        """OpenAPI's `job`; the check run has the job's id."""
        run = self.run
        return {
            "id": self.id,
            "run_id": run.id,
            "run_url": run.url,
            "run_attempt": self.attempt,
            "node_id": node_id("CR", self.id),
            "head_sha": run.sha,
            "url": self.url,
            "html_url": f"{run.html_url}/job/{self.id}",
            "status": self.status,
            "conclusion": self.conclusion,
            "created_at": stamp(self.created_at),
            "started_at": stamp(self.created_at),
            "completed_at": stamp_or_none(self.ended_at),
            "name": self.name,
            "steps": [],
            "check_run_url": run.repository.api(f"/check-runs/{self.id}"),
            "labels": ["ubuntu-latest"],
            "runner_id": 1,
            "runner_name": "GitHub Actions 1",
            "runner_group_id": 1,
            "runner_group_name": "GitHub Actions",
            "workflow_name": run.name,
            "head_branch": run.branch,
        }


def job_named(run: Run, name: str, conclusion: str | None, annotation: str) -> Job:
    """The job of this attempt, made if there is none, ended if a conclusion is given."""
    world = run.repository.world
    job = next((each for each in run.jobs if (each.name, each.attempt) == (name, run.attempt)), None)
    if job is None:
        job = Job(run, world.next_id("job"), name, run.attempt, world.clock.now())
        run.jobs.append(job)
        job._emit("in_progress")
    job.annotation = annotation or job.annotation
    if conclusion:
        job.end(conclusion)
    return job
