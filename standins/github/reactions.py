"""Reactions to issues and comments."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from standins.github.call import Answer, Call, invalid, not_found, route
from standins.github.clock import stamp
from standins.github.labels import EITHER
from standins.github.people import Json, node_id, simple_user

if TYPE_CHECKING:
    from datetime import datetime

    from standins.github.people import User
    from standins.github.world import World

CONTENTS = ("+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes")


class Reaction(NamedTuple):
    """One person's."""

    id: int
    user: User
    content: str
    created_at: datetime


@dataclass(slots=True)
class Reactions:
    """What people think of one thing."""

    given: list[Reaction] = field(default_factory=list)

    @property
    def contents(self) -> list[str]:
        return [each.content for each in self.given]


def rollup(reactions: Reactions, url: str) -> Json:
    """OpenAPI's `reaction-rollup`."""
    return {"url": url, "total_count": len(reactions.given), **{c: reactions.contents.count(c) for c in CONTENTS}}


def _json(world: World, reaction: Reaction) -> Json:
    return {
        "id": reaction.id,
        "node_id": node_id("REA", reaction.id),
        "user": simple_user(world, reaction.user),
        "content": reaction.content,
        "created_at": stamp(reaction.created_at),
    }


def _of(call: Call) -> Reactions:
    if "number" in call.parameters:
        return call.issue.reactions
    from standins.github.comments import comment_of
    from standins.github.reviews import review_comment_of

    return review_comment_of(call).reactions if "/pulls/" in call.path else comment_of(call).reactions


@route("GET", "/repos/{owner}/{repo}/issues/{number}/reactions", needs=f"{EITHER}:read")
@route("GET", "/repos/{owner}/{repo}/issues/comments/{comment}/reactions", needs=f"{EITHER}:read")
@route("GET", "/repos/{owner}/{repo}/pulls/comments/{comment}/reactions", needs="pull_requests:read")
def index(call: Call) -> Answer:
    wanted = call.query.get("content")
    return call.list([_json(call.world, each) for each in _of(call).given if wanted in (None, each.content)])


@route("POST", "/repos/{owner}/{repo}/issues/{number}/reactions", needs=f"{EITHER}:write", role="read")
@route("POST", "/repos/{owner}/{repo}/issues/comments/{comment}/reactions", needs=f"{EITHER}:write", role="read")
@route("POST", "/repos/{owner}/{repo}/pulls/comments/{comment}/reactions", needs="pull_requests:write", role="read")
def create(call: Call) -> Answer:
    """The same again answers 200 with what is there."""
    content, reactions, user = call.body.get("content"), _of(call), call.actor.user
    if content not in CONTENTS:
        raise invalid("Reaction", "content")
    before = len(reactions.given)
    given = give(call.world, reactions, user, content)
    return Answer(201 if len(reactions.given) > before else 200, _json(call.world, given))


def give(world: World, reactions: Reactions, user: User, content: str) -> Reaction:
    """The user's reaction of that content, made if there is none."""
    for each in reactions.given:
        if each.user is user and each.content == content:
            return each
    made = Reaction(world.next_id("reaction"), user, content, world.clock.now())
    reactions.given.append(made)
    return made


@route("DELETE", "/repos/{owner}/{repo}/issues/{number}/reactions/{reaction}", needs=f"{EITHER}:write", role="read")
@route(
    "DELETE",
    "/repos/{owner}/{repo}/issues/comments/{comment}/reactions/{reaction}",
    needs=f"{EITHER}:write",
    role="read",
)
@route(
    "DELETE",
    "/repos/{owner}/{repo}/pulls/comments/{comment}/reactions/{reaction}",
    needs="pull_requests:write",
    role="read",
)
def delete(call: Call) -> Answer:
    reactions = _of(call)
    for each in reactions.given:
        if each.id == int(call.parameters["reaction"]):
            reactions.given.remove(each)
            return Answer(204)
    raise not_found()
