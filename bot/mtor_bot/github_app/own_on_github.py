"""Decide, in one place, whether a pull request, comment, action or run on GitHub is mtor's.

Two accounts write for mtor: the App's, and the one behind GITHUB_TOKEN, which every workflow of a repository shares.
What the second writes is ours only with a mark that no other workflow uses: a branch below `mtor/`, or a job's marker.
The App's account is known by its id, or by its login if GitHub did not give the id: people cannot register a name that
ends in `[bot]`.
"""

from __future__ import annotations

from dataclasses import dataclass

from mtor_action.github.answers import Answer
from mtor_action.github.issues.comments import ACTIONS_LOGIN, marker
from mtor_action.github.pulls.pulls import same_repository

BRANCHES = "mtor/"
"""The prefix of the names of mtor's own branches."""
FILE = "mtor.yml"
PATH = f".github/workflows/{FILE}"
EVENT = "workflow_dispatch"


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """The App's account; `id` is 0 and `login` "" where it is not known yet."""

    id: int
    login: str


def is_app(own: OwnAccount, account_id: int, login: str) -> bool:
    """Return whether that account is the App's."""
    return bool((own.id and account_id == own.id) or (own.login and login.casefold() == own.login.casefold()))


def is_ours(own: OwnAccount, account_id: int, login: str) -> bool:
    """Return whether that account may have written for mtor: the App's, or the one behind GITHUB_TOKEN."""
    return is_app(own, account_id, login) or login.casefold() == ACTIONS_LOGIN


def is_on_our_branch(pull: Answer) -> bool:
    """Return whether a pull request comes from one of mtor's branches in its own repository."""
    return same_repository(pull) and pull.text("head", "ref").startswith(BRANCHES)


def is_our_pull(own: OwnAccount, pull: Answer) -> bool:
    """Return whether mtor opened this pull request: with the App's token, or `publish` with GITHUB_TOKEN."""
    return is_on_our_branch(pull) and is_ours(own, pull.number("user", "id"), pull.text("user", "login"))


def is_our_report(own: OwnAccount, comment: Answer, job_id: str) -> bool:
    """Return whether this comment is the report that `publish` posts for a job."""
    is_marked = comment.text("body").partition("\n")[0].rstrip() == marker("report", job_id)
    return is_marked and is_ours(own, comment.number("user", "id"), comment.text("user", "login"))


def is_our_run(event: str, path: str) -> bool:
    """Return whether a workflow run may have been dispatched: a fork's pull request may give its runs any name.

    `path` is the workflow file's, behind which GitHub may name a ref.
    """
    return event == EVENT and path.partition("@")[0] == PATH
