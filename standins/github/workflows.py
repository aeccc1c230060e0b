"""Workflow files, what they listen to, and dispatching one."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from standins.github.call import Answer, Call, Refusal, not_found, route
from standins.github.clock import stamp
from standins.github.expressions import render
from standins.github.people import Json, Via, node_id
from standins.github.runs import Run, hold, queue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from standins.github.people import Actor
    from standins.github.pulls import Pull
    from standins.github.repositories import Repository

FOLDER = ".github/workflows/"
ACTIONS = "/repos/{owner}/{repo}/actions"
# docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows#workflow_dispatch
MOST_INPUTS, MOST_INPUTS_ON_OLD_SERVERS, MOST_CHARACTERS = 25, 10, 65_535
# docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows#pull_request
DEFAULT_ACTIVITIES = ("opened", "synchronize", "reopened")


class Workflow(NamedTuple):
    """A workflow file as it is at one commit; `on` maps events to their settings."""

    id: int
    path: str
    name: str
    run_name: str
    on: Mapping[str, Any]
    concurrency: Any


def workflows(repository: Repository, commit: str | None = None) -> list[Workflow]:
    """Of a commit, else of the default branch; a file that is not a YAML mapping listens to nothing."""
    sha = commit or repository.head()
    if sha is None:
        return []
    files = [each for each in repository.git.tree(sha, path=FOLDER) if each.path.endswith((".yml", ".yaml"))]
    return [_parse(repository, each.path, repository.git.blob(each.sha).decode("utf-8", "replace")) for each in files]


def _parse(repository: Repository, path: str, text: str) -> Workflow:
    if path not in repository.workflow_ids:
        repository.workflow_ids[path] = repository.world.next_id("workflow")
    content = _content(text)
    given = content.get("on", content.get(True))  # YAML 1.1 reads the key `on` as true
    listed = (
        {given: {}} if isinstance(given, str) else {name: {} for name in given} if isinstance(given, list) else given
    )
    on = {name: settings or {} for name, settings in (listed or {}).items()}
    name, run_name = str(content.get("name", path)), str(content.get("run-name", ""))
    return Workflow(repository.workflow_ids[path], path, name, run_name, on, content.get("concurrency"))


@cache  # the same few files, read at every dispatch
def _content(text: str) -> dict[Any, Any]:
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError:
        content = None
    return content if isinstance(content, dict) else {}


def workflow_of(call: Call) -> Workflow:
    """By id or file name; 404 if the default branch has none."""
    wanted = call.parameters["workflow"]
    for each in workflows(call.repository):
        if wanted in (str(each.id), each.path.rpartition("/")[2]):
            return each
    raise not_found()


def start_pushed(repository: Repository, branch: str, sha: str, by: Actor) -> None:
    """Start every workflow of a commit that listens to `push`; what GITHUB_TOKEN pushes starts none."""
    if by.via is Via.ACTIONS:
        return
    for each in workflows(repository, sha):
        if "push" in each.on and _wants_branch(each.on["push"], branch):
            queue(repository, each, Run.started(repository, each, "push", branch, sha, by))


def start_on(repository: Repository, event: str, action: str, by: Actor, payload: Mapping[str, Any]) -> None:
    """Start every workflow of the default branch that listens to this, unless GITHUB_TOKEN did it.

    docs.github.com/actions/concepts/security/github_token, read 2026-11-29
    """
    sha = repository.head()
    if by.via is Via.ACTIONS or sha is None or not repository.actions_enabled:
        return
    for each in workflows(repository, sha):
        listens = event in each.on and action in (each.on[event].get("types") or [action])
        if listens and each.path not in repository.disabled_workflows:
            run = Run.started(repository, each, event, repository.default_branch, sha, by)
            run.payload = payload
            run.display_title = render(each.run_name, {}, run) if each.run_name else run.display_title
            queue(repository, each, run)


def start_after(run: Run) -> None:
    """Start every workflow of the default branch that names this run's in `workflow_run`.

    Whoever caused the run, and with whatever token. One that is held for approval has ended, too.
    docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows#workflow_run, read 2026-11-29
    """
    repository, sha = run.repository, run.repository.head()
    if sha is None or not repository.actions_enabled:
        return
    for each in workflows(repository, sha):
        settings = each.on.get("workflow_run") or {}
        listens = run.name in settings.get("workflows", ()) and "completed" in settings.get("types", ["completed"])
        if listens and each.path not in (run.path, *repository.disabled_workflows):
            shown = workflow_json(repository, run.workflow_id, run.path, run.name)
            begun = Run.started(repository, each, "workflow_run", repository.default_branch, sha, run.actor)
            begun.payload = repository.payload("completed", run.actor, {"workflow_run": run.json(), "workflow": shown})
            begun.display_title = render(each.run_name, {}, begun) if each.run_name else begun.display_title
            queue(repository, each, begun)


def start_on_merge(pull: Pull, event: str, action: str, by: Actor, parts: Mapping[str, object]) -> None:
    """Start every workflow of the merge commit that listens to this; there is none while there are conflicts.

    docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows#pull_request_review, read
    2026-11-29. That conflicts keep reviews from starting workflows, too, is said of `pull_request` only.
    """
    repository = pull.repository
    tree = repository.git.merged(pull.base_sha, pull.head_sha)
    if by.via is Via.ACTIONS or not repository.actions_enabled or tree is None:
        return
    sha = repository.git.line("commit-tree", tree, "-p", pull.base_sha, "-p", pull.head_sha, "-m", "Merge")
    for each in workflows(repository, sha):
        if event in each.on and action in (each.on[event].get("types") or [action]):
            run = Run.started(repository, each, event, pull.head_ref, sha, by)
            run.payload, run.head_repository = repository.payload(action, by, parts), pull.head
            run.display_title = render(each.run_name, {}, run) if each.run_name else run.display_title
            queue(repository, each, run)


def start_for_pull(pull: Pull, activity: str, by: Actor) -> None:
    """Start every workflow of the head that listens to this activity of pull requests.

    What GITHUB_TOKEN opens, updates or reopens makes runs that wait for approval; its other activities make none. Read
    on 2026-11-29: docs.github.com/actions/concepts/security/github_token
    """
    if by.via is Via.ACTIONS and activity not in DEFAULT_ACTIVITIES:
        return
    for each in workflows(pull.repository, pull.head_sha):
        if "pull_request" not in each.on or not _wants_activity(each.on["pull_request"], activity):
            continue
        run = Run.started(pull.repository, each, "pull_request", pull.head_ref, pull.head_sha, by)
        run.head_repository = pull.head
        if by.via is Via.ACTIONS:
            hold(pull.repository, run)
        else:
            queue(pull.repository, each, run)


def _wants_branch(settings: Any, branch: str) -> bool:
    import fnmatch

    wanted = settings.get("branches") if isinstance(settings, dict) else None
    return wanted is None or any(fnmatch.fnmatch(branch, pattern) for pattern in wanted)


def _wants_activity(settings: Any, activity: str) -> bool:
    wanted = settings.get("types") if isinstance(settings, dict) else None
    return activity in ([wanted] if isinstance(wanted, str) else wanted or DEFAULT_ACTIVITIES)


@route("GET", f"{ACTIONS}/workflows", needs="actions:read")
def index(call: Call) -> Answer:
    return call.list(
        [workflow_json(call.repository, each.id, each.path, each.name) for each in workflows(call.repository)],
        "workflows",
    )


@route("GET", f"{ACTIONS}/workflows/{{workflow}}", needs="actions:read")
def show(call: Call) -> Answer:
    found = workflow_of(call)
    return Answer(200, workflow_json(call.repository, found.id, found.path, found.name))


def workflow_json(repository: Repository, number: int, path: str, name: str) -> Json:
    """OpenAPI's `workflow`."""
    made = stamp(repository.created_at)
    page = f"/actions/workflows/{path.rpartition('/')[2]}"
    return {
        "id": number,
        "node_id": node_id("W", number),
        "name": name,
        "path": path,
        "state": "disabled_manually" if path in repository.disabled_workflows else "active",
        "created_at": made,
        "updated_at": made,
        "url": repository.api(f"/actions/workflows/{number}"),
        "html_url": repository.html(f"/blob/{repository.default_branch}/{path}"),
        "badge_url": repository.html(f"{page}/badge.svg"),
    }


