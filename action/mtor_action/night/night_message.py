"""The night as one message for a webhook, in the form that both Slack's and Discord's take.

Slack reads `text` (mrkdwn, in which `<`, `>` and `&` mean something), Discord `content` (Markdown, at most 2,000
characters); both pass over what they do not know.
    https://docs.slack.dev/messaging/formatting-message-text
    https://docs.discord.com/developers/resources/webhook#execute-webhook
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mtor_action.errors import MtorError
from mtor_action.neutral import BREAK, one_line
from mtor_action.night.night_job import headline
from mtor_action.night.night_table import pull_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.night.night_job import NightJob

_MOST_CHARACTERS = 1_900
_LONGEST_TITLE = 80
_SECONDS = 15
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
# Angle brackets are links and mentions to Slack, square ones are links to Discord, and an @ mentions somebody there.
_INERT = str.maketrans({"<": "(", ">": ")", "[": "(", "]": ")", "&": "+", "`": "'", "@": f"@{BREAK}"})


def night_message(jobs: Sequence[NightJob], repository: str, since: str) -> dict[str, object]:
    """Return the message as JSON: jobs that need a person in full, the others as far as there is room."""
    lines = [f"mtor in {repository} since {since}: {headline(jobs)}"]
    for number, job in enumerate(jobs):
        line = _line(job)
        left = f"… and {len(jobs) - number} more"
        if sum(map(len, lines)) + len(lines) + len(line) + len(left) > _MOST_CHARACTERS:
            lines.append(left)
            break
        lines.append(line)
    text = "\n".join(lines)
    return {"text": text, "content": text, "allowed_mentions": {"parse": []}, "unfurl_links": False}


def _line(job: NightJob) -> str:
    title = one_line(job.title, _LONGEST_TITLE).translate(_INERT)
    parts = [f"#{job.number} {job.state}", pull_words(job.pull), title, job.step.replace("**", "").replace("`", "")]
    where = job.pull.html_url if job.pull and job.needs_a_person else job.html_url if job.needs_a_person else ""
    return "• " + " · ".join(part for part in (*parts, where) if part)


def send(message: dict[str, object], address: str) -> None:
    """Post the message. Raises MtorError, which never repeats the address: it is a secret."""
    parts = urlsplit(address)
    if not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)):
        raise MtorError("the webhook's address does not begin with https://", "set MTOR_NIGHT_WEBHOOK anew")
    request = urllib.request.Request(  # noqa: S310  the scheme is checked above
        address, json.dumps(message).encode(), {"Content-Type": "application/json", "User-Agent": "mtor"}
    )
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS):  # noqa: S310
            return
    except urllib.error.HTTPError as error:
        reason = f"status {error.code}"
    except (OSError, ValueError) as error:
        reason = type(getattr(error, "reason", error)).__name__
    raise MtorError(f"the webhook at {parts.hostname} did not take the message: {reason}", "check MTOR_NIGHT_WEBHOOK")
