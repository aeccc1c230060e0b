"""Labels of a repository and of an issue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from standins.github.call import Answer, Call, Refusal, invalid, not_found, route
from standins.github.people import Json, node_id

if TYPE_CHECKING:
    from standins.github.repositories import Repository

EITHER = "issues|pull_requests"


@dataclass(slots=True)
class Label:
    """A label; names differ by more than case."""

    id: int
    name: str
    color: str = "ededed"
    description: str | None = None

    def json(self, repository: Repository) -> Json:
        return {
            "id": self.id,
            "node_id": node_id("LA", self.id),
            "url": repository.api(f"/labels/{self.name}"),
            "name": self.name,
            "color": self.color,
            "default": False,
            "description": self.description,
        }


def label_named(repository: Repository, name: str) -> Label:
    """The label, made if there is none, as adding one to an issue does."""
    found = repository.labels.get(name.lower())
    if found is None:
        found = repository.labels[name.lower()] = Label(repository.world.next_id("label"), name)
    return found


def _existing(call: Call, name: str) -> Label:
    found = call.repository.labels.get(name.lower())
    if found is None:
        raise not_found()
    return found


@route("GET", "/repos/{owner}/{repo}/labels", needs=f"{EITHER}:read")
def index(call: Call) -> Answer:
    return call.list([label.json(call.repository) for label in call.repository.labels.values()])


@route("POST", "/repos/{owner}/{repo}/labels", needs=f"{EITHER}:write")
def create(call: Call) -> Answer:
    repository, name = call.repository, call.text("name", resource="Label")
    if name.lower() in repository.labels:
        raise invalid("Label", "name", code="already_exists")
    made = label_named(repository, name)
    made.color = str(call.body.get("color", made.color))
    made.description = call.body.get("description")
    return Answer(201, made.json(repository))


@route("GET", "/repos/{owner}/{repo}/labels/{name}", needs=f"{EITHER}:read")
def show(call: Call) -> Answer:
    return Answer(200, _existing(call, call.parameters["name"]).json(call.repository))


@route("PATCH", "/repos/{owner}/{repo}/labels/{name}", needs=f"{EITHER}:write")
def update(call: Call) -> Answer:
    label = _existing(call, call.parameters["name"])
    del call.repository.labels[label.name.lower()]
    label.name = str(call.body.get("new_name", label.name))
    label.color = str(call.body.get("color", label.color))
    label.description = call.body.get("description", label.description)
    call.repository.labels[label.name.lower()] = label
    return Answer(200, label.json(call.repository))


@route("DELETE", "/repos/{owner}/{repo}/labels/{name}", needs=f"{EITHER}:write")
def delete(call: Call) -> Answer:
    label = _existing(call, call.parameters["name"])
    del call.repository.labels[label.name.lower()]
    for issue in call.repository.issues.values():
        issue.labels = [each for each in issue.labels if each is not label]
    return Answer(204)


@route("GET", "/repos/{owner}/{repo}/issues/{number}/labels", needs=f"{EITHER}:read")
def of_issue(call: Call) -> Answer:
    return call.list([label.json(call.repository) for label in call.issue.labels])


@route("POST", "/repos/{owner}/{repo}/issues/{number}/labels", needs=f"{EITHER}:write", role="triage")
def add(call: Call) -> Answer:
    issue = call.issue
    for name in _names(call):
        issue.label(name, call.actor)
    return Answer(200, [label.json(call.repository) for label in issue.labels])


@route("PUT", "/repos/{owner}/{repo}/issues/{number}/labels", needs=f"{EITHER}:write", role="triage")
def replace(call: Call) -> Answer:
    issue, names = call.issue, _names(call)
    for label in list(issue.labels):
        if label.name.lower() not in {name.lower() for name in names}:
            issue.unlabel(label.name, call.actor)
    for name in names:
        issue.label(name, call.actor)
    return Answer(200, [label.json(call.repository) for label in issue.labels])


@route("DELETE", "/repos/{owner}/{repo}/issues/{number}/labels", needs=f"{EITHER}:write", role="triage")
def clear(call: Call) -> Answer:
    for label in list(call.issue.labels):
        call.issue.unlabel(label.name, call.actor)
    return Answer(204)


@route("DELETE", "/repos/{owner}/{repo}/issues/{number}/labels/{name}", needs=f"{EITHER}:write", role="triage")
def remove(call: Call) -> Answer:
    issue, name = call.issue, call.parameters["name"]
    if name.lower() not in {label.name.lower() for label in issue.labels}:
        raise Refusal(404, "Label does not exist")
    issue.unlabel(name, call.actor)
    return Answer(200, [label.json(call.repository) for label in issue.labels])


def _names(call: Call) -> list[str]:
    """Both forms of the body: a list of names or of objects, or that list under `labels`."""
    given = (call.body.get("labels") or []) if isinstance(call.body, dict) else call.body
    names = [each["name"] if isinstance(each, dict) else each for each in given]
    if any(not isinstance(name, str) or not name.strip() or len(name) > 50 for name in names):
        raise invalid("Label", "name")
    return names
