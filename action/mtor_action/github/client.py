"""One repository over GitHub's REST API: a connection pool, and `call`, which turns failures into GitHubError.

githubkit brings authentication and the connection; its models are not used, since they refuse an answer in which one
field is missing, and neither is its retry, which repeats a POST that may have been carried out.
https://docs.github.com/rest/about-the-rest-api/api-versions
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from json import dumps
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from mtor_action import __version__
from mtor_action.errors import MtorError
from mtor_action.github.answers import Answer
from mtor_action.github.failures import (
    ABSENT,
    RequestFailure,
    RequestFailureKind,
    Tolerance,
    failed_answer,
    failed_transport,
    github_error,
)
from mtor_action.github.node_ids import NodeIds
from mtor_action.github.request_retrying import decide
from mtor_action.neutral import one_line
from mtor_action.retrying import Clock, RetryDecision

if TYPE_CHECKING:
    from ssl import SSLContext
    from types import TracebackType

    import githubkit
    import httpx

Query: TypeAlias = Mapping[str, str | int] | None
"""The parameters behind an address."""
Look: TypeAlias = "Callable[[], Answer | None] | None"
"""Looks whether GitHub has what a lost answer may have made; None: that cannot be seen."""
API_URL = "https://api.github.com"
API_VERSION = "2022-11-28"
NEWEST_VERSION = "2026-03-10"
CONNECT_SECONDS = 10.0
READ_SECONDS = 30.0
PATIENCE_SECONDS = 900.0
MOST_PAGES = 100
_ELSEWHERE = 302
_LIMITED = 403  # what GraphQL says with status 200, REST says with this one
# https://docs.github.com/repositories: owners have letters, digits and hyphens, GHES and managed users underscores too.
_REPOSITORY = re.compile(r"(?!\.)[\w.-]{1,100}/(?!\.{1,2}$)[\w.-]{1,100}", re.ASCII)
_FROM_ROOT = ("/", "https://", "http://")
_ADDRESS = re.compile(
    r"https?://(?:[\w-]{1,63}(?:\.[\w-]{1,63})*|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?(?:/[^\s?#]*)?", re.ASCII
)


@dataclass(slots=True)
class Client:
    """One repository. `login` is who the token belongs to, "" if that is not known yet.

    A context manager: inside, all requests share one pool of connections. Not to be shared between threads.
    `patience_seconds` is how long may still be waited for GitHub's limits and faults, all requests together.
    """

    github: githubkit.GitHub[Any] = field(repr=False)
    owner: str
    repo: str
    login: str = ""
    patience_seconds: float = PATIENCE_SECONDS
    clock: Clock = field(default_factory=Clock, repr=False)
    own_id: int = 0  # as comments.own_id learnt it
    node_id: str = ""  # the repository's for GraphQL, which never changes, as repositories.repository learnt it
    repository_id: int = 0  # 0 where only the name is known: then nobody else may share `node_ids`
    node_ids: NodeIds = field(default_factory=NodeIds, repr=False)  # of what is in the repository

    @property
    def full_name(self) -> str:
        """The repository's name on GitHub, OWNER/REPO."""
        return f"{self.owner}/{self.repo}"

    @property
    def graphql_address(self) -> str:
        """The address of the GraphQL API that belongs to the REST API."""
        return f"{str(self.github.config.base_url).rstrip('/').removesuffix('/v3')}/graphql"

    def keep_id(self, path: str, answer: Answer) -> None:
        """Remember the node id of what REST has at `path`, from an answer of REST's or of GraphQL's."""
        self.node_ids.keep(self.repository_id, path, answer.text("node_id") or answer.text("id"))

    def __enter__(self) -> Self:
        self.github.__enter__()  # type: ignore[no-untyped-call] # githubkit's own
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.github.__exit__(kind, error, trace)

    def call(self, method: str, path: str, json: Any = None, *, params: Query = None, look: Look = None) -> Answer:
        """Return the answer to one request, tried again where that is safe. Raises GitHubError.

        `path` is below the repository, below the API's root if it begins with "/", or an address of that server.
        `look` makes a POST repeatable:
        after a failure that leaves open whether the thing was made, its answer is taken for the POST's; None sends it
        again.
        """
        asked = f"{method} {self._loggable(path)}"
        if method == "POST" and look is None:
            return self._tried(asked, lambda: self._send(method, path, json, params), repeatable=False)
        return self._tried(asked, lambda: self._send(method, path, json, params), look)

    def call_newest(self, method: str, path: str, json: Any = None, *, params: Query = None) -> Answer:
        """Return the answer to one request in NEWEST_VERSION, for what the other does not have; a POST is sent once.

        Raises GitHubError.
        """

        def send() -> Answer | RequestFailure:
            response = self.exchange(method, path, json, params, {"X-GitHub-Api-Version": NEWEST_VERSION})
            return response if isinstance(response, RequestFailure) else self._read(response)

        return self._tried(f"{method} {self._loggable(path)}", send, repeatable=method != "POST")

    def find(self, path: str, *, params: Query = None, absent: Sequence[RequestFailureKind] = ABSENT) -> Answer | None:
        """Return what is at `path`, None if GitHub does not have it: a failure of `absent`. Raises GitHubError."""
        with Tolerance(*absent):
            return self.call("GET", path, params=params)
        return None

    def redirect(self, path: str) -> str:
        """Return the address at which GitHub keeps what is asked for, which is not followed. Raises GitHubError.

        A moved repository answers with another status, and is a failure as for `call`.
        """

        def send() -> Answer | RequestFailure:
            response = self.exchange("GET", path)
            if isinstance(response, RequestFailure):
                return response
            if response.status_code == _ELSEWHERE and response.has_redirect_location:
                return Answer(response.headers["location"])
            answer = self._read(response)
            return RequestFailure(RequestFailureKind.GARBAGE) if isinstance(answer, Answer) else answer

        return self._tried(f"GET {self._loggable(path)}", send).text()

    def _tried(
        self, asked: str, send: Callable[[], Answer | RequestFailure], look: Look = None, *, repeatable: bool = True
    ) -> Answer:
        tries = 0
        while True:
            tries += 1
            outcome = send()
            if isinstance(outcome, Answer):
                return outcome
            decision = decide(
                outcome,
                tries=tries,
                repeatable=repeatable,
                patience_seconds=self.patience_seconds,
                now=self.clock.wall(),
            )
            if not isinstance(decision, RetryDecision):
                raise github_error(asked, outcome, decision.reason)
            self._wait(decision.wait_seconds)
            made_already = look() if look else None
            if made_already is not None:
                return made_already

    def graphql(self, query: str, variables: Mapping[str, Any], *, is_needed: bool = True) -> Answer:
        """The `data` that a query (no mutation) leads to. Raises GitHubError, also for errors that come with data.

        One that is not needed is not sent again after a fault of GitHub's.
        https://docs.github.com/enterprise-server/graphql/guides/forming-calls-with-graphql#the-graphql-endpoint
        """
        # A query may be repeated.
        look = (lambda: None) if is_needed else None
        answer = self.call("POST", self.graphql_address, {"query": query, "variables": dict(variables)}, look=look)
        errors = answer.items("errors")
        if errors or not isinstance(answer.at("data").value, dict):
            words = one_line(errors[0].text("message")) if errors else ""
            raise github_error("POST /graphql", RequestFailure(RequestFailureKind.GARBAGE, words=words))
        return answer.at("data")

    def pages(self, path: str, *, key: str = "", params: Query = None, most: int = MOST_PAGES) -> Iterator[Answer]:
        """The items of a paged list, in GitHub's order; `key` names the list inside each page. At most `most` pages."""
        for page in range(1, most + 1):
            answer = self.call("GET", path, params={"per_page": 100, **(params or {}), "page": page})
            yield from answer.items(key) if key else answer.items()
            # The address in `link` is not followed: the token goes nowhere but to the API.
            if 'rel="next"' not in answer.headers.get("link", ""):
                return

    def recall(self, path: str) -> Answer | None:  # noqa: ARG002  for clients that remember
        """Return what was read at `path` since the last write, for clients that remember it; here nothing."""
        return None

    def know(self, path: str, answer: Answer) -> None:
        """Remember what a write has answered as what is at `path`; here nothing is remembered."""

    def forget_reads(self) -> None:
        """Ask anew for what was read before: somebody else may have changed it; here nothing is remembered."""

    def forget_presumed(self) -> bool:
        """Ask REST for what GraphQL told in its place, and return whether that was anything; here it is nothing."""
        return False

    def _send(self, method: str, path: str, json: Any, params: Query) -> Answer | RequestFailure:
        response = self.exchange(method, path, json, params)
        return response if isinstance(response, RequestFailure) else self._read(response)

    def exchange(
        self, method: str, path: str, json: Any = None, params: Query = None, asks: Mapping[str, str] | None = None
    ) -> httpx.Response | RequestFailure:
        """The response to one request, whatever its status, or how it came to none; `asks` are further headers."""
        import httpx

        below = f"/repos/{self.owner}/{self.repo}/{path}".rstrip("/")
        url = path if path.startswith(_FROM_ROOT) else below
        headers = {"X-GitHub-Api-Version": API_VERSION, **(asks or {})}
        if json is not None:
            headers["Content-Type"] = "application/json"
        # ASCII, so that a lone surrogate in somebody's text is GitHub's to refuse.
        content = None if json is None else dumps(json).encode()
        try:
            with self.github.get_sync_client() as http:
                return http.request(method, url, content=content, params=params, headers=headers)
        except (httpx.TransportError, httpx.DecodingError) as error:
            return failed_transport(error)

    def _read(self, response: httpx.Response) -> Answer | RequestFailure:
        """Return what a response says; 304, which only callers who ask for it get, is a failure with that status."""
        headers = {name.lower(): value for name, value in response.headers.items()}
        if not response.is_success:
            secret = response.request.headers.get("authorization", "").partition(" ")[2]
            return failed_answer(response.status_code, headers, response.text, secret)
        try:
            answer = Answer(response.json() if response.content else None, headers)
        except (ValueError, RecursionError):
            return RequestFailure(RequestFailureKind.GARBAGE, response.status_code)
        if response.request.url.path.endswith("/graphql") and _is_limited(answer):
            return failed_answer(_LIMITED, headers, response.text)
        return answer

    def _wait(self, seconds: float) -> None:
        self.patience_seconds -= seconds
        self.clock.sleep(seconds)

    def _loggable(self, path: str) -> str:
        address = path if path.startswith(_FROM_ROOT) else f"{self.full_name}/{path}".rstrip("/")
        return one_line(address.partition("?")[0])


