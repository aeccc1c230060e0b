"""The tokens of the publish job: the App's if there is one, else GITHUB_TOKEN; and which of them may start CI.

A pull request that an App's token opens or pushes to starts workflows at once. With GITHUB_TOKEN the runs wait until
somebody with write access approves them. What else GITHUB_TOKEN does, such as a push, starts none except by dispatch:
https://docs.github.com/actions/concepts/security/github_token (read on 2026-11-29)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mtor_action.errors import MtorError
from mtor_action.github.client import connect
from mtor_action.github.issues.comments import own_id, own_login
from mtor_action.github.remembering_client import RememberingClient, remembering
from mtor_action.github.tokens import (
    POLLING,
    App,
    OidcRequest,
    Token,
    exchange,
    github_token,
    installation_token,
    nobody,
)
from mtor_action.repository.remote import Remote

if TYPE_CHECKING:
    from mtor_action.github.tokens import Mask
    from mtor_action.publish.inputs import Order, Secrets


@dataclass(slots=True)
class ActingAccount:
    """One identity: its API client and what git needs of it."""

    token: Token
    client: RememberingClient
    remote: Remote

    def signature(self) -> str:
        """Return `login <mail>`, so that GitHub shows the account with the commit. Raises GitHubError.

        https://docs.github.com/account-and-profile/reference/email-addresses-reference
        """
        host = urlsplit(self.remote.url).hostname or "github.com"
        login = own_login(self.client)
        return f"{login} <{own_id(self.client)}+{login}@users.noreply.{host}>"


@dataclass(slots=True)
class Credentials:
    """`own` speaks and, where CI may start, publishes; `quiet` is GITHUB_TOKEN, whose CI waits. May be the same."""

    own: ActingAccount
    quiet: ActingAccount
    warnings: list[str] = field(default_factory=list)

    @property
    def starts_ci(self) -> bool:
        """Return whether any token at hand makes pull requests that start CI by themselves."""
        return self.own.token.kind != "github"


def credentials(order: Order, secrets: Secrets, mask: Mask = nobody) -> Credentials:
    """Get the best token that can be had; why a better one could not is a warning. Raises TokenError.

    `mask` is told every secret before it is used.
    """
    mask([secrets.github_token, secrets.app_private_key, secrets.oidc_token])
    quiet = _account(order, github_token(secrets.github_token))
    warnings = []
    for way in (_from_bot, _from_app):
        try:
            token = way(order, secrets, mask)
        except MtorError as error:
            warnings.append(f"{error.message}; {error.hint}" if error.hint else error.message)
            continue
        if token:
            return Credentials(_account(order, token), quiet, warnings)
    return Credentials(quiet, quiet, warnings)


def _from_bot(order: Order, secrets: Secrets, mask: Mask) -> Token | None:
    # The bot knows only the jobs that it dispatched.
    if secrets.bot_url == POLLING or not (secrets.bot_url and order.job):
        return None
    return exchange(secrets.bot_url, order.job, OidcRequest(secrets.oidc_url, secrets.oidc_token), mask=mask)


def _from_app(order: Order, secrets: Secrets, mask: Mask) -> Token | None:
    if not (secrets.app_id and secrets.app_private_key):
        return None
    app = App(secrets.app_id, secrets.app_private_key)
    return installation_token(app, order.repository, api_url=order.api_url, mask=mask)


def _account(order: Order, token: Token) -> ActingAccount:
    client = remembering(connect(token.value, order.repository, api_url=order.api_url, login=token.login))
    client.own_id = token.account_id
    return ActingAccount(token, client, Remote(f"{order.server_url}/{order.repository}.git", token.value))
