"""Pull requests: found, opened once, updated; labels, assignees and reviewers as side matters that never fail a job.

https://docs.github.com/rest/pulls/pulls
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mtor_action.errors import GitHubError
from mtor_action.github.answers import Answer
from mtor_action.github.comments import fit
from mtor_action.github.failures import Kind
from mtor_action.report.neutral import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.github.client import Client

LONGEST_TITLE = 256


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
    found = _find(client, head, base)
    return None if found is None else _pull(found)


def open_pull(client: Client, asked: NewPull) -> Opened:
    """Open it; one that is open for these branches already is updated instead. Raises GitHubError.

    Where drafts are not supported, it is opened as ready for review, with a warning.
    """
    there = find_pull(client, asked.head, asked.base)
    if there is None:
        try:
            return _open(client, asked)
        except GitHubError as error:
            # An answer was lost, and the list that was looked at then did not have it yet.
            there = find_pull(client, asked.head, asked.base) if error.kind is Kind.PULL_EXISTS else None
            if there is None:
                raise
    return Opened(update_pull(client, there.number, title=asked.title, body=asked.body), created=False)


def update_pull(client: Client, number: int, *, title: str, body: str) -> Pull:
    """Set the title and body of a pull request. Raises GitHubError."""
    return _pull(client.call("PATCH", f"pulls/{number}", _texts(title, body)))


def add_labels(client: Client, number: int, labels: Sequence[str]) -> list[str]:
    """Add labels, made if they do not exist; the warnings, if it failed."""
    answer = _aside(client, f"issues/{number}/labels", {"labels": list(labels)})
    return [] if isinstance(answer, Answer) else [f"the labels are not set: {answer}"]


def assign(client: Client, number: int, login: str) -> list[str]:
    """Assign a person; the warnings, if it failed. GitHub passes over people who cannot be assigned without a word."""
    answer = _aside(client, f"issues/{number}/assignees", {"assignees": [login]})
    if not isinstance(answer, Answer):
        return [f"{login} is not assigned: {answer}"]
    assigned = {found.text("login").lower() for found in answer.items("assignees")}
    return [] if login.lower() in assigned else [f"{login} is not assigned: GitHub accepts collaborators only"]


def request_review(client: Client, number: int, *people: str, teams: Sequence[str] = ()) -> list[str]:
    """Ask people (logins) or teams (slugs) for a review; the warnings, if it failed."""
    asked = {name: list(values) for name, values in (("reviewers", people), ("team_reviewers", teams)) if values}
    answer = _aside(client, f"pulls/{number}/requested_reviewers", asked)
    names = ", ".join((*people, *teams))
    return [] if isinstance(answer, Answer) else [f"{names} is not asked for a review: {answer}"]


def same_repository(pull: Answer) -> bool:
    """Return whether a pull request's branch is in the repository it asks to change; False for any fork."""
    head = pull.number("head", "repo", "id")
    return head > 0 and head == pull.number("base", "repo", "id")


def _find(client: Client, head: str, base: str) -> Answer | None:
    params = {"state": "open", "head": f"{client.owner}:{head}"}
    # Not every GitHub-like server understands the filter.
    listed = client.pages("pulls", params=params)
    # Into another branch it is a person's own, whose text stays.
    same = (found for found in listed if (found.text("head", "ref"), found.text("base", "ref")) == (head, base))
    return next((found for found in same if same_repository(found)), None)


def _open(client: Client, asked: NewPull) -> Opened:
    try:
        return Opened(_create(client, asked), created=True)
    except GitHubError as error:
        if not (asked.draft and error.kind is Kind.DRAFTS_UNSUPPORTED):
            raise
    warning = "this repository's plan has no draft pull requests, so it is opened as ready for review"
    return Opened(_create(client, asked._replace(draft=False)), created=True, warnings=(warning,))


def _create(client: Client, asked: NewPull) -> Pull:
    wanted = {**asked._asdict(), **_texts(asked.title, asked.body)}
    return _pull(client.call("POST", "pulls", wanted, look=lambda: _find(client, asked.head, asked.base)))


def _texts(title: str, body: str) -> dict[str, str]:
    return {"title": one_line(title, LONGEST_TITLE), "body": fit(body, "")}


def _aside(client: Client, path: str, wanted: dict[str, list[str]]) -> Answer | str:
    """Return the answer to a POST that may be repeated, or why it failed."""
    try:
        return client.call("POST", path, wanted, look=lambda: None)
    except GitHubError as error:
        return error.message


def _pull(found: Answer) -> Pull:
    return Pull(
        number=found.number("number"),
        html_url=found.text("html_url"),
        state=found.text("state"),
        draft=found.flag("draft"),
        head_sha=found.text("head", "sha"),
        base_ref=found.text("base", "ref"),
    )
