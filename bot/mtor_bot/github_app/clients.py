"""Clients of GitHub's API as the App, and as its installation narrowed to one repository, with tokens kept until due.

https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app
"""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mtor_action.github.client import connect, github_at
from mtor_action.github.failures import GitHubError, RequestFailureKind, github_error
from mtor_action.github.issues.comments import own_id
from mtor_action.github.node_ids import NodeIds
from mtor_bot.github_app.kept_answers import Memory
from mtor_bot.github_app.own_on_github import OwnAccount
from mtor_bot.github_app.paced_client import PacedClient
from mtor_bot.github_app.private_key import load_private_key
from mtor_bot.github_app.rate_limits import Gate, limited

if TYPE_CHECKING:
    from collections.abc import Mapping

    import githubkit
    import sqlalchemy as sa

    from mtor_bot.clock import ScaledClock
    from mtor_bot.github_app.installed_repository import InstalledRepository

# A token must outlast the request that it is used for.
RENEW_SECONDS = 300.0
# The queue waits by itself, where a cancellation wakes it; a client's own waits are short.
PATIENCE_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Grant:
    """A token of an installation and its end, as GitHub writes it and in seconds since the epoch."""

    token: str
    expires_at: str
    expires: float

    def __repr__(self) -> str:
        return f"Grant(expires_at={self.expires_at!r})"


@dataclass(slots=True)
class Clients:
    """Makes clients. It is shared by all threads; a client belongs to one. `private_key` is PEM text."""

    app_id: str
    private_key: str = field(repr=False)
    api_url: str
    clock: ScaledClock
    engine: sa.Engine | None = field(default=None, repr=False)  # where limits are shared with other processes
    _memory: Memory = field(default_factory=Memory, repr=False)
    _gates: dict[int, Gate] = field(default_factory=dict, repr=False)
    _minting: defaultdict[int, threading.Lock] = field(default_factory=lambda: defaultdict(threading.Lock), repr=False)
    _grants: dict[tuple[int, int], Grant] = field(default_factory=dict, repr=False)
    _node_ids: NodeIds = field(default_factory=NodeIds, repr=False)
    _login: str = ""
    _own_id: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def app(self) -> PacedClient:
        """Return a client as the App itself; its paths begin with "/"."""
        from githubkit import AppAuthStrategy

        # pyjwt also signs with a loaded key, and githubkit passes it on unchanged.
        auth = AppAuthStrategy(self.app_id, load_private_key(self.private_key))  # type: ignore[arg-type]
        return self._paced(github_at(self.api_url, auth), 0)

    def repository(self, place: InstalledRepository) -> PacedClient:
        """Return a client as the installation, in one repository; with `repository_id` 0 its token is for all.

        Raises GitHubError if there is no installation, or if nothing may be sent for it now.
        """
        token = self._grant(place.installation_id, place.repository_id).token
        plain = connect(token, place.repository, api_url=self.api_url)
        client = self._paced(plain.github, place.installation_id, (plain.owner, plain.repo))
        client.login = self.login()
        if place.repository_id:
            client.repository_id, client.node_ids = place.repository_id, self._node_ids
        with self._minting[0]:
            client.own_id = self._own_id or own_id(client)
        self._own_id = client.own_id
        return client

    def installation(self, installation_id: int) -> PacedClient:
        """Return a client as the installation, for all its repositories; paths begin with "/". Raises GitHubError."""
        token = self._grant(installation_id, 0).token
        return self._paced(github_at(self.api_url, token), installation_id)

    def closed_seconds(self, installation_id: int) -> float:
        """Return the real seconds until a request may be sent for an installation; 0: now."""
        return max(self._gate(installation_id).closed_seconds(), self._gate(0).closed_seconds())

    def _gate(self, installation_id: int) -> Gate:
        with self._lock:
            return self._gates.setdefault(installation_id, Gate(installation_id, self.clock, self.engine))

    def _paced(
        self, github: githubkit.GitHub[Any], installation_id: int, name: tuple[str, str] = ("", "")
    ) -> PacedClient:
        gate, clock = self._gate(installation_id), self.clock.for_client()
        return PacedClient(github, *name, "", PATIENCE_SECONDS, clock, gate=gate, memory=self._memory)

    def narrowed(self, installation_id: int, repository_id: int, permissions: Mapping[str, str]) -> Grant:
        """Return a new token for one repository with only these permissions. Raises GitHubError."""
        return self._ask(installation_id, {"repository_ids": [repository_id], "permissions": dict(permissions)})

    def forget(self, installation_id: int) -> None:
        """Drop the tokens of an installation, so that new ones are asked for: refused, or its permissions changed."""
        with self._lock:
            for key in [key for key in self._grants if key[0] == installation_id]:
                del self._grants[key]

    def login(self) -> str:
        """Return the login of the App's comments, asked for once. Raises GitHubError.

        https://docs.github.com/rest/apps/apps#get-the-authenticated-app
        """
        with self._minting[-1]:
            if not self._login:
                with self.app() as app:
                    self._login = f"{app.call('GET', '/app').text('slug')}[bot]"
            return self._login

    def account(self) -> OwnAccount:
        """Return the App's own account; its id is 0 until it was needed. Raises GitHubError."""
        return OwnAccount(self._own_id, self.login())

    def _grant(self, installation_id: int, repository_id: int) -> Grant:
        """Return a token that is not about to end; `repository_id` 0: for all of the installation's repositories."""
        closed_seconds = self._gate(installation_id).closed_seconds()
        if closed_seconds > 0:
            raise github_error(f"installation {installation_id}", limited(closed_seconds, self.clock))
        key = (installation_id, repository_id)
        with self._minting[installation_id]:
            grant = self._grants.get(key)
            if grant is None or grant.expires - self.clock.now() < self.clock.scaled(RENEW_SECONDS):
                grant = self._ask(installation_id, {"repository_ids": [repository_id]} if repository_id else {})
                with self._lock:
                    self._grants = {
                        key: stored for key, stored in self._grants.items() if stored.expires > self.clock.now()
                    }
                    self._grants[key] = grant
        return grant

    def _ask(self, installation_id: int, body: dict[str, object]) -> Grant:
        """Return a new token. Raises GitHubError.

        https://docs.github.com/rest/apps/apps#create-an-installation-access-token-for-an-app
        """
        with self.app() as app:
            path = f"/app/installations/{installation_id}/access_tokens"
            # Making a token twice does no harm.
            answer = app.call("POST", path, body, look=lambda: None)
        expires_at = answer.text("expires_at")
        expires = datetime.fromisoformat(expires_at).timestamp()
        return Grant(token=answer.text("token"), expires_at=expires_at, expires=expires)


def is_refused_token(error: GitHubError) -> bool:
    """Return whether GitHub refused the token, rather than the request."""
    return error.kind is RequestFailureKind.BAD_TOKEN
