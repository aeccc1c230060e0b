"""Who collaborates on a repository, and what the permission endpoint says of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from standins.github.call import Answer, Call, Refusal, not_found, route
from standins.github.people import simple_user
from standins.github.tokens import ROLES

if TYPE_CHECKING:
    from standins.github.people import Json
    from standins.github.repositories import Repository

# docs.github.com/rest/collaborators/collaborators: the legacy `permission` knows four words, `role_name` all.
LEAST_ROLE = {"pull": "read", "triage": "triage", "push": "write", "maintain": "maintain", "admin": "admin"}
PERMISSION_OF_ROLE = {"maintain": "write", "triage": "read"}


class Role(NamedTuple):
    """`base` is one of tokens.ROLES; `name` that of the custom role built on it, else the same."""

    base: str
    name: str


@route("GET", "/repos/{owner}/{repo}/collaborators/{user}/permission", needs="metadata:read", role="write")
def permission(call: Call) -> Answer:
    """A Bot is not a user here unless it was granted a role: 404, as for a name that nobody has."""
    repository, login = call.repository, call.parameters["user"]
    user = call.world.users.get(login.lower())
    if user is None or user.deleted or (user.kind == "Bot" and login.lower() not in repository.roles):
        raise Refusal(404, f"{login} is not a user")
    base = repository.role(login)
    if base == "none" and not repository.private:
        base = "read"
    shown = {"permission": PERMISSION_OF_ROLE.get(base, base), "role_name": _role_name(repository, login, base)}
    return Answer(
        200, {**shown, "user": {**simple_user(call.world, user), **_rights(base), "role_name": shown["role_name"]}}
    )


@route("GET", "/repos/{owner}/{repo}/collaborators/{user}", needs="metadata:read", role="write")
def is_collaborator(call: Call) -> Answer:
    if call.repository.role(call.parameters["user"]) == "none":
        raise not_found()
    return Answer(204)


@route("GET", "/repos/{owner}/{repo}/collaborators", needs="metadata:read", role="write")
def collaborators(call: Call) -> Answer:
    repository = call.repository
    logins = {repository.owner.login.lower(): repository.owner} if repository.owner.kind == "User" else {}
    logins |= {login: call.world.user(login) for login in repository.roles}
    wanted = LEAST_ROLE[call.query.get("permission", "pull")]
    rows = [(user, repository.role(login)) for login, user in logins.items()]
    rows = [(user, base) for user, base in rows if ROLES.index(base) >= ROLES.index(wanted)]
    return call.list(
        [
            {**simple_user(call.world, user), **_rights(base), "role_name": _role_name(repository, user.login, base)}
            for user, base in rows
        ]
    )


@route("GET", "/repos/{owner}/{repo}/assignees/{user}", needs="issues|pull_requests:read")
def is_assignable(call: Call) -> Answer:
    if not assignable(call.repository, call.parameters["user"]):
        raise not_found()
    return Answer(204)


def assignable(repository: Repository, login: str) -> bool:
    """Whoever has any role at all."""
    return repository.role(login) != "none"


def _role_name(repository: Repository, login: str, base: str) -> str:
    given = repository.roles.get(login.lower())
    return given.name if given else base


def _rights(base: str) -> Json:
    from standins.github.repository_json import ROLE_OF

    rank = ROLES.index(base)
    return {"permissions": {name: rank >= ROLES.index(role) for name, role in ROLE_OF.items()}}
