"""Everything that the sandbox knows, in memory."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from standins.github.people import Actor, User, Via
from standins.github.tokens import Token, secret

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from standins.github.apps import App
    from standins.github.clock import Clock
    from standins.github.faults import Faults
    from standins.github.hooks import Webhooks
    from standins.github.oidc import Issuer
    from standins.github.repositories import Repository
    from standins.github.runs import Run

# Ids of different kinds look different, so that a mix-up shows.
FIRST_IDS = {
    "user": 1000,
    "repository": 500_000,
    "issue": 2_000_000,
    "comment": 30_000_000,
    "label": 4_000_000,
    "event": 50_000_000,
    "reaction": 6_000_000,
    "review": 7_000_000,
    "status": 8_000_000,
    "review_comment": 8_000_000,
    "workflow": 90_000,
    "run": 10_000_000_000,
    "job": 20_000_000_000,
    "artifact": 300_000,
    "check_run": 40_000_000,
    "installation": 70_000,
    "delivery": 800_000_000,
    "token": 1,
}


@dataclass(slots=True)
class World:
    """The state; whoever reads or changes it holds `lock`."""

    root: Path
    clock: Clock
    app: App
    hooks: Webhooks
    faults: Faults
    issuer: Issuer
    url: str = ""
    version: str = "api.github.com"
    returns_run_details: bool = False  # API 2026-03-10 always does
    users: dict[str, User] = field(default_factory=dict)
    repositories: dict[int, Repository] = field(default_factory=dict)
    enterprise_version: str = ""  # of GitHub Enterprise Server; "" is github.com
    names: dict[str, int] = field(default_factory=dict)  # full name in lower case, former ones too → id
    tokens: dict[str, Token] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    stopping: threading.Event = field(default_factory=threading.Event)
    made: Counter[str] = field(default_factory=Counter)
    runner: Callable[[Run], None] | None = None
    playing: list[threading.Thread] = field(default_factory=list)
    broken: list[BaseException] = field(default_factory=list)  # what runners raised

    def next_id(self, kind: str) -> int:
        self.made[kind] += 1
        return FIRST_IDS[kind] + self.made[kind]

    @property
    def is_old_server(self) -> bool:
        """GitHub Enterprise Server up to 3.19: ten inputs a dispatch, and no `return_run_details`."""
        return self.version.startswith("ghes")

    def api(self, path: str) -> str:
        return f"{self.url}/api/v3{path}"

    def html(self, path: str) -> str:
        return f"{self.url}{path}"

    def user(self, login: str, kind: str = "") -> User:
        """The account of that name, made if there is none; `[bot]` at the end makes it a Bot."""
        with self.lock:
            found = self.users.get(login.lower())
            if found is None:
                found = User(self.next_id("user"), login, kind or ("Bot" if login.endswith("[bot]") else "User"))
                self.users[login.lower()] = found
            return found

    def actor(self, by: str | Actor) -> Actor:
        """Of a login: a person in the browser, or the App or GITHUB_TOKEN if it is its bot's."""
        if not isinstance(by, str):
            return by
        user = self.user(by)
        return Actor(user, {"github-actions[bot]": Via.ACTIONS, self.app.bot: Via.APP}.get(by, Via.USER))

    def token(
        self,
        by: str | Actor,
        permissions: Mapping[str, str] | None = None,
        repositories: frozenset[int] | None = None,
        *,
        seconds: float | None = None,
    ) -> Token:
        """A new token; a person's classic one without `permissions`; `seconds` of life, scaled."""
        with self.lock:
            number, actor = self.next_id("token"), self.actor(by)
            if permissions is None:
                value = secret("ghp_", number, 40)
            elif actor.via is Via.ACTIONS:
                value = secret("ghs_", number, 40)
            else:  # the form of 2026: ghs_<app id>_<a JWT>, about 520 characters
                value = secret(f"ghs_{self.app.id}_", number, 520)
                value = f"{value[:120]}.{value[121:420]}.{value[421:]}"
            expires = None if seconds is None else self.clock.later(seconds)
            made = Token(value, actor, None if permissions is None else dict(permissions), repositories, expires)
            self.tokens[value] = made
            return made

    def repository(self, full_name: str) -> Repository | None:
        """The repository that has, or once had, this name."""
        found = self.names.get(full_name.lower())
        return None if found is None else self.repositories.get(found)

    def play(self, run: Run) -> None:
        """Hand a queued run to the runner, in a thread of its own."""
        if self.runner is not None:
            thread = threading.Thread(target=self._play, args=(self.runner, run), daemon=True, name=f"run {run.id}")
            with self.lock:  # who waits for the runs sees it started, or not at all
                self.playing.append(thread)
                thread.start()

    def _play(self, runner: Callable[[Run], None], run: Run) -> None:
        try:
            runner(run)
        except BaseException as error:  # noqa: BLE001 - shown by whoever waits for the runs
            self.broken.append(error)

    def started(self) -> list[threading.Thread]:
        """The threads of the runs under way."""
        with self.lock:
            return list(self.playing)

    def join(self, timeout_seconds: float = 30.0) -> None:
        """Wait for the runs under way; raise what a runner raised."""
        for thread in self.started():
            thread.join(timeout_seconds)
            with self.lock:
                self.playing = [each for each in self.playing if each.is_alive()]
        if self.broken:
            raise self.broken.pop(0)
