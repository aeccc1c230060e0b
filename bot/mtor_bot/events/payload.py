"""The parts that payloads of webhooks share.

Payloads of several server versions leave fields out; a payload without what a behaviour needs is ignored.
https://docs.github.com/webhooks/webhook-events-and-payloads
"""

from __future__ import annotations

from mtor_action.github.answers import Answer
from mtor_action.github.client import is_repository_name
from mtor_bot.github_app.installed_repository import InstalledRepository

PULL_UPDATED = "pull_request.updated_at"


def read_place(payload: Answer) -> InstalledRepository | None:
    """Return the repository and installation, None if one is missing or the name cannot be GitHub's."""
    installation_id, repository_id = payload.number("installation", "id"), payload.number("repository", "id")
    name = payload.text("repository", "full_name")
    is_whole = installation_id and repository_id and is_repository_name(name)
    return InstalledRepository(installation_id, repository_id, name) if is_whole else None
