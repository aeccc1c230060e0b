"""What the API does with runs and their jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from standins.github.call import Answer, Call, Refusal, not_found, route
from standins.github.clock import stamp
from standins.github.tokens import FORBIDDEN, of_actions
from standins.github.tokens import secret as signature
from standins.github.workflows import ACTIONS, workflow_of

if TYPE_CHECKING:
    from standins.github.jobs import Job
    from standins.github.runs import Run

RUN = f"{ACTIONS}/runs/{{run}}"


@route("GET", f"{ACTIONS}/workflows/{{workflow}}/runs", needs="actions:read")
@route("GET", f"{ACTIONS}/runs", needs="actions:read")
def index(call: Call) -> Answer:
    """Newest first, without those that the list does not know yet (`faults.run_list_lag_seconds`)."""
    query = call.query
    known = call.world.clock.ago(call.world.faults.run_list_lag_seconds)
    runs = [run for run in reversed(call.repository.runs.values()) if run.created_at <= known]
    if "workflow" in call.parameters:
        workflow = workflow_of(call)
        runs = [run for run in runs if run.workflow_id == workflow.id]
    fields = {"event": "event", "branch": "branch", "head_sha": "sha"}
    for name, attribute in fields.items():
        runs = [run for run in runs if name not in query or getattr(run, attribute) == query[name]]
    if "actor" in query:
        runs = [run for run in runs if run.actor.user.login == query["actor"]]
    if "status" in query:
        runs = [run for run in runs if query["status"] in (run.status, run.conclusion)]
    if "created" in query:
        runs = [run for run in runs if _created(run, query["created"])]
    return call.list([run.json() for run in runs], "workflow_runs")


def _created(run: Run, wanted: str) -> bool:
    """`>=T`, `>T`, `<=T`, `<T`, `A..B` or a day: docs.github.com/search-github/…/understanding-the-search-syntax."""
    made = stamp(run.created_at)
    if ".." in wanted:
        first, _, last = wanted.partition("..")
        return (first == "*" or made >= first) and (last == "*" or made <= last)
    for sign in (">=", "<=", ">", "<"):
        if wanted.startswith(sign):
            moment = wanted[len(sign) :].replace("+00:00", "Z")
            return {">=": made >= moment, "<=": made <= moment, ">": made > moment, "<": made < moment}[sign]
    return made.startswith(wanted)


@route("GET", RUN, needs="actions:read")
def show(call: Call) -> Answer:
    return Answer(200, call.run.json())


@route("GET", f"{RUN}/attempts/{{attempt}}", needs="actions:read")
def show_attempt(call: Call) -> Answer:
    run, attempt = call.run, int(call.parameters["attempt"])
    if attempt == run.attempt:
        return Answer(200, run.json())
    if attempt not in run.ended:
        raise not_found()
    past = {"run_attempt": attempt, "status": "completed", "conclusion": run.ended[attempt]}
    return Answer(200, {**run.json(), **past})


@route("GET", f"{RUN}/jobs", needs="actions:read")
def jobs(call: Call) -> Answer:
    run = call.run
    rows = [job for job in run.jobs if call.query.get("filter") == "all" or job.attempt == run.attempt]
    return call.list([job.json() for job in rows], "jobs")


@route("GET", f"{RUN}/attempts/{{attempt}}/jobs", needs="actions:read")
def jobs_of_attempt(call: Call) -> Answer:
    rows = [job for job in call.run.jobs if job.attempt == int(call.parameters["attempt"])]
    return call.list([job.json() for job in rows], "jobs")


def _job(call: Call) -> Job:
    for run in call.repository.runs.values():
        for job in run.jobs:
            if job.id == int(call.parameters["job"]):
                return job
    raise not_found()


@route("GET", f"{ACTIONS}/jobs/{{job}}", needs="actions:read")
def show_job(call: Call) -> Answer:
    return Answer(200, _job(call).json())


@route("GET", f"{ACTIONS}/jobs/{{job}}/logs", needs="actions:read")
def job_log(call: Call) -> Answer:
    """A redirect to a signed address that wants no token, for a minute."""
    job = _job(call)
    if job.status != "completed":
        raise not_found()
    if job.log is None:
        raise Refusal(410, "Server Error")
    return Answer(
        302, None, {"location": call.world.html(f"/_storage/logs/{job.id}.txt?sig={signature('', job.id, 40)}")}
    )


@route("GET", "/_storage/logs/{log}.txt")
def stored_log(call: Call) -> Answer:
    number = int(call.parameters["log"])
    if call.query.get("sig") != signature("", number, 40) or "authorization" in call.headers:
        raise Refusal(403, "the signature is wrong, or a token was sent where none belongs")
    for repository in call.world.repositories.values():
        for job in (job for run in repository.runs.values() for job in run.jobs):
            if job.id == number and job.log is not None:
                return Answer(200, job.log, {"content-type": "text/plain"})
    raise not_found()


@route("POST", f"{RUN}/cancel", needs="actions:write")
def cancel(call: Call) -> Answer:
    return _cancel(call.run, "cancel")


@route("POST", f"{RUN}/force-cancel", needs="actions:write")
def force_cancel(call: Call) -> Answer:
    return _cancel(call.run, "force-cancel")


def _cancel(run: Run, how: str) -> Answer:
    if run.status == "completed":
        raise Refusal(409, "Cannot cancel a workflow run that is completed.")
    run.cancel(how)
    return Answer(202, {})


@route("POST", f"{RUN}/approve", needs="actions:write")
def approve(call: Call) -> Answer:
    """Only for forks, though runs are held elsewhere too: github.com/kubernetes-sigs/prow/pull/798."""
    run = call.run
    if not run.is_from_fork:
        raise Refusal(403, "This run is not from a fork pull request")
    if not run.is_held:
        raise Refusal(403, "This run is not waiting for approval")
    run.approve(call.actor)
    return Answer(201, {})


@route("POST", f"{RUN}/rerun", needs="actions:write")
def rerun(call: Call) -> Answer:
    """Also releases a held run for who may: nobody has shown that GITHUB_TOKEN may, so here it may not."""
    if call.run.is_held and of_actions(call):
        raise Refusal(403, FORBIDDEN)
    return _again(call, call.run, None)


@route("POST", f"{RUN}/rerun-failed-jobs", needs="actions:write")
def rerun_failed(call: Call) -> Answer:
    run = call.run
    failed = [
        job.name for job in run.jobs if job.attempt == run.attempt and job.conclusion not in ("success", "skipped")
    ]
    if run.status == "completed" and not failed:
        raise Refusal(403, "This workflow run cannot be retried: no failed jobs")
    return _again(call, run, failed)


@route("POST", f"{ACTIONS}/jobs/{{job}}/rerun", needs="actions:write")
def rerun_job(call: Call) -> Answer:
    job = _job(call)
    return _again(call, job.run, [job.name])


def _again(call: Call, run: Run, names: list[str] | None) -> Answer:
    if run.status != "completed":
        raise Refusal(403, "The workflow run is already running")
    run.again(names, call.actor)
    return Answer(201, {})


@route("GET", f"{ACTIONS}/permissions", needs="administration:read", role="admin")
def permissions(call: Call) -> Answer:
    enabled = {"enabled": call.repository.actions_enabled, "sha_pinning_required": False}
    return Answer(200, {**enabled, "allowed_actions": call.repository.allowed_actions})


@route("GET", f"{ACTIONS}/permissions/workflow", needs="administration:read", role="admin")
def workflow_permissions(call: Call) -> Answer:
    repository = call.repository
    shown = {"default_workflow_permissions": repository.actions_default_permission}
    return Answer(200, {**shown, "can_approve_pull_request_reviews": repository.actions_may_create_pulls})


@route("PUT", f"{ACTIONS}/permissions/workflow", needs="administration:write", role="admin")
def set_workflow_permissions(call: Call) -> Answer:
    """409 where the organisation decides: docs.github.com/rest/actions/permissions."""
    repository, body = call.repository, call.body
    if repository.organisation_decides_on_actions:
        raise Refusal(409, "Conflict")
    repository.actions_default_permission = body.get(
        "default_workflow_permissions", repository.actions_default_permission
    )
    repository.actions_may_create_pulls = body.get(
        "can_approve_pull_request_reviews", repository.actions_may_create_pulls
    )
    return Answer(204)


@route("GET", f"{ACTIONS}/secrets/{{name}}", needs="secrets:read", role="write")
def secret(call: Call) -> Answer:
    if call.parameters["name"] not in call.repository.secrets:
        raise not_found()
    made = stamp(call.repository.created_at)
    return Answer(200, {"name": call.parameters["name"], "created_at": made, "updated_at": made})


@route("DELETE", f"{ACTIONS}/secrets/{{name}}", needs="secrets:write", role="write")
def delete_secret(call: Call) -> Answer:
    if call.parameters["name"] not in call.repository.secrets:
        raise not_found()
    call.repository.secrets.remove(call.parameters["name"])
    return Answer(204)


@route("GET", f"{ACTIONS}/secrets", needs="secrets:read", role="write")
def secrets(call: Call) -> Answer:
    made = stamp(call.repository.created_at)
    return call.list(
        [{"name": name, "created_at": made, "updated_at": made} for name in call.repository.secrets], "secrets"
    )


@route("GET", f"{ACTIONS}/organization-secrets", needs="secrets:read", role="write")
def organization_secrets(call: Call) -> Answer:
    made = stamp(call.repository.created_at)
    names = call.repository.organization_secrets
    return call.list([{"name": name, "created_at": made, "updated_at": made} for name in names], "secrets")


@route("GET", f"{ACTIONS}/permissions/access", needs="administration:read", role="admin")
def access(call: Call) -> Answer:
    """docs.github.com/rest/actions/permissions#get-the-level-of-access-for-workflows-outside-of-the-repository."""
    return Answer(200, {"access_level": call.repository.actions_access})


@route("GET", f"{ACTIONS}/organization-variables", needs="actions_variables:read", role="write")
def organization_variables(call: Call) -> Answer:
    """docs.github.com/rest/actions/variables#list-repository-organization-variables."""
    made = stamp(call.repository.created_at)
    rows = call.repository.organization_variables.items()
    return call.list(
        [{"name": name, "value": value, "created_at": made, "updated_at": made} for name, value in rows], "variables"
    )


@route("GET", f"{ACTIONS}/variables", needs="actions_variables:read", role="write")
def variables(call: Call) -> Answer:
    made = stamp(call.repository.created_at)
    rows = call.repository.variables.items()
    return call.list(
        [{"name": name, "value": value, "created_at": made, "updated_at": made} for name, value in rows], "variables"
    )
