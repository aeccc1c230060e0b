"""The permissions of a person in the repository: asked of GitHub, never read from `author_association`.

https://docs.github.com/rest/collaborators/collaborators#get-repository-permissions-for-a-user
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from mtor_action.github.client import Client

LEVELS = ("admin", "maintain", "write", "triage", "read", "none")
_BASE = {"maintain": "write", "triage": "read"}  # what `permission` says of these roles
WRITERS = frozenset({"admin", "maintain", "write"})


def permission(client: Client, login: str, account_id: int = 0) -> str:
    """Return one of LEVELS; "none" for strangers, deleted accounts and what is not understood. Raises GitHubError.

    With `account_id` also for a login that is another account's now: logins are given up and taken by others.
    """
    if not login or login in (".", ".."):
        return "none"
    answer = client.find(f"collaborators/{quote(login, safe='')}/permission")
    if answer is None:  # Apps, and accounts that are gone, are nobody's collaborators
        return "none"
    level, role = answer.text("permission"), answer.text("role_name")
    if level not in LEVELS or (account_id and answer.number("user", "id") != account_id):
        return "none"
    # A custom role has a name of its own; `permission` then holds what it is built on.
    return role if role in LEVELS and _BASE.get(role, role) == level else level


def may_write(client: Client, login: str, account_id: int = 0) -> bool:
    """Return whether this person may push to the repository. Raises GitHubError if GitHub does not say."""
    return permission(client, login, account_id) in WRITERS
