"""Tokens: who they speak for, what they may do, and what GitHub answers when they may not."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from standins.github.call import Refusal, not_found
from standins.github.people import Via

if TYPE_CHECKING:
    from collections.abc import Mapping

    from standins.github.call import Call, Route
    from standins.github.people import Actor
    from standins.github.repositories import Repository
    from standins.github.world import World

LEVELS = ("none", "read", "write", "admin")
ROLES = ("none", "read", "triage", "write", "maintain", "admin")
FORBIDDEN = "Resource not accessible by integration"


@dataclass(slots=True)
class Token:
    """`permissions` None: a person's classic token, which may what the person may; `repositories` None: all."""

    value: str
    actor: Actor
    permissions: dict[str, str] | None = None
    repositories: frozenset[int] | None = None
    expires_at: datetime | None = None
    installation: int | None = None

    def expire(self) -> None:
        """401 from now on."""
        self.expires_at = datetime.min.replace(tzinfo=UTC)

    def level(self, permission: str) -> int:
        given = (self.permissions or {}).get(permission, "none")
        return LEVELS.index("read" if permission == "metadata" else given)


def secret(prefix: str, number: int, length: int) -> str:
    """A token's text: the same for the same number, of the real one's length and alphabet."""
    seed = "".join(
        base64.urlsafe_b64encode(hashlib.sha512(f"{prefix}{number}.{part}".encode()).digest()).decode().rstrip("=")
        for part in range(length // 80 + 1)
    )
    return prefix + seed.replace("-", "x").replace("_", "y")[: length - len(prefix)]


def authenticate(world: World, headers: Mapping[str, str]) -> Token | None:
    """The token of an Authorization header, None without one; 401 for one that is unknown or has expired."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if not scheme:
        return None
    if scheme.lower() == "basic":
        raw = value.encode() + b"=="  # as many as it may lack
        value = (
            base64.b64decode(raw, altchars=b"-_").decode("utf-8", "replace").partition(":")[2]
            if value.isascii()
            else ""
        )
    token = world.tokens.get(value.strip())
    if token is None or (token.expires_at is not None and token.expires_at <= world.clock.now()):
        raise Refusal(401, "Bad credentials")
    return token


def admit(call: Call, route: Route) -> None:
    """Refuse the call unless its token may do what the route needs."""
    if "{owner}" not in route.template:
        return
    repository, writes = call.repository, call.method != "GET"
    if not visible(call.token, repository):
        raise not_found()
    if repository.archived and writes:
        raise Refusal(403, "Repository was archived so is read-only.")
    if call.token is None:
        if writes:
            raise Refusal(401, "Requires authentication")
    elif not allowed(call.token, repository, route.needs, route.role):
        person = call.token.permissions is None
        if not person and not (writes or repository.private or "collaborators" in route.template):
            return
        raise not_found() if person and writes else Refusal(403, FORBIDDEN)


def visible(token: Token | None, repository: Repository) -> bool:
    """Whether the token sees the repository at all."""
    if not repository.private:
        return True
    if token is None:
        return False
    if token.permissions is None:
        return repository.role(token.actor.user.login) != "none"
    return token.repositories is None or repository.id in token.repositories


def allowed(token: Token, repository: Repository, needs: str, role: str) -> bool:
    """`needs` as in a route; a token narrowed to other repositories may read what is public and no more."""
    if not needs:
        return True
    names, _, level = needs.rpartition(":")
    if token.permissions is None:
        wanted = role or level
        return ROLES.index(repository.role(token.actor.user.login)) >= ROLES.index(wanted) or (
            wanted == "read" and not repository.private
        )
    if token.repositories is not None and repository.id not in token.repositories:
        return False
    return any(token.level(name) >= LEVELS.index(level) for name in names.split("|"))


def of_actions(call: Call) -> bool:
    """Whether the caller holds GITHUB_TOKEN."""
    return call.actor.via is Via.ACTIONS
