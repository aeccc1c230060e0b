"""What happened to an issue, in order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from standins.github.call import Answer, Call, route
from standins.github.clock import stamp
from standins.github.labels import EITHER
from standins.github.people import Json, Via, node_id, simple_user

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from standins.github.issues import Issue
    from standins.github.people import Actor


class Happening(NamedTuple):
    """One event; `parts` are those that only its kind has."""

    id: int
    event: str
    actor: Actor
    created_at: datetime
    parts: Mapping[str, Any]


@dataclass(slots=True)
class Timeline:
    """Everything but the comments, which are where they are."""

    events: list[Happening] = field(default_factory=list)

    def add(self, issue: Issue, event: str, actor: Actor, **parts: Any) -> None:
        world = issue.repository.world
        self.events.append(Happening(world.next_id("event"), event, actor, world.clock.now(), parts))


def _json(issue: Issue, each: Happening) -> Json:
    world = issue.repository.world
    shown: Json = {
        "id": each.id,
        "node_id": node_id("EV", each.id),
        "url": issue.repository.api(f"/issues/events/{each.id}"),
        "actor": simple_user(world, each.actor.user),
        "event": each.event,
        "commit_id": None,
        "commit_url": None,
        "created_at": stamp(each.created_at),
        "performed_via_github_app": world.app.json() if each.actor.via is Via.APP else None,
    }
    if "label" in each.parts:
        shown["label"] = {name: each.parts["label"][name] for name in ("name", "color")}
    if "assignee" in each.parts:
        shown |= {"assignee": each.parts["assignee"], "assigner": shown["actor"]}
    if "rename" in each.parts:
        shown["rename"] = each.parts["rename"]
    if each.event == "closed":
        shown["state_reason"] = issue.state_reason
    return shown


@route("GET", "/repos/{owner}/{repo}/issues/{number}/events", needs=f"{EITHER}:read")
def events(call: Call) -> Answer:
    return call.list([_json(call.issue, each) for each in call.issue.timeline.events])


@route("GET", "/repos/{owner}/{repo}/issues/events", needs=f"{EITHER}:read")
def repository_events(call: Call) -> Answer:
    """Of all issues, newest first."""
    rows = [
        {**_json(issue, each), "issue": issue.json()}
        for issue in call.repository.issues.values()
        for each in issue.timeline.events
    ]
    return call.list(sorted(rows, key=lambda row: -row["id"]))


@route("GET", "/repos/{owner}/{repo}/issues/{number}/timeline", needs=f"{EITHER}:read")
def timeline(call: Call) -> Answer:
    """Events and comments together, oldest first."""
    issue = call.issue
    rows = [(each.created_at, _json(issue, each)) for each in issue.timeline.events]
    rows += [
        (each.created_at, {**each.json(), "event": "commented", "actor": simple_user(call.world, each.user)})
        for each in issue.comments
    ]
    return call.list([shown for _, shown in sorted(rows, key=lambda row: row[0])])
