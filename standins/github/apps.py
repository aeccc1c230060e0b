"""The GitHub App: its key, where it is installed, and the tokens that it gets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from standins.github.clock import stamp, stamp_or_none
from standins.github.people import Actor, Json, node_id, simple_user
from standins.github.tokens import secret

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from standins.github.people import User
    from standins.github.repositories import Repository
    from standins.github.world import World

TOKEN_SECONDS = MANIFEST_SECONDS = 3600
PERMISSIONS = {"actions": "write", "checks": "write", "contents": "write", "issues": "write", "metadata": "read",
               "pull_requests": "write"}  # fmt: skip
EVENTS = "issues issue_comment pull_request pull_request_review pull_request_review_comment repository workflow_run"


@dataclass(slots=True)
class Installation:
    """The App at one account; `repositories` None: all of the account's."""

    id: int
    account: User
    created_at: datetime
    repositories: set[int] | None = None
    permissions: dict[str, str] = field(default_factory=lambda: dict(PERMISSIONS))
    suspended_at: datetime | None = None

    def holds(self, repository: Repository) -> bool:
        """Whether the App is installed on that repository."""
        return self.account is repository.owner and (self.repositories is None or repository.id in self.repositories)


class Agreed(NamedTuple):
    """A manifest that a person has agreed to, None: that of this App as it is; until when its code serves."""

    manifest: Json | None
    owner: str
    until: datetime


@dataclass(slots=True)
class App:
    """The one App of the sandbox; it has no key until somebody asks for one, since making one is slow."""

    id: int = 4242
    slug: str = "mtor"
    events: tuple[str, ...] = tuple(EVENTS.split())
    permissions: dict[str, str] = field(default_factory=lambda: dict(PERMISSIONS))
    owner: str = "mtor-owner"
    installations: dict[int, Installation] = field(default_factory=dict)
    manifests: dict[str, Agreed] = field(default_factory=dict)  # by code
    world: Any = None

    @property
    def bot(self) -> str:
        """The login of the App's account."""
        return f"{self.slug}[bot]"

    @property
    def private_key(self) -> str:
        """PEM, PKCS #1, as GitHub hands it out; the same in the whole process."""
        from standins.github.keys import app_key

        return app_key().pem

    def manifest_code(self, manifest: Json | None = None, owner: str = "") -> str:
        """What comes back as `?code=` once a person has agreed to a manifest; it serves once, and for an hour."""
        code = secret("", self.world.next_id("token"), 40)
        self.manifests[code] = Agreed(manifest, owner or self.owner, self.world.clock.later(MANIFEST_SECONDS))
        return code

    def install(self, *repositories: Repository, permissions: Mapping[str, str] | None = None) -> Installation:
        """Install on these repositories (all of one owner), as a person does."""
        world, owner = repositories[0].world, repositories[0].owner
        with world.lock:
            number, chosen = world.next_id("installation"), {each.id for each in repositories}
            made = Installation(number, owner, world.clock.now(), chosen, dict(permissions or PERMISSIONS))
            self.installations[number] = made
            self._emit(made, "installation", "created", repositories=[short(each) for each in repositories])
            return made

    def add(self, installation: Installation, repository: Repository) -> None:
        """Let an installation have one more repository."""
        if installation.repositories is not None:
            installation.repositories.add(repository.id)
        self._chosen(installation, "added", [short(repository)], [])

    def remove(self, installation: Installation, repository: Repository) -> None:
        """Take a repository away from an installation."""
        if installation.repositories is not None:
            installation.repositories.discard(repository.id)
        self._chosen(installation, "removed", [], [short(repository)])

    def _chosen(self, installation: Installation, action: str, added: list[Json], removed: list[Json]) -> None:
        rows = {"repositories_added": added, "repositories_removed": removed}
        more = {"repository_selection": "selected", "requester": None}
        self._emit(installation, "installation_repositories", action, **rows, **more)

    def uninstall(self, installation: Installation) -> None:
        """Its tokens end at once."""
        with self.world.lock:
            del self.installations[installation.id]
            self._revoke(installation)
            self._emit(installation, "installation", "deleted")

    def suspend(self, installation: Installation, *, undo: bool = False) -> None:
        with self.world.lock:
            installation.suspended_at = None if undo else self.world.clock.now()
            self._revoke(installation)
            self._emit(installation, "installation", "unsuspend" if undo else "suspend")

    def _revoke(self, installation: Installation) -> None:
        tokens = self.world.tokens
        for value in [value for value, token in tokens.items() if token.installation == installation.id]:
            del tokens[value]

    def _emit(self, installation: Installation, event: str, action: str, **parts: object) -> None:
        by = Actor(installation.account)
        self.world.hooks.emit_to(
            installation, event, action, by, {"installation": installation_json(self.world, installation), **parts}
        )

    def of(self, repository: Repository) -> Installation | None:
        """The installation on a repository."""
        return next((each for each in self.installations.values() if each.holds(repository)), None)

    def json(self) -> Json:
        """OpenAPI's `integration`."""
        world: World = self.world
        made = "2026-01-01T00:00:00Z"
        return {
            "id": self.id,
            "slug": self.slug,
            "node_id": node_id("A", self.id),
            "client_id": f"Iv1.{self.id:016d}",
            "owner": simple_user(world, world.user(self.owner)),
            "name": self.slug,
            "description": "",
            "external_url": world.html("/mtor"),
            "html_url": world.html(f"/apps/{self.slug}"),
            "created_at": made,
            "updated_at": made,
            "permissions": dict(self.permissions),
            "events": list(self.events),
            "installations_count": len(self.installations),
        }


def short(repository: Repository) -> Json:
    """A repository in the payloads about installations."""
    shown = {"id": repository.id, "node_id": node_id("R", repository.id), "name": repository.name}
    return {**shown, "full_name": repository.full_name, "private": repository.private}


def installation_json(world: World, installation: Installation) -> Json:
    """OpenAPI's `installation`."""
    url = world.api(f"/app/installations/{installation.id}")
    return {
        "id": installation.id,
        "account": simple_user(world, installation.account),
        "repository_selection": "all" if installation.repositories is None else "selected",
        "access_tokens_url": f"{url}/access_tokens",
        "repositories_url": world.api("/installation/repositories"),
        "html_url": world.html(f"/settings/installations/{installation.id}"),
        "app_id": world.app.id,
        "app_slug": world.app.slug,
        "target_id": installation.account.id,
        "target_type": installation.account.kind,
        "permissions": installation.permissions,
        "events": list(world.app.events),
        "created_at": stamp(installation.created_at),
        "updated_at": stamp(installation.created_at),
        "single_file_name": None,
        "has_multiple_single_files": False,
        "single_file_paths": [],
        "suspended_by": None,
        "suspended_at": stamp_or_none(installation.suspended_at),
    }
