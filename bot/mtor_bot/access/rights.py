"""Who somebody is and what they may, as GitHub says it now, for the decision that `authorisation` takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.github.permissions import permission
from mtor_bot.access.decision import Account, AccountKind, Ask, Decision, decide, is_trusted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mtor_action.github.client import Client
    from mtor_bot.bot import Bot
    from mtor_bot.events.event import Sender

_KINDS = {"User": AccountKind.USER, "Bot": AccountKind.BOT}


def account_of(client: Client, sender: Sender) -> Account:
    """The account with what it may here. Raises GitHubError if GitHub does not say."""
    kind = _KINDS.get(sender.type, AccountKind.GHOST) if sender.id and sender.login else AccountKind.GHOST
    has_permission = kind is AccountKind.USER and sender.id != client.own_id
    return Account(
        kind, sender.id, sender.login, permission(client, sender.login, sender.id) if has_permission else "none"
    )


def decision(bot: Bot, client: Client, ask: Ask) -> Decision:
    """Return the decision for `ask`, with what is mtor's own account here and which bots are listed."""
    return decide(ask, own_id=client.own_id, listed_bots=bot.settings.listed_bots)


def is_unlisted_bot(client: Client, actor: Account) -> bool:
    """Whether it is another App or bot, which learns by a reaction that nobody listed it; mtor itself is not told."""
    return actor.kind is AccountKind.BOT and actor.id != client.own_id


def outsiders_of(bot: Bot, authors: Iterable[Account]) -> tuple[Account, ...]:
    """Those of the authors who cannot write, which a plan names."""
    return tuple(author for author in authors if not is_trusted(author, bot.settings.listed_bots))
