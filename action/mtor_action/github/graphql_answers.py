"""What GraphQL answers, as REST would say it: who somebody is, and where an issue is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mtor_action.github.answers import Answer

AUTHOR = "author { __typename login ... on User { databaseId } ... on Bot { databaseId } }"


def login_of(author: Answer) -> str:
    """Return an account's login; a bot's is without `[bot]` in GraphQL.

    https://github.com/Untrivial-ai/agent-orchestrator/pull/709
    """
    login = author.text("login")
    return f"{login.removesuffix('[bot]')}[bot]" if author.text("__typename") == "Bot" else login


def is_in(text: Answer, repository: str, *paths: str) -> bool:
    """Return whether an issue or pull request is at one of `paths` (`issues/3`) of the repository OWNER/REPO.

    What a transferred one's number leads to is another repository's text.
    """
    return text.text("url").casefold().endswith(tuple(f"/{repository}/{path}".casefold() for path in paths))
