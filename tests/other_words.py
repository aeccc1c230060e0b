"""GitHub's stand-in with a GraphQL API whose words about issues are not those of its REST API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from standins.github import graphql

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from standins.github import Issue

Json = dict[str, Any]

# What GraphQL could say otherwise: each changes an issue as it shows it.
OTHER_WORDS: dict[str, Callable[[Json], Json]] = {
    "lone carriage returns": lambda shown: {**shown, "body": shown["body"].replace("\n", "\r")},
    "no blanks at the end": lambda shown: {**shown, "body": shown["body"].rstrip()},
    "a blank more": lambda shown: {**shown, "body": shown["body"] + "\n"},
    "another title": lambda shown: {**shown, "title": shown["title"] + " "},
}
OTHER_STATES: dict[str, Callable[[Json], Json]] = {
    "another account": lambda shown: {**shown, "author": {"__typename": "User", "login": "mallory", "databaseId": 7}},
    "a bot": lambda shown: {**shown, "author": {**shown["author"], "__typename": "Bot"}},
}


def let_graphql_differ(monkeypatch: pytest.MonkeyPatch, change: Callable[[Json], Json]) -> None:
    """Let GraphQL show issues as `change` makes them; REST goes on to show them as they are."""
    shown = graphql.issue_json

    def otherwise(issue: Issue) -> Json:
        return change(shown(issue))

    monkeypatch.setattr(graphql, "issue_json", otherwise)
