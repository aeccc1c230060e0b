"""Reactions to the trigger of a job: a comment, a line comment, or for a label the issue itself."""

from __future__ import annotations

from mtor_action.github.client import Client
from mtor_action.on_issues.reactions import react_at
from mtor_bot.jobs.job_record import COMMENT, REVIEW_COMMENT, Trigger


def react(client: Client, number: int, trigger: Trigger, content: str) -> None:
    """React to what somebody wrote, or for a label to the issue or pull request itself: best effort.

    Raises GitHubError for what may succeed later: it belongs behind the message.
    """
    if path := _path(number, trigger):
        react_at(client, path, content)


def _path(number: int, trigger: Trigger) -> str:
    """Return the path of its reactions; "" for a review, which takes none."""
    if trigger.is_label:
        return f"issues/{number}/reactions"
    lists = {COMMENT: "issues", REVIEW_COMMENT: "pulls"}
    return f"{lists[trigger.kind]}/comments/{trigger.id}/reactions" if trigger.kind in lists else ""
