"""Users, organisations and bots, and on whose behalf something is done."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from standins.github.world import World

Json = dict[str, Any]


class Via(Enum):
    """With what kind of token something is done."""

    USER = "a person's own token, or the browser"
    APP = "an installation token of the App"
    ACTIONS = "GITHUB_TOKEN: what it does starts no workflow, but pull requests, whose runs are held for approval"


@dataclass(slots=True)
class User:
    """An account; `kind` is GitHub's `type`: User, Bot or Organization."""

    id: int
    login: str
    kind: str = "User"
    deleted: bool = False

    @property
    def email(self) -> str:
        return self.email_at("https://github.com")

    def email_at(self, server: str) -> str:
        """The address in commits that a server makes for the account: each has a host of its own."""
        return f"{self.id}+{self.login}@users.noreply.{urlsplit(server).hostname}"


class Actor(NamedTuple):
    """Who does something, and with what kind of token."""

    user: User
    via: Via = Via.USER


def as_typed(text: str, by: str | Actor) -> str:
    """What a browser sends of a text area has CRLF; `by` is a login where a test plays the person."""
    return text.replace("\r\n", "\n").replace("\n", "\r\n") if isinstance(by, str) else text


def node_id(kind: str, number: int) -> str:
    """An opaque id as GraphQL's: the same for the same thing."""
    return f"{kind}_" + base64.urlsafe_b64encode(f"{kind}:{number}".encode()).decode().rstrip("=")


def simple_user(world: World, user: User) -> Json:
    """OpenAPI's `simple-user`."""
    path = f"/users/{user.login}"
    listed = {
        "followers_url": "followers",
        "following_url": "following{/other_user}",
        "gists_url": "gists{/gist_id}",
        "starred_url": "starred{/owner}{/repo}",
        "subscriptions_url": "subscriptions",
        "organizations_url": "orgs",
        "repos_url": "repos",
        "events_url": "events{/privacy}",
        "received_events_url": "received_events",
    }
    return {
        "login": user.login,
        "id": user.id,
        "node_id": node_id("U", user.id),
        "avatar_url": world.html(f"/avatars/u/{user.id}"),
        "gravatar_id": "",
        "url": world.api(path),
        "html_url": world.html(f"/{user.login}"),
        "type": user.kind,
        "site_admin": False,
        **{name: world.api(f"{path}/{last}") for name, last in listed.items()},
    }
