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
from http.client import HTTPException
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mtor_action.errors import MtorError
from mtor_action.neutral import BREAK, one_line
from mtor_action.night.night_job import NightJob, headline
from mtor_action.night.night_table import pull_words

if TYPE_CHECKING:
    from mtor_action.night.morning import Morning

_MOST_CHARACTERS = 1_900
_LONGEST_TITLE = 80
_SECONDS = 15
_LATER = frozenset({429, 503})  # a limit, or no service; behind another 5xx the message may have arrived
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
# Angle brackets are links and mentions to Slack, square ones are links to Discord, and an @ mentions somebody there.
_INERT = str.maketrans({"<": "(", ">": ")", "[": "(", "]": ")", "&": "+", "`": "'", "@": f"@{BREAK}"})


def night_message(morning: Morning) -> dict[str, object]:
    """Return the message as JSON: jobs that need a person in full, the others as far as there is room."""
    jobs = morning.jobs
    lines = [f"mtor in {morning.repository} since {morning.since}: {headline(jobs)}"]
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


def webhook_host(address: str) -> str:
    """Return the host of a webhook's address. Raises ValueError, which never repeats the address: it is a secret."""
    parts = urlsplit(address)
    if not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)) or not parts.hostname:
        raise ValueError("the webhook's address does not begin with https://")
    return parts.hostname


class NotTaken(MtorError):
    """A webhook did not take a message. `try_again`: it certainly did not arrive, and may be taken later."""

    def __init__(self, host: str, reason: str, *, try_again: bool) -> None:
        super().__init__(f"the webhook at {host} did not take the message: {reason}", "check MTOR_NIGHT_WEBHOOK")
        self.try_again = try_again


def send(message: dict[str, object], address: str) -> None:
    """Post the message once. Raises MtorError, NotTaken, which never repeat the address: it is a secret."""
    try:
        host = webhook_host(address)
    except ValueError as error:
        raise MtorError(str(error), "set MTOR_NIGHT_WEBHOOK anew") from None
    request = urllib.request.Request(  # noqa: S310  the scheme is checked above
        address, json.dumps(message).encode(), {"Content-Type": "application/json", "User-Agent": "mtor"}
    )
    try:
        # A redirect would lead the message, and perhaps the secret in its address, to somebody else.
        with _opener().open(request, timeout=_SECONDS):
            return
    except urllib.error.HTTPError as error:
        error.close()
        raise NotTaken(host, f"status {error.code}", try_again=error.code in _LATER) from None
    except urllib.error.URLError as error:
        # What urllib wraps happened before the whole request was sent.
        raise NotTaken(host, type(error.reason).__name__, try_again=True) from None
    except (OSError, HTTPException, ValueError) as error:
        raise NotTaken(host, type(error).__name__, try_again=False) from None


def _opener() -> urllib.request.OpenerDirector:
    class NoRedirects(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: object) -> None:
            return None

    return urllib.request.build_opener(NoRedirects)
