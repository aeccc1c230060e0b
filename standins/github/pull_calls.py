"""What the API does with pull requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from standins.github.call import Answer, Call, Refusal, invalid, route
from standins.github.commits import commit_json, files_json
from standins.github.people import simple_user
from standins.github.permissions import assignable
from standins.github.pulls import open_pull, source
from standins.github.tokens import of_actions

if TYPE_CHECKING:
    from standins.github.repositories import Repository

PULLS = "/repos/{owner}/{repo}/pulls"
NOT_PERMITTED = "GitHub Actions is not permitted to create or approve pull requests."


@route("GET", PULLS, needs="pull_requests:read")
def index(call: Call) -> Answer:
    query, state = call.query, call.query.get("state", "open")
    pulls = [issue.pull for issue in call.repository.issues.values() if issue.pull and state in ("all", issue.state)]
    if "head" in query:
        owner, _, ref = query["head"].rpartition(":")
        pulls = [pull for pull in pulls if pull.head_ref == ref and pull.head and owner in ("", pull.head.owner.login)]
    if "base" in query:
        pulls = [pull for pull in pulls if pull.base_ref == query["base"]]
    if query.get("sort") == "updated":
        pulls.sort(key=lambda pull: (pull.issue.updated_at, pull.issue.number))
    if query.get("direction", "asc" if "sort" in query and query["sort"] != "created" else "desc") == "desc":
        pulls.reverse()
    return call.list([pull.json(full=False) for pull in pulls])


@route("POST", PULLS, needs="pull_requests:write", role="read")
def create(call: Call) -> Answer:
    base, body = call.repository, call.body
    if of_actions(call) and not base.actions_may_create_pulls:
        raise Refusal(403, NOT_PERMITTED)
    head, refs = _sides(call, str(body.get("head", "")), str(body.get("base", "")))
    if body.get("draft") and not base.supports_drafts:
        raise Refusal(422, "Draft pull requests are not supported in this repository.")
    text = call.text("body", "", resource="PullRequest") if body.get("body") else body.get("body")
    words = (call.text("title", resource="PullRequest"), text)
    pull = open_pull(base, words, head, refs, call.actor, draft=bool(body.get("draft")))
    pull.maintainer_can_modify = head is not base and bool(body.get("maintainer_can_modify", True))
    return Answer(201, pull.json())


def _sides(call: Call, head: str, base: str) -> tuple[Repository, tuple[str, str]]:
    """Where from and where to, or the 422 that says what is wrong."""
    repository = call.repository
    branch, found = head.rpartition(":")[2], source(repository, head)
    target = repository.head(base)
    if target is None:
        raise invalid("PullRequest", "base")
    sha = found.head(branch)
    if sha is None:
        raise invalid("PullRequest", "head")
    label = f"{found.owner.login}:{branch}"
    for issue in repository.issues.values():
        pull = issue.pull
        if pull and issue.state == "open" and (pull.head, pull.head_ref, pull.base_ref) == (found, branch, base):
            message = f"A pull request already exists for {label}."
            raise Refusal(
                422, "Validation Failed", errors=[{"resource": "PullRequest", "code": "custom", "message": message}]
            )
    if found is repository and repository.git.is_ancestor(sha, target):
        message = f"No commits between {base} and {branch}"
        raise Refusal(
            422, "Validation Failed", errors=[{"resource": "PullRequest", "code": "custom", "message": message}]
        )
    return found, (branch, base)


@route("GET", f"{PULLS}/{{number}}", needs="pull_requests:read")
def show(call: Call) -> Answer:
    pull, accept = call.pull, call.headers.get("accept", "")
    if "diff" in accept or "patch" in accept:
        raw = pull.repository.git.run("diff", pull.merge_base(), pull.head_sha)
        return Answer(200, raw, {"content-type": "application/vnd.github.diff; charset=utf-8"})
    return Answer(200, pull.json())


@route("PATCH", f"{PULLS}/{{number}}", needs="pull_requests:write", role="triage")
def update(call: Call) -> Answer:
    pull, body, actor = call.pull, call.body, call.actor
    if body.get("body"):
        call.text("body", resource="PullRequest")
    pull.issue.edit(actor, title=body.get("title"), body=body.get("body"))
    if "base" in body and body["base"] != pull.base_ref:
        if call.repository.head(body["base"]) is None:
            raise invalid("PullRequest", "base")
        changes = {"base": {"ref": {"from": pull.base_ref}, "sha": {"from": pull.base_sha}}}
        pull.base_ref = body["base"]
        pull.emit("edited", actor, changes=changes)
    if body.get("state") == "closed":
        pull.issue.close(actor)
    elif body.get("state") == "open":
        pull.issue.reopen(actor)
    return Answer(200, pull.json())


@route("GET", f"{PULLS}/{{number}}/files", needs="pull_requests:read")
def files(call: Call) -> Answer:
    return call.list(files_json(call.repository, call.pull.merge_base(), call.pull.head_sha))


@route("GET", f"{PULLS}/{{number}}/commits", needs="pull_requests:read")
def commits(call: Call) -> Answer:
    return call.list([commit_json(call.repository, sha) for sha in call.pull.commits()])


@route("PUT", f"{PULLS}/{{number}}/merge", needs="contents:write")
def merge(call: Call) -> Answer:
    pull = call.pull
    if pull.issue.state != "open" or pull.draft or not pull.mergeable():
        raise Refusal(405, "Pull Request is not mergeable")
    if call.body.get("sha") not in (None, pull.head_sha):
        raise Refusal(409, "Head branch was modified. Review and try the merge again.")
    sha = pull.merge(call.actor, call.body.get("commit_message") or "")
    return Answer(200, {"sha": sha, "merged": True, "message": "Pull Request successfully merged"})


@route("POST", f"{PULLS}/{{number}}/requested_reviewers", needs="pull_requests:write", role="write")
def request_reviewers(call: Call) -> Answer:
    pull = call.pull
    teams = call.body.get("team_reviewers", [])
    if not set(teams) <= call.repository.teams or (teams and of_actions(call)):  # that token sees no team
        raise Refusal(422, "Reviews may only be requested from collaborators. One or more of the users or teams you "
                           "specified is not a collaborator of the repository.")  # fmt: skip
    pull.requested_teams += [slug for slug in teams if slug not in pull.requested_teams]
    for login in call.body.get("reviewers", []):
        user = call.world.user(login)
        if user is pull.issue.user:
            raise Refusal(422, "Review cannot be requested from pull request author.")
        if not assignable(call.repository, login):
            raise Refusal(422, "Reviews may only be requested from collaborators. One or more of the users or teams "
                               "you specified is not a collaborator of the repository.")  # fmt: skip
        if user not in pull.requested:
            pull.requested.append(user)
            shown = simple_user(call.world, user)
            pull.emit("review_requested", call.actor, requested_reviewer=shown)
    return Answer(201, pull.json(full=False))
