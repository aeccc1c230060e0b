"""What the App asks with its JWT, and with the tokens that it gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from standins.github.apps import TOKEN_SECONDS, installation_json
from standins.github.call import Answer, Call, Refusal, not_found, route
from standins.github.clock import stamp_or_none
from standins.github.people import Actor, Json, Via
from standins.github.repository_json import repository_json
from standins.github.tokens import LEVELS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from standins.github.apps import Installation
    from standins.github.repositories import Repository


def _of(call: Call) -> Installation:
    found = call.world.app.installations.get(int(call.parameters["installation"]))
    if found is None:
        raise not_found()
    return found


@route("GET", "/app", app=True)
def show(call: Call) -> Answer:
    return Answer(200, call.world.app.json())


@route("GET", "/app/installations", app=True)
def installations(call: Call) -> Answer:
    return call.list([installation_json(call.world, each) for each in call.world.app.installations.values()])


@route("GET", "/app/installations/{installation}", app=True)
def installation(call: Call) -> Answer:
    return Answer(200, installation_json(call.world, _of(call)))


@route("GET", "/repos/{owner}/{repo}/installation", app=True)
def of_repository(call: Call) -> Answer:
    found = call.world.app.of(call.repository)
    if found is None:
        raise not_found()
    return Answer(200, installation_json(call.world, found))


@route("POST", "/app/installations/{installation}/access_tokens", app=True)
def access_token(call: Call) -> Answer:
    """Narrowed to repositories and permissions, never widened.

    docs.github.com/rest/apps/apps#create-an-installation-access-token-for-an-app
    """
    world, found, body = call.world, _of(call), call.body
    if found.suspended_at:
        raise Refusal(403, "This installation has been suspended")
    held = [each for each in world.repositories.values() if found.holds(each) and not each.deleted]
    named, ids = body.get("repositories"), body.get("repository_ids")
    chosen = [each for each in held if (named is None or each.name in named) and (ids is None or each.id in ids)]
    if len(chosen) < len(named or ids or []):
        raise Refusal(
            422, "There is at least one repository that does not exist or is not accessible to the parent installation."
        )
    permissions = _narrowed(found, body.get("permissions"))
    token = world.token(Actor(world.user(world.app.bot), Via.APP), permissions, _ids(chosen), seconds=TOKEN_SECONDS)
    token.installation = found.id
    shown: Json = {
        "token": token.value,
        "expires_at": stamp_or_none(token.expires_at),
        "permissions": permissions,
        "repository_selection": "selected" if named or ids or found.repositories is not None else "all",
    }
    if named or ids:
        shown["repositories"] = [repository_json(each) for each in chosen]
    return Answer(201, shown)


def _ids(repositories: Iterable[Repository]) -> frozenset[int]:
    return frozenset(each.id for each in repositories)


def _narrowed(installation: Installation, wanted: Mapping[str, str] | None) -> dict[str, str]:
    if wanted is None:
        return dict(installation.permissions)
    for name, level in wanted.items():
        if LEVELS.index(installation.permissions.get(name, "none")) < LEVELS.index(level):
            raise Refusal(422, "The permissions requested are not granted to this installation.")
    return {"metadata": "read", **wanted}


@route("GET", "/installation/repositories")
def repositories(call: Call) -> Answer:
    token = call.token
    if token is None or token.installation is None:
        raise Refusal(403, "You must authenticate with an installation access token in order to list repositories.")
    held = [
        each for each in call.world.repositories.values() if token.repositories is None or each.id in token.repositories
    ]
    return call.list([repository_json(each) for each in held], "repositories")
