"""GitHub's own "blocked by": the issues that an issue waits for.

https://docs.github.com/rest/issues/issue-dependencies#list-dependencies-an-issue-is-blocked-by
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.github.failures import ABSENT, Tolerance

if TYPE_CHECKING:
    from mtor_action.github.answers import Answer
    from mtor_action.github.client import Client


def is_blocked(issue: Answer) -> bool:
    """Return whether an issue, as GitHub describes it, says that open issues block it; False where it does not say."""
    return issue.number("issue_dependencies_summary", "blocked_by") > 0


def blocking_issues(client: Client, number: int) -> list[int]:
    """Return the open issues of this repository that block the issue; none where GitHub has no such list.

    Raises GitHubError.
    """
    listed: list[Answer] = []
    with Tolerance(*ABSENT):  # as on GitHub Enterprise Server
        listed = list(client.pages(f"issues/{number}/dependencies/blocked_by"))
    here = f"/repos/{client.owner}/{client.repo}".casefold()
    return [
        issue.number("number")
        for issue in listed
        if issue.text("state") == "open" and issue.text("repository_url").casefold().endswith(here)
    ]
