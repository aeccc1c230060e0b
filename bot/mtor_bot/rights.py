"""The rights of an account as GitHub has them now, for the decision that `access.decision` takes."""

from __future__ import annotations

from collections.abc import Iterable

from mtor_action.access.decision import Account, AccountKind, Ask, Decision, decide, untrusted
from mtor_action.github.client import Client
from mtor_bot.bot import Bot


def decision(bot: Bot, client: Client, ask: Ask) -> Decision:
    """Return the decision for `ask`, by mtor's own account id here and the bots that the settings list."""
    return decide(ask, own_id=client.own_id, listed_bots=bot.settings.listed_bots)


def is_unlisted_bot(client: Client, actor: Account) -> bool:
    """Return whether the account is an App or bot other than mtor; it gets a reaction if nobody listed it."""
    return actor.kind is AccountKind.BOT and actor.id != client.own_id


def outsiders_of(bot: Bot, authors: Iterable[Account]) -> tuple[Account, ...]:
    """Return those of the authors who cannot write here and are not listed bots; a plan names them."""
    return untrusted(authors, bot.settings.listed_bots)
