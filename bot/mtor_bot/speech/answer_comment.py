"""The one comment in which mtor answers commands of an issue, edited in place: answers never flood an issue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.github.comments import marker, upsert_comment
from mtor_bot.speech.issue_lock import turn

if TYPE_CHECKING:
    from mtor_action.github.client import Client
    from mtor_bot.bot import Bot
    from mtor_bot.github_app.installed_repository import InstalledRepository


def answer(bot: Bot, client: Client, place: InstalledRepository, number: int, text: str) -> None:
    """Put the answer (Markdown) where the last one was. Raises GitHubError."""
    with turn(bot, place.repository_id, number):
        client.forget_reads()
        upsert_comment(client, number, marker("answer", str(number)), text)
