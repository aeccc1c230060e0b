"""git push, and its refusals as the same kinds, sentences and next steps as those of the API."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mtor_action.errors import GitError
from mtor_action.github.failures import RequestFailure, RequestFailureKind, github_error
from mtor_action.neutral import one_line
from mtor_action.repository import remote as server

if TYPE_CHECKING:
    from mtor_action.repository.git import Git
    from mtor_action.repository.remote import Remote

# Words of git and of GitHub's hooks, in lower case; the first that occur count.
# https://docs.github.com/repositories/configuring-branches-and-merges-in-your-repository
_WORDS = (
    ("stale info", RequestFailureKind.NOT_FAST_FORWARD),
    ("non-fast-forward", RequestFailureKind.NOT_FAST_FORWARD),
    ("fetch first", RequestFailureKind.NOT_FAST_FORWARD),
    ("reference already exists", RequestFailureKind.NOT_FAST_FORWARD),
    ("but expected", RequestFailureKind.NOT_FAST_FORWARD),
    ("incorrect old value", RequestFailureKind.NOT_FAST_FORWARD),
    ("exists; cannot create", RequestFailureKind.REFERENCE_EXISTS),
    ("protected branch", RequestFailureKind.PROTECTED),
    ("rule violations", RequestFailureKind.PROTECTED),
    ("archived", RequestFailureKind.ARCHIVED),
    ("permission to", RequestFailureKind.MISSING_PERMISSION),
    ("write access to repository not granted", RequestFailureKind.MISSING_PERMISSION),
    ("error: 403", RequestFailureKind.MISSING_PERMISSION),
    ("pre-receive hook declined", RequestFailureKind.PROTECTED),
    ("authentication failed", RequestFailureKind.BAD_TOKEN),
    ("error: 401", RequestFailureKind.BAD_TOKEN),
    ("error: 5", RequestFailureKind.SERVER_ERROR),
    ("could not resolve host", RequestFailureKind.UNREACHABLE),
    ("failed to connect", RequestFailureKind.UNREACHABLE),
)
_REMOTE = re.compile(r"^remote: *(.*)$", re.MULTILINE)
_REASON = re.compile(r"(?:\[(?:remote )?rejected\].* \(|^fatal: unable to access '[^']*': )(.*?)\)?$", re.MULTILINE)


def push(git: Git, remote: Remote, commit: str, branch: str, expected: str | None) -> None:
    """As `repository.remote.push`. Raises GitHubError for what GitHub refuses, GitError for the rest."""
    try:
        server.push(git, remote, commit, branch, expected)
    except GitError as error:
        words = error.message.lower()
        kind = next((kind for part, kind in _WORDS if part in words), None)
        if kind is None:
            raise
        raise github_error(
            f"pushing the branch {branch}", RequestFailure(kind, words=_refusal(error.message))
        ) from error


def _refusal(words: str) -> str:
    """Return the server's words, else git's own reason, without addresses and ids."""
    output = words.partition("failed: ")[2]
    lines = _REMOTE.findall(output) or _REASON.findall(output)
    return one_line(" ".join(line.removeprefix("error: ") for line in lines))
