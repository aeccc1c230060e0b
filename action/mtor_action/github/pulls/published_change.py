"""The whole change of an open pull request of mtor's, and the commit that it starts on, read from its commits.

Each commit of mtor's names its spec and its job. A merge that brought the branch up to date has the new base commit as
second parent, and a branch in which several results are joined says so. So nothing is stored elsewhere that could be
lost or out of date, and work, publish, the App and an event run arrive at the same change.
https://docs.github.com/rest/pulls/pulls#list-commits-on-a-pull-request
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtor_action.errors import MtorError, SpecChanged
from mtor_action.github.branches.repositories import branch_has
from mtor_action.github.issues.comments import ACTIONS_LOGIN
from mtor_action.github.pulls.joining_branch import is_joining
from mtor_action.github.pulls.pulls import issue_of
from mtor_action.github.pulls.trailers import job_in, spec_in
from mtor_action.lazy_patterns import lazy_pattern
from mtor_action.neutral import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mtor_action.github.answers import Answer
    from mtor_action.github.client import Client
    from mtor_action.github.texts.pins import Pin
    from mtor_action.manifest.manifest import Spec

# GitHub lists no more of them (read 2026-11-29).
_MOST_COMMITS = 250
# The committer of what GitHub signs: https://github.com/ad-m/github-push-action/pull/35 (read 2026-11-29).
_GITHUB = lazy_pattern(r"noreply@(?:github\.com|[a-z0-9-]+\.ghe\.com)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PublishedChange:
    """The pull request `number` of `issue`'s spec, whose text had `spec_sha256`: what leads from `start` to `head`.

    `tip` is the last commit of `head_ref`: `head`, unless that was pushed to since. `is_ours`: every commit of it is
    mtor's own; `state` is open or closed.
    """

    number: int
    issue: int
    head_ref: str
    base_ref: str
    start: str
    head: str
    tip: str
    spec_sha256: str
    is_ours: bool
    state: str


@dataclass(frozen=True, slots=True)
class _ListedCommit:
    parents: tuple[str, ...]
    message: str
    is_ours: bool


def read_change(client: Client, number: int, head: str = "") -> PublishedChange:
    """Return the change of pull request `number` as `change_of` does. Raises MtorError, GitHubError."""
    return change_of(client, client.call("GET", f"pulls/{number}"), head)


def change_of(
    client: Client, pull: Answer, head: str = "", is_ours: Callable[[int, str], bool] | None = None
) -> PublishedChange:
    """Return the change of a pull request, given as GitHub's answer, up to its commit `head` ("": its last one).

    `is_ours` says of an account's id and login whether mtor publishes with it. Raises MtorError for a pull request
    that is not mtor's or whose start is not known, GitHubError.
    """
    number, issue, tip = pull.number("number"), issue_of(pull), pull.text("head", "sha")
    if not issue:
        raise _unknown(number, "is not from a branch of mtor's in this repository")
    listed = list(client.pages(f"pulls/{number}/commits"))
    commits = {commit.text("sha"): _read(commit, is_ours or _by_actions) for commit in listed}
    head = head or tip
    if head not in commits or len(commits) >= _MOST_COMMITS:
        raise _unknown(number, f"has no commit {head[:12]}, or more than GitHub lists")
    start, sha256 = _walk(commits, head, {issue, number}, issue)
    if not (start and sha256):
        raise _unknown(number, f"has no commit that names the spec of #{issue}")
    return PublishedChange(
        number=number,
        issue=issue,
        head_ref=pull.text("head", "ref"),
        base_ref=pull.text("base", "ref"),
        start=start,
        head=head,
        tip=tip,
        spec_sha256=sha256,
        is_ours=all(commit.is_ours for commit in commits.values()),
        state=pull.text("state"),
    )


def check_state(client: Client, pin: Pin, change: PublishedChange) -> None:
    """Raise MtorError unless it is open, and `pin.onto` a commit of the branch that it goes into; GitHubError."""
    if change.state != "open":
        raise MtorError(f"#{change.number} is closed", "reopen it, then ask again")
    if not branch_has(client, change.base_ref, pin.onto):
        raise MtorError(
            f"{pin.onto[:12]} is not a commit of {one_line(change.base_ref, 100)}, the base of #{change.number}",
            "the base was changed or rewritten meanwhile: write `/mtor retry` again",
        )


def check_spec(spec: Spec, change: PublishedChange) -> None:
    """Raise SpecChanged unless the pull request was made from this very text: its commands are run."""
    if spec.sha256 != change.spec_sha256:
        raise SpecChanged(
            f"#{change.issue}",
            f"the spec is not the text that #{change.number} was made from",
            f"it was edited since: `/mtor run` on #{change.issue} runs it as it is now",
        )


def _walk(commits: Mapping[str, _ListedCommit], head: str, own: set[int], issue: int) -> tuple[str, str]:
    """Return the commit that the change starts on and its spec's digest, "" where none of its commits names one."""
    here, sha256 = head, ""
    while (commit := commits.get(here)) is not None and commit.parents:
        number, digest = spec_in(commit.message)
        if (number and number not in own) or is_joining(commit.message):
            return here, sha256  # a predecessor's
        sha256 = sha256 or (digest if number == issue else "")
        merged = commit.parents[1:]
        if merged and (number in own or merged[0] not in commits):
            # It was carried onto that commit, or somebody merged the base into it.
            return merged[0], sha256 or _digest_below(commits, commit.parents[0], issue)
        here = commit.parents[0]
    return here, sha256


def _digest_below(commits: Mapping[str, _ListedCommit], here: str, issue: int) -> str:
    while (commit := commits.get(here)) is not None:
        number, digest = spec_in(commit.message)
        if number == issue:
            return digest
        if not commit.parents:
            break
        here = commit.parents[0]
    return ""


def _read(commit: Answer, is_ours: Callable[[int, str], bool]) -> _ListedCommit:
    message = commit.text("commit", "message")
    author, committer = ((commit.number(role, "id"), commit.text(role, "login")) for role in ("author", "committer"))
    by_us = is_ours(*author) and (is_ours(*committer) or signed_by_github(commit.at("commit")))
    parents = tuple(parent.text("sha") for parent in commit.items("parents"))
    return _ListedCommit(parents, message, by_us and bool(job_in(message) or is_joining(message)))


def signed_by_github(commit: Answer) -> bool:
    """Return whether GitHub signed the commit as its committer, which is nobody beside the author.

    `commit` is what its API calls so: author, committer, message and verification.
    """
    verified = commit.flag("verification", "verified")
    return verified and _GITHUB.fullmatch(commit.text("committer", "email")) is not None


def _by_actions(_account_id: int, login: str) -> bool:
    return login.casefold() == ACTIONS_LOGIN


def _unknown(number: int, words: str) -> MtorError:
    return MtorError(
        f"#{number} {words}, so it cannot be remade", "merge its base into it by hand, or ask for its spec again"
    )
