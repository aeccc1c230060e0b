"""What is read at once for all issues that wait with the trigger label: thirty in a minute cost a few requests.

https://docs.github.com/rest/issues/issues#list-repository-issues
https://docs.github.com/rest/issues/events#list-issue-events-for-a-repository
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.errors import GitHubError
from mtor_action.github.failures import Kind
from mtor_bot.jobs.label_events import is_label_event

if TYPE_CHECKING:
    from mtor_action.github.answers import Answer
    from mtor_action.github.client import Client

# Issues hold up to 64 KB each, and the answer is kept for the other deliveries of a burst.
MOST_ISSUES = 50


def foresee(client: Client, number: int, label: str) -> None:
    """Let the client know this issue or pull request from the list, if it is there; else it is asked for by itself."""
    asked: dict[str, str | int] = {"state": "open", "labels": label, "sort": "updated", "per_page": MOST_ISSUES}
    for issue in client.call("GET", "issues", params=asked).items():
        if issue.number("number") == number:
            client.know(f"issues/{number}", issue)
            return


def recent_label_event(client: Client, number: int, label: str) -> Answer | None:
    """The last event that gave an issue this label, if it is among the repository's newest hundred events."""
    try:
        events = client.call("GET", "issues/events", params={"per_page": 100}).items()
    except GitHubError as error:
        # Where it is not offered, each issue has its own list.
        if error.kind is not Kind.NOT_FOUND:
            raise
        return None
    of_issue = [each for each in events if each.number("issue", "number") == number and is_label_event(each, label)]
    return max(of_issue, key=lambda each: each.number("id"), default=None)
