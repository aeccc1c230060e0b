"""Answers to what people ask for: a new comment each, since an edit notifies nobody and may be far above."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.github.comments import marker, upsert_comment
from mtor_action.neutral import prose, sentence
from mtor_bot.access.command import Verb
from mtor_bot.jobs.job_record import UNLISTED_LABEL
from mtor_bot.speech.issue_lock import turn

if TYPE_CHECKING:
    from mtor_action.errors import MtorError
    from mtor_action.github.client import Client
    from mtor_bot.bot import Bot
    from mtor_bot.github_app.installed_repository import InstalledRepository
    from mtor_bot.jobs.job_record import Trigger

_HELP = {
    Verb.RUN: "run the spec of this issue, the spec below this line, `path/to/spec.md@branch`, or a plan shown before",
    Verb.RETRY: "run the last spec again",
    Verb.CANCEL: "stop what waits or runs here",
    Verb.STATUS: "say how things stand",
    Verb.CHECK: "show what the spec would do, or what is wrong with it",
    Verb.COACH: "keep the text after it as a note for later runs",
    Verb.CI: "start the checks of this pull request that wait for approval",
    Verb.SPEC: "the text below this line continues the issue's spec",
    Verb.HELP: "show this list",
}


def answer(bot: Bot, client: Client, place: InstalledRepository, number: int, trigger: Trigger, text: str) -> None:
    """Answer `trigger` (in Markdown); done again, as after a crash, it is the same comment. Raises GitHubError."""
    # What has no id of its own gets one comment for all.
    name = f"{trigger.kind}-{trigger.id}" if trigger.kind != UNLISTED_LABEL else trigger.kind
    with turn(bot, place.repository_id, number):
        client.forget_reads()
        upsert_comment(client, number, marker("answer", name), text)


def help_text(unknown: str = "") -> str:
    """The commands, after a word that is none."""
    first = f"`/mtor` has no command {prose(repr(unknown), 60)}." if unknown else "What mtor understands:"
    return "\n".join([first, "", *(f"- `/mtor {verb}`: {words}" for verb, words in _HELP.items())])


def error_text(error: MtorError) -> str:
    """What is wrong and what to do, in Markdown."""
    hint = f"\n\n**What to do:** {sentence(error.hint, 600)}" if error.hint else ""
    return f"{sentence(error.message, 1_000)}{hint}"
