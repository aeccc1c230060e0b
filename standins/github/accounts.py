"""Accounts, the rate limit, and what the server says of itself."""

from __future__ import annotations

from standins.github.call import Answer, Call, Refusal, not_found, route
from standins.github.people import Json, User, simple_user
from standins.github.tokens import FORBIDDEN

ZEROS = ("public_repos", "public_gists", "followers", "following")
TEXTS = ("name", "company", "location", "email", "hireable", "bio")


def _public(call: Call, user: User) -> Json:
    """OpenAPI's `public-user`."""
    made = "2026-01-01T00:00:00Z"
    times = {"created_at": made, "updated_at": made}
    return {**simple_user(call.world, user), **dict.fromkeys(ZEROS, 0), **dict.fromkeys(TEXTS), "blog": "", **times}


@route("GET", "/user")
def me(call: Call) -> Answer:
    """Installation tokens are nobody here."""
    if call.token is not None and call.token.permissions is not None:
        raise Refusal(403, FORBIDDEN)
    return Answer(200, _public(call, call.actor.user))


@route("GET", "/users/{user}")
def show(call: Call) -> Answer:
    user = call.world.users.get(call.parameters["user"].lower())
    if user is None or user.deleted:
        raise not_found()
    return Answer(200, _public(call, user))


@route("GET", "/rate_limit")
def rate_limit(call: Call) -> Answer:
    reset = int(call.world.clock.later(3600).timestamp())
    row = {"limit": 5000, "used": 0, "remaining": 5000, "reset": reset}
    return Answer(200, {"resources": {"core": row, "search": row}, "rate": row})


@route("GET", "/meta")
def meta(call: Call) -> Answer:
    """Only Enterprise Server says which version is installed: docs.github.com/enterprise-server/rest/meta/meta."""
    version = call.world.enterprise_version
    installed = {"installed_version": version} if version else {}
    return Answer(200, {"verifiable_password_authentication": True, **installed})
