"""The token to publish with, in one of three ways: exchanged with the bot, made from an App's key, or GITHUB_TOKEN.

https://docs.github.com/actions/concepts/security/openid-connect
https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app/authenticating-as-a-github-app-installation
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from urllib.parse import quote, urlsplit

from mtor_action.errors import TokenError
from mtor_action.github.client import Client, github_at, shown_address, split_name
from mtor_action.github.failures import TABLE, Again, GitHubError
from mtor_action.github.issues.comments import ACTIONS_LOGIN
from mtor_action.retrying import Clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import githubkit
    import httpx

    from mtor_action.github.answers import Answer

    Mask = Callable[[Iterable[str]], None]

# While the bot is started again, a proxy in front of it answers with status 502.
_RESTART_WAITS_SECONDS = (2.0, 8.0, 32.0)
PERMISSIONS = {"contents": "write", "issues": "write", "pull_requests": "write"}
_CHECK_BOT = "check MTOR_BOT_URL and the bot's log; without MTOR_BOT_URL, mtor publishes with GITHUB_TOKEN"
_CHECK_OIDC = "give the publish job `permissions: id-token: write`, as `mtor init` writes it"
_CHECK_APP = "check MTOR_APP_ID and MTOR_APP_PRIVATE_KEY (the whole PEM file) against the App's settings page"


def nobody(_secrets: Iterable[str]) -> None:
    """Mask nothing: the default where no runner keeps a log."""


class Token(NamedTuple):
    """A token and whose it is: `login` is the account that its comments are from.

    `authors` is what the bot decided when the job was asked for: account id → whether it may write. `account_id` is the
    account's own, 0 where it is not known yet.
    """

    value: str
    kind: Literal["bot", "app", "github"]
    login: str
    authors: Mapping[int, bool] = {}
    account_id: int = 0

    def __repr__(self) -> str:
        return f"Token(kind={self.kind!r}, login={self.login!r})"


class OidcRequest(NamedTuple):
    """ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN, which a job with `id-token: write` is given."""

    url: str
    token: str

    def __repr__(self) -> str:
        return f"OidcRequest(url={self.url!r})"


class App(NamedTuple):
    """A GitHub App: its id (or client id) and its private key as PEM text."""

    app_id: str
    private_key: str

    def __repr__(self) -> str:
        return f"App(app_id={self.app_id!r})"


# The value of the variable MTOR_BOT_URL that says: there is an App, which nobody can reach.
POLLING = "polling"


def exchange(bot_url: str, job: str, oidc: OidcRequest, clock: Clock | None = None, mask: Mask = nobody) -> Token:
    """Show the bot that this is a run of `job`, by OIDC, and get a token for its repository. Raises TokenError.

    `mask` is told each secret before it is used.
    """
    bot = bot_url.rstrip("/")
    _check_address(bot)
    answer = _asked_bot(bot, job, oidc, clock or Clock(), mask)
    if not (answer.text("token") and answer.text("login")):
        raise TokenError(f"the answer of the bot at {bot} contains no token or no login", _CHECK_BOT)
    mask([answer.text("token")])
    authors = {author.number("id"): author.flag("writes") for author in answer.items("authors")}
    return Token(answer.text("token"), "bot", answer.text("login"), authors, answer.number("account_id"))


def installation_token(
    app: App, repository: str, *, api_url: str, clock: Clock | None = None, mask: Mask = nobody
) -> Token:
    """Return a token of the App's installation, for this repository and what publishing writes only. Raises TokenError.

    `mask` is told each secret before it is used.
    """
    owner, repo = split_name(repository)
    with Client(_github_as(app, api_url, mask), owner, repo, clock=clock or Clock()) as client:
        slug = _call_as_app(client, "GET", "/app").text("slug")
        step = f"install the App {slug} on {repository}"
        installation = _call_as_app(client, "GET", "installation", hint=step).number("id")
        path = f"/app/installations/{installation}/access_tokens"
        grant_request = {"repositories": [repo], "permissions": PERMISSIONS}
        grant = "grant the App contents, issues and pull requests: write, and accept that in its installation"
        value = _call_as_app(client, "POST", path, grant_request, hint=grant).text("token")
    if not (value and slug):
        raise TokenError("GitHub's answer to the App contains no token or no name", "try again later")
    mask([value])
    return Token(value, "app", f"{slug}[bot]")


def github_token(value: str) -> Token:
    """GITHUB_TOKEN as it is: the runs for what it opens wait for approval. Raises TokenError if it is empty.

    https://docs.github.com/actions/concepts/security/github_token (read on 2026-11-29)
    """
    if not value:
        raise TokenError("there is no token to publish with", "set MTOR_GITHUB_TOKEN to ${{ github.token }}")
    return Token(value, "github", ACTIONS_LOGIN)


@dataclass(frozen=True, slots=True)
class _Bearer:
    """The form in which githubkit sends a token that is not for GitHub's API."""

    token: str = field(repr=False)

    def get_auth_flow(self, _github: object) -> Callable[[httpx.Request], httpx.Request]:
        def signed(request: httpx.Request) -> httpx.Request:
            request.headers["Authorization"] = f"Bearer {self.token}"
            request.headers["Accept"] = "application/json"
            return request

        return signed


