"""A repository as an installation of the App reaches it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class InstalledRepository:
    """A repository and the installation through which it is reached. Its names are stored: they do not change."""

    installation_id: int
    #: GitHub's id, which a rename or a transfer leaves as it is; 0 where only the name is known.
    repository_id: int
    #: OWNER/REPO.
    repository: str
