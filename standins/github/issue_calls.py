"""What the API does with issues."""

from __future__ import annotations

from standins.github.call import BODY_LIMIT, Answer, Call, invalid, route
from standins.github.clock import stamp
from standins.github.labels import EITHER
from standins.github.tokens import allowed


@route("GET", "/repos/{owner}/{repo}/issues", needs="issues:read")
def index(call: Call) -> Answer:
    query = call.query
    issues = list(call.repository.issues.values())
    if query.get("sort", "created") == "updated":
        issues.sort(key=lambda issue: (issue.updated_at, issue.number))
    if query.get("direction", "desc") == "desc":
        issues.reverse()
    if (state := query.get("state", "open")) != "all":
        issues = [issue for issue in issues if issue.state == state]
    for name in filter(None, query.get("labels", "").split(",")):
        issues = [issue for issue in issues if name.lower() in {each.lower() for each in issue.label_names}]
    if "creator" in query:
        issues = [issue for issue in issues if issue.user.login.lower() == query["creator"].lower()]
    if "since" in query:
        issues = [issue for issue in issues if stamp(issue.updated_at) >= query["since"]]
    return call.list([issue.json() for issue in issues])


@route("POST", "/repos/{owner}/{repo}/issues", needs="issues:write", role="read")
def create(call: Call) -> Answer:
    title, body = call.text("title"), call.text("body", "") if call.body.get("body") else call.body.get("body")
    if len(title) > 256:
        raise invalid("Issue", "title", "title is too long (maximum is 256 characters)")
    issue = call.repository.issue(title, body, by=call.actor)
    if not allowed(call.held, call.repository, "issues:write", "triage"):
        return Answer(201, issue.json())  # labels and assignees of outsiders are dropped without a word
    for name in call.body.get("labels") or []:
        issue.label(name if isinstance(name, str) else name["name"], call.actor)
    issue.assign(call.body.get("assignees") or [], call.actor)
    return Answer(201, issue.json())


@route("GET", "/repos/{owner}/{repo}/issues/{number}", needs=f"{EITHER}:read")
def show(call: Call) -> Answer:
    return Answer(200, call.issue.json())


@route("PATCH", "/repos/{owner}/{repo}/issues/{number}", needs=f"{EITHER}:write", role="triage")
def update(call: Call) -> Answer:
    issue, body, actor = call.issue, call.body, call.actor
    if len(body.get("body") or "") > BODY_LIMIT:
        raise invalid("Issue", "body", f"body is too long (maximum is {BODY_LIMIT} characters)")
    issue.edit(actor, title=body.get("title"), body=body.get("body"))
    if body.get("state") == "closed":
        issue.close(actor, body.get("state_reason") or "completed")
    elif body.get("state") == "open":
        issue.reopen(actor)
    if "labels" in body:
        wanted = [each if isinstance(each, str) else each["name"] for each in body["labels"]]
        for name in set(issue.label_names) - set(wanted):
            issue.unlabel(name, actor)
        for name in wanted:
            issue.label(name, actor)
    if "assignees" in body:
        issue.unassign([user.login for user in issue.assignees if user.login not in body["assignees"]], actor)
        issue.assign(body["assignees"], actor)
    return Answer(200, issue.json())


@route("POST", "/repos/{owner}/{repo}/issues/{number}/assignees", needs=f"{EITHER}:write", role="triage")
def add_assignees(call: Call) -> Answer:
    call.issue.assign(call.body.get("assignees", []), call.actor)
    return Answer(201, call.issue.json())


@route("DELETE", "/repos/{owner}/{repo}/issues/{number}/assignees", needs=f"{EITHER}:write", role="triage")
def remove_assignees(call: Call) -> Answer:
    call.issue.unassign(call.body.get("assignees", []), call.actor)
    return Answer(200, call.issue.json())


@route("GET", "/repos/{owner}/{repo}/issues/{number}/dependencies/blocked_by", needs="issues:read")
def blocked_by(call: Call) -> Answer:
    """docs.github.com/rest/issues/issue-dependencies#list-dependencies-an-issue-is-blocked-by."""
    return call.list([issue.json() for issue in call.issue.blocked_by])
