"""A review of mtor's own pull request by a writer: what it says is proposed as a note for later runs.

`/mtor coach` in the first line makes it one at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_bot.authorisation.decision import Ask, Verdict, Wish
from mtor_bot.behaviours import coaching
from mtor_bot.behaviours.four_eyes import set_check
from mtor_bot.behaviours.rights import account_of, decision
from mtor_bot.commands.command import Verb, read_command
from mtor_bot.deliveries import once
from mtor_bot.github_app.ours import is_ours

if TYPE_CHECKING:
    from mtor_bot.context import Bot
    from mtor_bot.deliveries.event import Reviewed


def reviewed(bot: Bot, event: Reviewed) -> None:
    """Keep what was said, if the reviewer may write. Raises GitHubError, MtorError."""
    if once.is_too_old(bot, event.at):
        return
    with bot.clients.repository(*event.place) as client:
        set_check(bot, client, event.place, event.number)
        if not is_ours(bot.clients.account(), event.author.id, event.author.login):
            return
        if decision(bot, client, Ask(Wish.STEER, account_of(client, event.sender))).verdict is not Verdict.DO:
            return
        paths, command = (event.path,) if event.path else (), read_command(event.body)
        if command is None:
            coaching.propose(client, coaching.Said(event.body, event.sender.login, event.url, paths))
        elif command.verb is Verb.COACH:
            text = f"{command.argument}\n{command.rest}"
            coaching.keep(client, coaching.Said(text, event.sender.login, event.url, paths))