def _check_address(bot: str) -> None:
    scheme, _, host = bot.partition("://")
    local = re.match(r"(?:localhost|127\.0\.0\.1|\[::1\])(?:[:/]|$)", host)
    if host and (scheme == "https" or (scheme == "http" and local)):
        return
    message = f"MTOR_BOT_URL is {shown_address(bot)}, expected an https:// address"
    raise TokenError(message, "set it to the bot's public address")


def _asked_bot(bot: str, job: str, oidc: OidcRequest, clock: Clock, mask: Mask) -> Answer:
    waits_seconds = list(_RESTART_WAITS_SECONDS)
    while True:
        # The bot takes an OIDC token once, so that each try needs another.
        oidc_token = _oidc_token(oidc, bot, clock)
        mask([oidc_token])
        try:
            with Client(github_at(bot, _Bearer(oidc_token)), "", "", clock=clock) as client:
                return client.call("POST", "/token", {"job": job})
        except GitHubError as error:
            # What was certainly not carried out has been tried as often by the client.
            if TABLE[error.kind].again is not Again.UNSURE or not waits_seconds:
                raise _no_bot_token(bot, error) from error
        clock.sleep(waits_seconds.pop(0))


def _oidc_token(oidc: OidcRequest, audience: str, clock: Clock) -> str:
    if not (oidc.url and oidc.token):
        raise TokenError("this job may not ask GitHub for an OIDC token", _CHECK_OIDC)
    parts = urlsplit(oidc.url)
    path = f"{parts.path}?{parts.query}&audience={quote(audience, safe='')}"
    origin = f"{parts.scheme}://{parts.netloc}"
    try:
        with Client(github_at(origin, _Bearer(oidc.token)), "", "", clock=clock) as client:
            token = client.call("GET", path).text("value")
    except GitHubError as error:
        raise TokenError(f"GitHub gives no OIDC token: {_reason(error)}", _CHECK_OIDC) from error
    if not token:
        raise TokenError("GitHub's answer contains no OIDC token", _CHECK_OIDC)
    return token


def _no_bot_token(bot: str, error: GitHubError) -> TokenError:
    return TokenError(f"the bot at {bot} gives no token: {_reason(error)}", _CHECK_BOT)


def _reason(error: GitHubError) -> str:
    words = error.words or error.kind.value
    return f"{words} (HTTP {error.status})" if error.status else words


def _github_as(app: App, api_url: str, mask: Mask) -> githubkit.GitHub[Any]:
    from githubkit import AppAuthStrategy

    # A secret pasted on one line has the PEM's line breaks as \n.
    key = app.private_key.strip().replace("\\n", "\n")
    github = github_at(api_url, AppAuthStrategy(app.app_id, key))
    try:
        mask([github.auth.get_auth_flow(github).get_jwt()])
    except Exception as error:
        raise TokenError("the App's private key cannot be used", _CHECK_APP) from error
    return github


def _call_as_app(client: Client, method: str, path: str, body: Any = None, *, hint: str = _CHECK_APP) -> Answer:
    try:
        # Making a token twice does no harm.
        return client.call(method, path, body, look=lambda: None)
    except GitHubError as error:
        row = TABLE[error.kind]
        raise TokenError(error.message, row.next_step if row.again is not Again.NEVER else hint) from error