def _is_limited(answer: Answer) -> bool:
    """Return whether GraphQL answers, with status 200, that a limit was met and nothing was done.

    A limit that a mutation meets at its second field leaves the first one done: it must not be sent again.
    https://docs.github.com/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
    """
    data, errors = answer.at("data").value, answer.items("errors")
    if isinstance(data, dict) and any(value is not None for value in data.values()):
        return False
    return any(
        error.text("type") == "RATE_LIMITED" or "secondary rate" in error.text("message").lower() for error in errors
    )


def connect(
    token: str,
    repository: str,
    *,
    api_url: str = API_URL,
    login: str = "",
    clock: Clock | None = None,
    patience_seconds: float = PATIENCE_SECONDS,
) -> Client:
    """Return a client for `repository` ("OWNER/REPO"); no request is made. Raises MtorError if it or the token is none.

    `token` "" asks as nobody; `login` is who the token belongs to, where that is known.
    """
    owner, repo = split_name(repository)
    token = token.strip()
    if not (token.isascii() and token.isprintable() and " " not in token):
        raise MtorError("the token contains characters that GitHub's tokens never have", "set it again, as one word")
    return Client(github_at(api_url, token), owner, repo, login, patience_seconds, clock or Clock())


def split_name(repository: str) -> tuple[str, str]:
    """Return owner and name of "OWNER/REPO". Raises MtorError if it is none."""
    if not is_repository_name(repository):
        raise MtorError(f"{one_line(repository, 120)!r} is not a repository's name", "write it as OWNER/REPO")
    owner, _, repo = repository.partition("/")
    return owner, repo


