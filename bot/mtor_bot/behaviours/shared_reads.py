"""Reads shared by all issues that wait with the trigger label: thirty in a minute cost a few requests.

https://docs.github.com/rest/issues/issues#list-repository-issues
https://docs.github.com/rest/issues/events#list-issue-events-for-a-repository
"""

from __future__ import annotations

from collections.abc import Mapping

from mtor_action.github.answers import Answer
from mtor_action.github.client import Client
from mtor_action.github.failures import GitHubError
from mtor_action.on_issues.best_effort import is_refused

# Issues hold up to 64 KB each, and the answer is kept for the other deliveries of a burst.
MOST_ISSUES = 50
MOST_EVENTS = 100


def foresee(client: Client, number: int, label: str) -> None:
    """Let the client remember this issue or pull request from the list; one not listed is fetched on its own later."""
    parameters: dict[str, str | int] = {"state": "open", "labels": label, "sort": "updated", "per_page": MOST_ISSUES}
    for issue in _listed(client, "issues", parameters):
        if issue.number("number") == number:
            client.know(f"issues/{number}", issue)
            return


def recent_events(client: Client, number: int) -> list[Answer]:
    """Return an issue's events among the repository's newest 100."""
    events = _listed(client, "issues/events", {"per_page": MOST_EVENTS})
    return [event for event in events if event.number("issue", "number") == number]


def _listed(client: Client, path: str, parameters: Mapping[str, str | int]) -> list[Answer]:
    """Return the items, none if GitHub refuses the list, as in a repository without issues."""
    try:
        return client.call("GET", path, params=parameters).items()
    except GitHubError as error:
        if not is_refused(error):
            raise
        return []
