"""Check runs: those that the App makes, and one for each job of a workflow run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from standins.github.call import Answer, Call, Refusal, invalid, not_found, route
from standins.github.clock import stamp, stamp_or_none
from standins.github.people import Json, node_id

if TYPE_CHECKING:
    from datetime import datetime

    from standins.github.repositories import Repository

CHECKS = "/repos/{owner}/{repo}/check-runs"
MOST_ANNOTATIONS, MOST_ACTIONS = 50, 3


@dataclass(slots=True)
class CheckRun:
    """One check of one commit."""

    repository: Repository
    id: int
    name: str
    head_sha: str
    started_at: datetime
    status: str = "queued"
    conclusion: str | None = None
    completed_at: datetime | None = None
    details_url: str | None = None
    external_id: str = ""
    output: dict[str, Any] = field(default_factory=dict)
    annotations: list[Json] = field(default_factory=list)

    def json(self) -> Json:
        """OpenAPI's `check-run`."""
        repository, output = self.repository, self.output
        url = repository.api(f"/check-runs/{self.id}")
        page = repository.html(f"/runs/{self.id}")
        return {
            "id": self.id,
            "node_id": node_id("CR", self.id),
            "name": self.name,
            "head_sha": self.head_sha,
            "external_id": self.external_id,
            "url": url,
            "html_url": page,
            "details_url": self.details_url or page,
            "status": self.status,
            "conclusion": self.conclusion,
            "started_at": stamp(self.started_at),
            "completed_at": stamp_or_none(self.completed_at),
            "output": {
                **{name: output.get(name) for name in ("title", "summary", "text")},
                "annotations_count": len(self.annotations),
                "annotations_url": f"{url}/annotations",
            },
            "check_suite": {"id": 1},
            "app": repository.world.app.json(),
            "pull_requests": [],
        }


def _job_check(repository: Repository, number: int) -> CheckRun | None:
    """The check run of a workflow job, with the platform's annotation on its end."""
    for run in repository.runs.values():
        for job in run.jobs:
            if job.id == number:
                made = CheckRun(
                    repository, job.id, job.name, run.sha, job.created_at, job.status, job.conclusion, job.ended_at
                )
                if job.annotation:
                    made.annotations = [_annotation(repository, {"path": ".github", "message": job.annotation})]
                return made
    return None


def _annotation(repository: Repository, given: Json) -> Json:
    shown = {"start_line": 1, "end_line": 1, "annotation_level": "failure", **given}
    optional = {name: given.get(name) for name in ("start_column", "end_column", "title", "message", "raw_details")}
    return {**optional, **shown, "blob_href": repository.html(f"/blob/HEAD/{given['path']}")}


def _of(call: Call) -> CheckRun:
    number = int(call.parameters["check"])
    found = call.repository.check_runs.get(number) or _job_check(call.repository, number)
    if found is None:
        raise not_found()
    return found


def _change(check: CheckRun, body: Json) -> None:
    now, output = check.repository.world.clock.now(), body.get("output") or {}
    given = output.get("annotations") or []
    if len(given) > MOST_ANNOTATIONS:
        raise Refusal(422, f"No more than {MOST_ANNOTATIONS} annotations are allowed in one request")
    if len(body.get("actions") or []) > MOST_ACTIONS:
        raise invalid("CheckRun", "actions")
    for name in ("text", "summary"):
        if len((output.get(name) or "").encode()) > 65_535:
            raise invalid("CheckRun", name, "Only 65535 characters are allowed")
    check.name = body.get("name", check.name)
    check.details_url = body.get("details_url", check.details_url)
    check.external_id = body.get("external_id", check.external_id)
    check.conclusion = body.get("conclusion", check.conclusion)
    check.status = "completed" if "conclusion" in body else body.get("status", check.status)
    check.completed_at = now if check.status == "completed" else None
    check.output |= {name: output[name] for name in ("title", "summary", "text") if name in output}
    check.annotations += [_annotation(check.repository, each) for each in given]


@route("POST", CHECKS, needs="checks:write")
def create(call: Call) -> Answer:
    """Only Apps make checks."""
    if call.token and call.token.permissions is None:
        raise Refusal(403, "You must authenticate via a GitHub App.")
    repository, sha = call.repository, str(call.body.get("head_sha", ""))
    if repository.git.kind(sha) != "commit":
        raise Refusal(422, f"No commit found for SHA: {sha}")
    name = call.text("name", resource="CheckRun")
    check = CheckRun(repository, call.world.next_id("check_run"), name, sha, call.world.clock.now())
    _change(check, call.body)
    repository.check_runs[check.id] = check
    repository.emit("check_run", "created", call.actor, check_run=check.json())
    return Answer(201, check.json())


@route("PATCH", f"{CHECKS}/{{check}}", needs="checks:write")
def update(call: Call) -> Answer:
    check = _of(call)
    _change(check, call.body)
    return Answer(200, check.json())


@route("GET", f"{CHECKS}/{{check}}", needs="checks:read")
def show(call: Call) -> Answer:
    return Answer(200, _of(call).json())


@route("GET", f"{CHECKS}/{{check}}/annotations", needs="checks:read")
def list_annotations(call: Call) -> Answer:
    return call.list(_of(call).annotations)


@route("GET", "/repos/{owner}/{repo}/commits/{ref+}/check-runs", needs="checks:read")
def of_commit(call: Call) -> Answer:
    repository, query = call.repository, call.query
    sha = repository.git.resolve(call.parameters["ref"])
    if sha is None:
        raise Refusal(422, f"No commit found for SHA: {call.parameters['ref']}")
    rows = [check for check in repository.check_runs.values() if check.head_sha == sha]
    jobs = [
        job.id for run in repository.runs.values() if run.sha == sha for job in run.jobs if job.attempt == run.attempt
    ]
    rows += [check for number in jobs if (check := _job_check(repository, number))]
    rows = [check for check in rows if query.get("check_name") in (None, check.name)]
    return call.list([check.json() for check in rows], "check_runs")
