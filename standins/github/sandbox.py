"""`GitHubSandbox`: the server, its world, and what a test says to it."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Self

from standins.github.apps import App
from standins.github.clock import Clock
from standins.github.dispatch import API
from standins.github.faults import Faults
from standins.github.git import create
from standins.github.graphql_documents import faults_of
from standins.github.hooks import Webhooks
from standins.github.oidc import Issuer
from standins.github.repositories import Repository
from standins.github.server import Server
from standins.github.smart_http import install_hook
from standins.github.validation import validator
from standins.github.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from standins.github.exchange import Exchange
    from standins.github.people import Actor
    from standins.github.runs import Run
    from standins.github.tokens import Token

# Modules whose import enters routes.
ROUTED = (
    "accounts app_calls artifacts branches checks comments commits contents git_data graphql hooks issue_calls labels "
    "manifests oidc permissions pull_calls reactions repositories reviews run_calls stacks statuses timeline workflows"
)
VERSION = "api.github.com"  # or one of the description's others, such as ghes-3.17


def enter_routes() -> None:
    """Import every module that has some."""
    for name in ROUTED.split():
        importlib.import_module(f"standins.github.{name}")


class GitHubSandbox:
    """A GitHub on 127.0.0.1; use it as a context manager. Leaving raises what broke and what was not as described."""

    def __init__(
        self, root: Path, *, scale: float = 1.0, port: int = 0, version: str = VERSION, validate: bool = True
    ) -> None:
        enter_routes()
        self.requests: list[Exchange] = []
        self._validator = validator(version) if validate else None
        self.clock, self.app, self.faults = Clock(scale), App(), Faults()
        self.hooks, self.issuer = Webhooks(), Issuer()
        self.world = World(root, self.clock, self.app, self.hooks, self.faults, self.issuer)
        self.world.version = version
        self.app.world = self.hooks.world = self.faults.world = self.world
        self._server = Server(self.world, self.requests.append, port)
        self.world.url = self.url

    @property
    def url(self) -> str:
        """GITHUB_SERVER_URL."""
        return self._server.url

    @property
    def api_url(self) -> str:
        """GITHUB_API_URL."""
        return f"{self.url}{API}"

    def __enter__(self) -> Self:
        self._server.start()
        self.hooks.start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self.world.stopping.set()
        self.hooks.stop()
        self._server.stop()
        if kind is None:
            self.world.join()
            if self.violations:
                raise AssertionError("not as GitHub describes it:\n" + "\n".join(self.violations))

    @property
    def violations(self) -> list[str]:
        """What was asked, answered or sent otherwise than GitHub allows: its GraphQL schema, its OpenAPI description.

        Without the latter, only GraphQL is looked at.
        """
        requests = list(self.requests)
        found = [each for exchange in requests for each in faults_of(exchange)]
        if self._validator is not None:
            found += [each for exchange in requests for each in self._validator.exchange(exchange)]
            found += [each for delivery in list(self.hooks.deliveries) for each in self._validator.delivery(delivery)]
        return list(dict.fromkeys(found))

    def repository(
        self,
        full_name: str,
        files: Mapping[str, str | bytes] | None = None,
        *,
        roles: Mapping[str, str] | None = None,
        private: bool = True,
        default_branch: str = "main",
        fork_of: Repository | None = None,
        organization: bool = False,
    ) -> Repository:
        """A new repository, with a first commit of `files` unless they are empty."""
        world = self.world
        with world.lock:
            owner, _, name = full_name.partition("/")
            number = world.next_id("repository")
            git = create(world.root / "repositories" / f"{number}.git", default_branch)
            user = world.user(owner, "Organization" if organization else "User")
            made = Repository(
                world, number, user, name, git, world.clock.now(), private, default_branch, fork_of=fork_of
            )
            world.repositories[number], world.names[full_name.lower()] = made, number
            install_hook(made)
            for login, role in (roles or {}).items():
                made.grant(login, role)
            if fork_of is not None:
                git.run("fetch", "--quiet", str(fork_of.git.path), "refs/heads/*:refs/heads/*")
            if files is None or files:
                made.commit(files or {"README.md": f"# {name}\n"}, "first commit")
            return made

    def token(self, by: str | Actor, permissions: Mapping[str, str] | None = None) -> Token:
        """A token for everything that its owner sees; see `Repository.token` for one of a single repository."""
        return self.world.token(by, permissions)

    def webhook(self, url: str, secret: str = "") -> None:
        """Send the App's webhooks to this address from now on."""
        self.hooks.url, self.hooks.secret = url, secret or self.hooks.secret

    def play(self, runner: Callable[[Run], None] | None) -> None:
        """Call `runner(run)` in a thread for each run that is queued from now on; None: nobody does."""
        self.world.runner = runner

    def settle(self, timeout_seconds: float = 30.0) -> None:
        """Wait until all webhooks and runs under way have ended."""
        self.hooks.settle(timeout_seconds)
        while self.world.playing:
            self.world.join(timeout_seconds)
            self.hooks.settle(timeout_seconds)

    def said(self, method: str, pattern: str) -> list[Exchange]:
        """The recorded requests of a method whose path matches (`*` any text)."""
        import fnmatch

        return [each for each in self.requests if each.method == method and fnmatch.fnmatchcase(each.path, pattern)]
