"""Answers to what people ask for: a new comment each, since an edit notifies nobody and may be far above."""

from __future__ import annotations

from mtor_action.github.client import Client
from mtor_action.github.issues.comments import marker, upsert_comment
from mtor_bot.bot import Bot
from mtor_bot.github_app.installed_repository import InstalledRepository
from mtor_bot.jobs.job_record import UNLISTED_LABEL, Trigger
from mtor_bot.speech.issue_lock import turn


def answer(bot: Bot, client: Client, place: InstalledRepository, number: int, trigger: Trigger, text: str) -> None:
    """Answer `trigger` (Markdown) in a comment; repeated after a crash it is the same one. Raises GitHubError."""
    # Triggers without an id of their own share one comment.
    name = f"{trigger.kind}-{trigger.id}" if trigger.kind != UNLISTED_LABEL else trigger.kind
    with turn(bot, place.repository_id, number):
        client.forget_reads()
        upsert_comment(client, number, marker("answer", name), text)
