"""The morning without a server: a run of the workflow writes the issue of the night, and its page.

Nobody remembers when the last night was written, so it covers the last 26 hours: a scheduled run may come late, and the
day on which the clocks go back has 25. A job may appear in two mornings, but in none never.
https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows#schedule
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.github.payloads import stamp_of
from mtor_action.night.morning_on_github import read_morning
from mtor_action.night.night_issue import keep_issue, night_markdown, own_issue
from mtor_action.night.night_page import night_page

if TYPE_CHECKING:
    from pathlib import Path

    from mtor_action.github.client import Client

SECONDS = 26 * 3600.0
PAGE = "night.html"


def keep_last_night(client: Client, page_folder: Path | None) -> int:
    """Write the issue, and the page into the folder; return the issue's number, 0 if there is nothing to tell.

    Raises GitHubError, OSError.
    """
    now = client.clock.wall()
    morning = read_morning(client, stamp_of(now - SECONDS), now)
    if not morning.jobs and own_issue(client) is None:
        return 0
    number, _page = keep_issue(client, night_markdown(morning))
    if page_folder:
        page_folder.mkdir(parents=True, exist_ok=True)
        (page_folder / PAGE).write_text(night_page(morning), encoding="utf-8")
    return number
