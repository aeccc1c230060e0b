"""The API of one server as one account: a pool of connections, bounded waits, each request signed as it is sent.

No redirect is followed. It is an answer to read: a transferred issue's would lead to another repository's text.
https://docs.github.com/rest/authentication/authenticating-to-the-rest-api
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Self

from mtor_action import __version__
from mtor_action.errors import MtorError
from mtor_action.neutral import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from ssl import SSLContext
    from types import TracebackType

    import httpx

API_URL = "https://api.github.com"
GITHUB_JSON = "application/vnd.github+json"
CONNECT_SECONDS = 10.0
READ_SECONDS = 30.0
_ADDRESS = re.compile(
    r"https?://(?:[\w-]{1,63}(?:\.[\w-]{1,63})*|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?(?:/[^\s?#]*)?", re.ASCII
)


@dataclass(slots=True)
class ApiServer:
    """A context manager: inside, all requests share one pool of connections. Not to be shared between threads.

    `bearer` returns the token of the next request, "" for nobody's. Raises MtorError if `url` is not an address.
    """

    url: str
    bearer: Callable[[], str] = field(repr=False)
    accept: str = GITHUB_JSON  # media type of the answers
    _pool: httpx.Client | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        if not _ADDRESS.fullmatch(self.url):
            raise MtorError(f"{shown_address(self.url)} is not the address of a server", "write it as https://HOST")

    def __enter__(self) -> Self:
        if self._pool is not None:
            raise RuntimeError("these connections are open already")
        self._pool = self._new_pool()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()

    @contextmanager
    def connections(self) -> Iterator[httpx.Client]:
        """Yield the pool that is open, else one for this time alone."""
        if self._pool is not None:
            yield self._pool
        else:
            with self._new_pool() as pool:
                yield pool

    def _new_pool(self) -> httpx.Client:
        import httpx

        return httpx.Client(
            auth=self._signed,
            base_url=self.url,
            headers={"User-Agent": f"mtor/{__version__}", "Accept": self.accept},
            follow_redirects=False,
            verify=_tls(),
            timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
        )

    def _signed(self, request: httpx.Request) -> httpx.Request:
        if token := self.bearer():
            request.headers["Authorization"] = f"Bearer {token}"
        return request


def server_for(token: str, api_url: str = API_URL) -> ApiServer:
    """Return GitHub's API at `api_url` as whoever the token belongs to, or as nobody. Raises MtorError."""
    return ApiServer(api_url, lambda: token)


def shown_address(url: str) -> str:
    """Return an address for a message, without the password that somebody wrote into it."""
    return repr(one_line(re.sub(r"//[^/]*@", "//", url), 120))


@cache
def _tls() -> SSLContext:
    """Return one context for all clients: reading the certificates takes longer than most requests, and a megabyte."""
    import httpx

    return httpx.create_ssl_context()
