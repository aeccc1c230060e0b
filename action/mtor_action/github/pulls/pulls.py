"""Pull requests: found, opened once, updated; labels and reviewers at best effort, which never fail a job.

https://docs.github.com/rest/pulls/pulls
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from mtor_action.github.answers import Answer
from mtor_action.github.branches.repositories import OUR_BRANCHES
from mtor_action.github.failures import GitHubError, RequestFailureKind
from mtor_action.github.issues.comments import fit
from mtor_action.neutral import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mtor_action.github.client import Client

LONGEST_TITLE = 256
_BRANCH_FOR_ISSUE = re.compile(rf"{OUR_BRANCHES}([1-9][0-9]{{0,9}})-.*")


class NewPull(NamedTuple):
    """A pull request to open: from branch `head` of this repository into branch `base`. Texts are neutral already."""

    title: str
    body: str
    head: str
    base: str
    draft: bool = False


class Pull(NamedTuple):
    """A pull request as GitHub answered when it was read."""

    number: int
    html_url: str  # its page
    state: str  # open | closed
    draft: bool
    head_sha: str  # the commit at its branch
    base_ref: str  # the branch it merges into


class Opened(NamedTuple):
    """The result of `open_pull`: `created` is False for one that already existed; `warnings` are sentences."""

    pull: Pull
    created: bool
    warnings: tuple[str, ...] = ()


def find_pull(client: Client, head: str, base: str) -> Pull | None:
    """Return the open pull request from branch `head` of this repository into `base`, or None. Raises GitHubError."""
    answer = _find(client, head, base)
    return None if answer is None else _pull(answer)


def pull_from(client: Client, head: str) -> Answer | None:
    """Return the open pull request from branch `head` of this repository, or None. Raises GitHubError."""
    return next(_from(client, head), None)


def open_pull(client: Client, wanted_pull: NewPull, *, is_new_branch: bool = False) -> Opened:
    """Open it; one that is open for these branches already is updated instead. Raises GitHubError.

    Where drafts are not supported, it is opened as ready for review, with a warning. From a branch that was made just
    now no pull request can be open: GitHub closes those of a branch that is deleted.
    """
    existing = None if is_new_branch else find_pull(client, wanted_pull.head, wanted_pull.base)
    if existing is None:
        try:
            return _open(client, wanted_pull)
        except GitHubError as error:
            # An answer was lost, and the list that was looked at then did not have it yet.
            existing = (
                find_pull(client, wanted_pull.head, wanted_pull.base)
                if error.kind is RequestFailureKind.PULL_EXISTS
                else None
            )
            if existing is None:
                raise
    return Opened(update_pull(client, existing.number, title=wanted_pull.title, body=wanted_pull.body), created=False)


def update_pull(client: Client, number: int, *, title: str, body: str) -> Pull:
    """Set the title and body of a pull request. Raises GitHubError."""
    return _pull(client.call("PATCH", f"pulls/{number}", _texts(title, body)))


def request_review(client: Client, number: int, *people: str, teams: Sequence[str] = ()) -> list[str]:
    """Ask people (logins) or teams (slugs) for a review; the warnings, if it failed."""
    reviewers = {name: list(values) for name, values in (("reviewers", people), ("team_reviewers", teams)) if values}
    answer = _aside(client, f"pulls/{number}/requested_reviewers", reviewers)
    names = ", ".join((*people, *teams))
    return [] if isinstance(answer, Answer) else [f"{names} is not asked for a review: {answer}"]


def same_repository(pull: Answer) -> bool:
    """Return whether a pull request's branch is in the repository it asks to change; False for any fork."""
    head = pull.number("head", "repo", "id")
    return head > 0 and head == pull.number("base", "repo", "id")


def issue_of(pull: Answer) -> int:
    """Return the issue whose spec a pull request carries, 0 if none: its branch here is `mtor/<number>-…`."""
    branch = _BRANCH_FOR_ISSUE.fullmatch(pull.text("head", "ref"))
    return int(branch[1]) if branch and same_repository(pull) else 0


def _find(client: Client, head: str, base: str) -> Answer | None:
    # Into another branch it is a person's own, whose text stays.
    return next((pull for pull in _from(client, head) if pull.text("base", "ref") == base), None)


def _from(client: Client, head: str) -> Iterator[Answer]:
    # Not every GitHub-like server understands the filter.
    listed = client.pages("pulls", params={"state": "open", "head": f"{client.owner}:{head}"})
    return (pull for pull in listed if pull.text("head", "ref") == head and same_repository(pull))


def _open(client: Client, new_pull: NewPull) -> Opened:
    try:
        return Opened(_create(client, new_pull), created=True)
    except GitHubError as error:
        if not (new_pull.draft and error.kind is RequestFailureKind.DRAFTS_UNSUPPORTED):
            raise
    warning = "this repository's plan has no draft pull requests, so it is opened as ready for review"
    return Opened(_create(client, new_pull._replace(draft=False)), created=True, warnings=(warning,))


def _create(client: Client, new_pull: NewPull) -> Pull:
    body = {**new_pull._asdict(), **_texts(new_pull.title, new_pull.body)}
    return _pull(client.call("POST", "pulls", body, look=lambda: _find(client, new_pull.head, new_pull.base)))


def _texts(title: str, body: str) -> dict[str, str]:
    return {"title": one_line(title, LONGEST_TITLE), "body": fit(body, "")}


def _aside(client: Client, path: str, body: dict[str, list[str]]) -> Answer | str:
    """Return the answer to a POST that may be repeated, or why it failed."""
    try:
        return client.call("POST", path, body, look=lambda: None)
    except GitHubError as error:
        return error.message


def _pull(answer: Answer) -> Pull:
    return Pull(
        number=answer.number("number"),
        html_url=answer.text("html_url"),
        state=answer.text("state"),
        draft=answer.flag("draft"),
        head_sha=answer.text("head", "sha"),
        base_ref=answer.text("base", "ref"),
    )
