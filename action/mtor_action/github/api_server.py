"""One server of GitHub's API: its address, who asks it, and one pool of connections. httpx does the rest.

Nothing is cached, tried again or followed here, and waits are bounded: a redirect is an answer to read, since a
transferred issue's would lead to another repository's text.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Self

from mtor_action import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from ssl import SSLContext
    from types import TracebackType

    import httpx
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    # The value of the header `Authorization`, asked for before each request; "" for nobody.
    Authorization = Callable[[], str]

CONNECT_SECONDS = 10.0
READ_SECONDS = 30.0
GITHUB_JSON = "application/vnd.github+json"
# https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app
_BEGINS_BEFORE_SECONDS = 60  # against clocks that differ
_LASTS_SECONDS = 540
_USED_SECONDS = 480


@dataclass(slots=True)
class ApiServer:
    """Inside of a `with`, all requests share one pool; outside, each has a connection of its own."""

    address: str  # such as https://api.github.com
    authorization: Authorization = field(repr=False)
    accepts: str = GITHUB_JSON
    _pool: httpx.Client | None = field(default=None, init=False, repr=False)

    def __enter__(self) -> Self:
        self._pool = self._new_pool()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    @contextmanager
    def http(self) -> Iterator[httpx.Client]:
        """Yield the pool, or one for this time only."""
        if self._pool is not None:
            yield self._pool
            return
        with self._new_pool() as pool:
            yield pool

    def headers(self) -> dict[str, str]:
        """Return the headers that say who asks, and for what."""
        authorization = self.authorization()
        return {"Accept": self.accepts} | ({"Authorization": authorization} if authorization else {})

    def _new_pool(self) -> httpx.Client:
        import httpx

        return httpx.Client(
            base_url=self.address,
            headers={"User-Agent": f"mtor/{__version__}", "Cache-Control": "no-cache"},
            timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
            follow_redirects=False,
            verify=_tls(),
        )


def as_nobody() -> str:
    """Authorize nobody."""
    return ""


def with_token(token: str) -> Authorization:
    """Authorize with a token of GitHub's; "" asks as nobody."""
    return (lambda: f"token {token}") if token else as_nobody


def with_bearer(token: str) -> Authorization:
    """Authorize with a token that is not for GitHub's API."""
    return lambda: f"Bearer {token}"


def as_app(app_id: str, private_key: str | RSAPrivateKey) -> Authorization:
    """Authorize as a GitHub App, by a JSON Web Token that is signed anew every eight minutes.

    The first use raises an exception of pyjwt's, or ValueError, for a key that cannot sign.
    """
    signed: tuple[float, str] = (0.0, "")

    def authorization() -> str:
        import jwt

        nonlocal signed
        now = time.time()
        if not 0 <= now - signed[0] < _USED_SECONDS:
            claims = {"iss": app_id, "iat": int(now) - _BEGINS_BEFORE_SECONDS, "exp": int(now) + _LASTS_SECONDS}
            signed = (now, jwt.encode(claims, private_key, algorithm="RS256"))
        return f"Bearer {signed[1]}"

    return authorization


@cache
def _tls() -> SSLContext:
    """Return one context for all pools: reading the certificates takes longer than most requests, and a megabyte."""
    import httpx

    return httpx.create_ssl_context()
