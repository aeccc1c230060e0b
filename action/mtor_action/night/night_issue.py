"""The issue "mtor: last night": made once by the token's own account, then edited in place, which notifies nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.github.comments import own_id
from mtor_action.neutral import one_line, prose
from mtor_action.night.night_job import cost_of, headline
from mtor_action.night.night_table import pull_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.github.answers import Answer
    from mtor_action.github.client import Client
    from mtor_action.night.night_job import NightJob

TITLE = "mtor: last night"
LABEL = "mtor:night"
_MARKER = "<!-- mtor night -->"
_LONGEST_TITLE = 100
_MOST_CHARACTERS = 60_000


def night_markdown(jobs: Sequence[NightJob], since: str) -> str:
    """Return the body: the headline, what needs a person, and the rest, as tables."""
    parts = [_MARKER, f"**{headline(jobs)}**, since {since}."]
    for title, needing in (("Needs you", True), ("Nothing to do", False)):
        rows = [job for job in jobs if job.needs_a_person is needing]
        if rows:
            parts.append(f"## {title}\n\n{_table(rows)}")
    return "\n\n".join(parts)


def _table(jobs: Sequence[NightJob]) -> str:
    head = "| issue | state | pull request | cost | what to do |\n| --- | --- | --- | --- | --- |"
    rows, room = [head], _MOST_CHARACTERS
    for number, job in enumerate(jobs):
        title = prose(one_line(job.title, _LONGEST_TITLE))
        row = f"| #{job.number} {title} | {job.state} | {pull_words(job.pull)} | {cost_of([job])} | {job.step} |"
        room -= len(row)
        if room < 0:
            rows.append(f"| … and {len(jobs) - number} more | | | | |")
            break
        rows.append(row)
    return "\n".join(rows)


def keep_issue(client: Client, body: str) -> tuple[int, str]:
    """Make the issue, or edit it if its text changed; return its number and page. Raises GitHubError.

    Only an open one of our own account counts: a person's issue is never edited.
    """
    existing = _own_issue(client)
    if existing is None:
        wanted = {"title": TITLE, "body": body, "labels": [LABEL]}
        existing = client.call("POST", "issues", wanted, look=lambda: _own_issue(client))
    elif existing.text("body").replace("\r\n", "\n") != body:
        existing = client.call("PATCH", f"issues/{existing.number('number')}", {"body": body})
    return existing.number("number"), existing.text("html_url")


def _own_issue(client: Client) -> Answer | None:
    own = own_id(client)
    listed = client.pages("issues", params={"labels": LABEL, "state": "open"}, most=1)
    ours = (issue for issue in listed if own and issue.number("user", "id") == own)
    return next((issue for issue in ours if issue.text("body").startswith(_MARKER)), None)
