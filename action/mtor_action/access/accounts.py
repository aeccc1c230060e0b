"""Accounts: the identity and rights of somebody, as GitHub has them now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtor_action.access.decision import Account, AccountKind
from mtor_action.github.permissions import permission

if TYPE_CHECKING:
    from mtor_action.github.answers import Answer
    from mtor_action.github.client import Client

_KINDS = {"User": AccountKind.USER, "Bot": AccountKind.BOT}


@dataclass(frozen=True, slots=True)
class Sender:
    """The account behind an event; `type` is GitHub's word ("User", "Bot", …), "" for a deleted account."""

    id: int
    login: str
    type: str


def read_sender(account: Answer) -> Sender:
    """Return the account of a payload, id 0 for a deleted one."""
    return Sender(account.number("id"), account.text("login"), account.text("type"))


def account_of(client: Client, sender: Sender) -> Account:
    """Return the account with its permission here. Raises GitHubError if GitHub does not say."""
    kind = _KINDS.get(sender.type, AccountKind.GHOST) if sender.id and sender.login else AccountKind.GHOST
    has_permission = kind is AccountKind.USER and sender.id != client.own_id
    return Account(
        kind, sender.id, sender.login, permission(client, sender.login, sender.id) if has_permission else "none"
    )