def is_repository_name(text: str) -> bool:
    """Return whether a text can be a repository's name, OWNER/REPO."""
    return _REPOSITORY.fullmatch(text) is not None


def shown_address(url: str) -> str:
    """Return an address for a message, without the password that somebody wrote into it."""
    return repr(one_line(re.sub(r"//[^/]*@", "//", url), 120))


def github_at(api_url: str, auth: Any = None) -> githubkit.GitHub[Any]:
    """Return a githubkit client as mtor uses it: no cache, no retry of its own, bounded waits, no redirects followed.

    A redirect is an answer to read: a transferred issue's would lead to another repository's text.
    """
    import githubkit
    import httpx
    from githubkit.cache import MemCacheStrategy

    if not _ADDRESS.fullmatch(api_url):
        raise MtorError(f"{shown_address(api_url)} is not the address of a server", "write it as https://HOST")
    return githubkit.GitHub(
        auth,
        base_url=api_url,
        user_agent=f"mtor/{__version__}",
        follow_redirects=False,
        ssl_verify=tls_context(),
        timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
        http_cache=False,
        cache_strategy=MemCacheStrategy(),
        auto_retry=False,
    )


@cache
def tls_context() -> SSLContext:
    """Return one context for all clients: reading the certificates takes longer than most requests, and a megabyte."""
    import httpx

    return httpx.create_ssl_context()