@route("POST", f"{ACTIONS}/workflows/{{workflow}}/dispatches", needs="actions:write")
def dispatch(call: Call) -> Answer:
    """204, or 200 with the run for `return_run_details` (docs.github.com/rest/actions/workflows, 2022-11-28)."""
    repository, ref = call.repository, str(call.body.get("ref", ""))
    workflow_of(call)
    if call.world.is_old_server and "return_run_details" in call.body:
        raise Refusal(422, 'Invalid request.\n\n"return_run_details" is not a permitted key.')
    if repository.dispatch_refusal:
        raise Refusal(*repository.dispatch_refusal)
    branch = ref.removeprefix("refs/heads/")
    sha = repository.git.resolve(ref)
    if sha is None:
        raise Refusal(422, f"No ref found for: {ref}")
    workflow = _at(call, repository, sha)
    if workflow.path in repository.disabled_workflows:
        raise Refusal(403, "Cannot trigger a 'workflow_dispatch' on a disabled workflow")
    if "workflow_dispatch" not in workflow.on:
        raise Refusal(422, "Workflow does not have 'workflow_dispatch' trigger")
    most = MOST_INPUTS_ON_OLD_SERVERS if call.world.is_old_server else MOST_INPUTS
    inputs = _inputs(workflow, call.body.get("inputs") or {}, most)
    run = Run.started(repository, workflow, "workflow_dispatch", branch, sha, call.actor)
    run.inputs = inputs
    run.display_title = render(workflow.run_name, inputs, run) if workflow.run_name else workflow.name
    queue(repository, workflow, run)
    if not (call.body.get("return_run_details") or call.world.returns_run_details):
        return Answer(204)
    return Answer(200, {"workflow_run_id": run.id, "run_url": run.url, "html_url": run.html_url})


def _at(call: Call, repository: Repository, sha: str) -> Workflow:
    wanted = call.parameters["workflow"]
    for each in workflows(repository, sha):
        if wanted in (str(each.id), each.path.rpartition("/")[2]):
            return each
    raise not_found()


def _inputs(workflow: Workflow, given: Mapping[str, Any], most: int) -> dict[str, str]:
    declared = workflow.on["workflow_dispatch"].get("inputs") or {}
    if len(given) > most:
        raise Refusal(422, f"You may only define up to {most} `inputs` for a `workflow_dispatch` event")
    if sum(len(name) + len(str(value)) for name, value in given.items()) > MOST_CHARACTERS:
        raise Refusal(422, "inputs are too large.")
    unknown = [name for name in given if name not in declared]
    if unknown:
        raise Refusal(422, f"Unexpected inputs provided: {unknown!r}".replace("'", '"'))
    filled = {}
    for name, settings in declared.items():
        value = given.get(name, (settings or {}).get("default", ""))
        if (settings or {}).get("required") and value == "":
            raise Refusal(422, f"Required input '{name}' not provided")
        filled[name] = str(value).lower() if isinstance(value, bool) else str(value)
    return filled
