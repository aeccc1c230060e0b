"""Choose a pull request's reviewers: never those who asked for the job or wrote a part of it.

GitHub only keeps people from approving their own pull requests, and mtor's belong to the bot. mtor asks the owners of
the code, else somebody else who can write, else nobody, and then the comment says so.
https://docs.github.com/pull-requests/collaborating-with-pull-requests/reviewing-changes-in-pull-requests/approving-a-pull-request-with-required-reviews
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtor_action.github.failures import GitHubError
from mtor_action.github.permissions import may_write
from mtor_action.github.pulls.pulls import request_review
from mtor_action.publish.codeowners import LOCATIONS, MOST_BYTES, owners_of
from mtor_action.repository.revisions.base_tree import BaseTree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mtor_action.github.client import Client
    from mtor_action.publish.verified import Verified
    from mtor_action.repository.git import Git

MOST_ASKED = 10
NOBODY = "no review was requested: everyone who can write here asked for this or wrote a part of it"


@dataclass(frozen=True, slots=True)
class Reviewers:
    """Logins and slugs of teams of the repository's organisation."""

    people: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()


def owners(client: Client, git: Git, verified: Verified, excluded: frozenset[str]) -> Reviewers:
    """Return the owners of what is changed, as CODEOWNERS of the base names them. Raises GitHubError."""
    checked = verified.checked
    paths = sorted({change.path for change in (*checked.spec, *checked.implementer)})
    logins = owners_of(_file(git, verified.base), paths)
    people, teams = [], []
    for owner in logins:
        organisation, slash, team = owner.removeprefix("@").partition("/")
        if slash and organisation.lower() == client.owner.lower():
            teams.append(team)
        elif owner.startswith("@") and not slash and organisation.lower() not in excluded:
            people.append(organisation)
    able = [login for login in people[:MOST_ASKED] if may_write(client, login)]
    return Reviewers(tuple(able), tuple(teams[:MOST_ASKED]))


def other_writers(client: Client, excluded: frozenset[str], turn: int) -> tuple[str, ...]:
    """People who can write here but for `excluded` (lower case), whoever's `turn` it is first. Raises GitHubError.

    https://docs.github.com/rest/collaborators/collaborators#list-repository-collaborators
    """
    writers = sorted(set(_writers(client)) - {""}, key=str.lower)
    left = [login for login in writers if login.lower() not in excluded]
    start = turn % len(left) if left else 0
    return (*left[start:], *left[:start])


def review_asked(client: Client, git: Git, number: int, verified: Verified, requester: str) -> list[str]:
    """Ask for a review of pull request `number`; the warnings. Never raises GitHubError."""
    excluded = frozenset({requester.lower(), *(author.login.lower() for author in verified.source.authors)})
    try:
        if _are_asked(client, number, owners(client, git, verified, excluded)):
            return []
        others = other_writers(client, excluded, number)
        return request_review(client, number, others[0]) if others else [NOBODY]
    except GitHubError as error:
        return [f"no review was requested: {error.message}"]


def _are_asked(client: Client, number: int, reviewers: Reviewers) -> bool:
    """Return whether some of them could be asked; a token of Actions sees no teams, so people are asked instead."""
    people = bool(reviewers.people) and not request_review(client, number, *reviewers.people)
    teams = bool(reviewers.teams) and not request_review(client, number, teams=reviewers.teams)
    return people or teams


def _writers(client: Client) -> Iterator[str]:
    for collaborator in client.pages("collaborators", params={"permission": "push"}, most=1):
        if collaborator.text("type") == "User" and collaborator.flag("permissions", "push"):
            yield collaborator.text("login")


def _file(git: Git, commit: str) -> str:
    with BaseTree(git, commit) as tree:
        for path in LOCATIONS:
            entry = tree.entry(path)
            if entry is not None and entry.kind == "file":
                data = tree.read(path)
                return data.decode("utf-8", "replace") if len(data) <= MOST_BYTES else ""
    return ""
