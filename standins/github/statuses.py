"""Commit statuses: docs.github.com/rest/commits/statuses."""

from __future__ import annotations

from standins.github.call import Answer, Call, Refusal, route
from standins.github.clock import stamp
from standins.github.people import node_id, simple_user

STATES = ("error", "failure", "pending", "success")


@route("POST", "/repos/{owner}/{repo}/statuses/{sha}", needs="statuses:write", role="write")
def create(call: Call) -> Answer:
    repository, sha, body = call.repository, call.parameters["sha"], call.body
    if repository.git.kind(sha) != "commit":
        raise Refusal(422, f"No commit found for SHA: {sha}")
    if body.get("state") not in STATES or len(body.get("description") or "") > 140:
        raise Refusal(422, "Validation Failed")
    context = body.get("context", "default")
    repository.statuses[sha, context] = (body["state"], body.get("description") or "")
    number, now = call.world.next_id("status"), stamp(call.world.clock.now())
    shown = {
        "id": number,
        "node_id": node_id("SC", number),
        "url": repository.api(f"/statuses/{sha}"),
        "avatar_url": call.world.html(f"/avatars/u/{call.actor.user.id}"),
        "state": body["state"],
        "description": body.get("description"),
        "target_url": body.get("target_url"),
        "context": context,
        "created_at": now,
        "updated_at": now,
        "creator": simple_user(call.world, call.actor.user),
    }
    repository.status_history.setdefault(sha, []).insert(0, shown)
    return Answer(201, shown)


@route("GET", "/repos/{owner}/{repo}/commits/{sha}/statuses", needs="statuses:read")
def statuses(call: Call) -> Answer:
    """Newest first."""
    sha = call.repository.git.resolve(call.parameters["sha"])
    return call.list(call.repository.status_history.get(sha or "", []))
