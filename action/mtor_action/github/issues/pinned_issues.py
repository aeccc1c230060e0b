"""Pinning an issue to the top of a repository's list: best effort, since GitHub may refuse it.

Three pins is the limit, and which tokens may pin is not documented.
https://docs.github.com/issues/tracking-your-work-with-issues/administering-issues/pinning-an-issue-to-your-repository
https://docs.github.com/graphql/reference/mutations#pinissue
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from mtor_action.github.failures import GitHubError

if TYPE_CHECKING:
    from mtor_action.github.answers import Answer
    from mtor_action.github.client import Client

_MUTATION = "mutation($id: ID!) { pinIssue(input: {issueId: $id}) { issue { number } } }"
logger = logging.getLogger(__name__)


def pin_to_top(client: Client, issue: Answer) -> bool:
    """Pin an issue, and return whether GitHub let us; never raises GitHubError. Pinning twice changes nothing."""
    try:
        client.graphql(_MUTATION, {"id": issue.text("node_id")})
    except GitHubError as error:
        logger.info("GitHub did not pin the issue", extra={"issue": issue.number("number"), "why": error.message})
        return False
    return True
