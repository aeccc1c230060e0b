"""Who somebody is and what they may, as GitHub says it now, for the decision of `mtor_action.asking`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.asking.decision import Account, AccountKind, Ask, Decision, decide, is_trusted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mtor_action.github.client import Client
    from mtor_bot.bot import Bot


def decision(bot: Bot, client: Client, ask: Ask) -> Decision:
    """Return the decision for `ask`, with what is mtor's own account here and which bots are listed."""
    return decide(ask, own_id=client.own_id, listed_bots=bot.settings.listed_bots)


def is_unlisted_bot(client: Client, actor: Account) -> bool:
    """Whether it is another App or bot, which learns by a reaction that nobody listed it; mtor itself is not told."""
    return actor.kind is AccountKind.BOT and actor.id != client.own_id


def outsiders_of(bot: Bot, authors: Iterable[Account]) -> tuple[Account, ...]:
    """Those of the authors who cannot write, which a plan names."""
    return tuple(author for author in authors if not is_trusted(author, bot.settings.listed_bots))
