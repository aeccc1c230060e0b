"""Reactions to a comment or an issue: seen, done, not done.

Giving the same reaction again changes nothing: https://docs.github.com/rest/reactions/reactions
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.on_issues.best_effort import best_effort

if TYPE_CHECKING:
    from mtor_action.github.client import Client

SEEN, DONE, NOT_DONE = "eyes", "rocket", "confused"


def react(client: Client, number: int, comment_id: int, content: str) -> None:
    """React to a comment, or with `comment_id` 0 to the issue or pull request itself: best effort.

    Raises GitHubError for what may succeed later: it belongs behind the message.
    """
    react_at(client, f"issues/comments/{comment_id}/reactions" if comment_id else f"issues/{number}/reactions", content)


def react_at(client: Client, path: str, content: str) -> None:
    """React at a path of reactions: best effort. Raises GitHubError for what may succeed later."""
    with best_effort("reaction"):
        client.call("POST", path, {"content": content}, look=lambda: None)
