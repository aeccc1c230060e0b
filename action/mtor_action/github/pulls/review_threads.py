"""Resolving threads of a review: best effort, since GitHub may refuse it.

REST does not know threads. A token needs the right to write contents for it.
https://docs.github.com/graphql/reference/mutations#resolvereviewthread
https://docs.github.com/graphql/reference/objects#pullrequestreviewthread
https://github.com/github/gh-aw/issues/35726 (read on 2026-11-30)
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from mtor_action.github.failures import GitHubError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from mtor_action.github.answers import Answer
    from mtor_action.github.client import Client

_MOST_PAGES = 10
# A thread is known by its first comment; numbers of comments have outgrown GraphQL's.
_QUERY = """\
query($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      reviewThreads(first: 100, after: $after) {
        pageInfo { hasNextPage endCursor }
        nodes { id isResolved viewerCanResolve comments(first: 1) { nodes { id } } }
      }
    }
  }
}
"""
_MUTATION = "mutation($id: ID!) { resolveReviewThread(input: {threadId: $id}) { thread { isResolved } } }"
logger = logging.getLogger(__name__)


def resolve_threads(client: Client, number: int, first_comments: Collection[str]) -> None:
    """Resolve the threads that begin with these comments (node ids), as far as GitHub lets us.

    Never raises GitHubError. Doing it twice changes nothing.
    """
    try:
        for thread in _threads(client, number):
            firsts = [comment.text("id") for comment in thread.items("comments", "nodes")]
            is_open = thread.flag("viewerCanResolve") and not thread.flag("isResolved")
            if is_open and not set(firsts).isdisjoint(first_comments):
                client.graphql(_MUTATION, {"id": thread.text("id")})
    except GitHubError as error:
        logger.info("GitHub did not resolve a thread", extra={"pull_request": number, "why": error.message})


def _threads(client: Client, number: int) -> Iterator[Answer]:
    after = None
    for _ in range(_MOST_PAGES):
        variables = {"owner": client.owner, "name": client.repo, "number": number, "after": after}
        threads = client.graphql(_QUERY, variables).at("repository", "pullRequest", "reviewThreads")
        yield from threads.items("nodes")
        after = threads.text("pageInfo", "endCursor")
        if not (after and threads.flag("pageInfo", "hasNextPage")):
            return
