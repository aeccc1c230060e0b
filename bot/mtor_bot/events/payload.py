"""The parts that payloads of webhooks share.

Payloads of several server versions leave fields out; a payload without what a behaviour needs is ignored.
https://docs.github.com/webhooks/webhook-events-and-payloads
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from mtor_action.github.client import is_repository_name
from mtor_bot.events.event import Sender
from mtor_bot.github_app.installed_repository import InstalledRepository

if TYPE_CHECKING:
    from mtor_action.github.answers import Answer

PULL_UPDATED = "pull_request.updated_at"


def read_place(payload: Answer) -> InstalledRepository | None:
    """Return the repository and installation, None if one is missing or the name cannot be GitHub's."""
    installation_id, repository_id = payload.number("installation", "id"), payload.number("repository", "id")
    name = payload.text("repository", "full_name")
    is_whole = installation_id and repository_id and is_repository_name(name)
    return InstalledRepository(installation_id, repository_id, name) if is_whole else None


def read_sender(account: Answer) -> Sender:
    """Return the account, id 0 for a deleted one."""
    return Sender(account.number("id"), account.text("login"), account.text("type"))


def read_number(payload: Answer) -> int:
    """Return the number of the issue or pull request, 0 if there is none."""
    return payload.number("issue", "number") or payload.number("pull_request", "number")


def read_time(payload: Answer, *names: str) -> float:
    """Return the first of these times that is there, in seconds since the epoch; 0.0 if none is."""
    stamps = (payload.text(*name.split(".")) for name in names)
    try:
        return moment(next(filter(None, stamps), ""))
    except (ValueError, OverflowError, OSError):
        return 0.0


def moment(stamp: str) -> float:
    """Return the seconds since the epoch of a time as GitHub writes it, 0.0 for "". Raises ValueError."""
    return datetime.fromisoformat(stamp).timestamp() if stamp else 0.0
