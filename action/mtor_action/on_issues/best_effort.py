"""Best effort: reactions and labels, which repeat what a message says.

GitHub may refuse them where it takes the message: a locked conversation, a permission that is missing, a comment that
was deleted. That is logged, and costs nothing else.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from mtor_action.github.failures import TABLE, Again, GitHubError, RequestFailureKind

logger = logging.getLogger(__name__)


def is_refused(error: GitHubError) -> bool:
    """Return whether GitHub will go on refusing it, whoever asks again."""
    return TABLE[error.kind].again is Again.NEVER and error.kind is not RequestFailureKind.BAD_TOKEN


@contextmanager
def best_effort(what: str) -> Iterator[None]:
    """Log and pass over what GitHub refuses for good. Raises GitHubError for what may succeed later."""
    try:
        yield
    except GitHubError as error:
        if not is_refused(error):
            raise
        logger.warning("GitHub refused an optional change", extra={"what": what, "why": error.message})
