"""The bot as a person runs it: `mtor-bot serve` in a process of its own, with the App of the stand-in."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from standins.nursery import nursery

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from standins.github import GitHubSandbox
    from standins.nursery import Child

SECRET = "of-the-webhooks-32-bytes-long-0001"
_READY_SECONDS = 60.0
_LOOK_SECONDS = 0.05
_SERVE = "from mtor_bot.cli.main import entry; entry()"


@dataclass(slots=True)
class Bot:
    """A bot that can be killed and started again on the same database; `folder` has that and the log.

    `warm_up` names the nursery that it is forked from; without it, it is started as a person does.
    """

    github: GitHubSandbox
    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    warm_up: str = ""
    port: int = field(init=False)
    _process: subprocess.Popen[bytes] | Child | None = None

    def __post_init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def database(self) -> Path:
        return self.folder / "mtor.sqlite"

    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it and wait until it is ready."""
        with (self.folder / "bot.log").open("ab") as log:
            self._process = self._begun(log.fileno())
        over = time.monotonic() + _READY_SECONDS
        while not self._is_ready():
            assert self._process.poll() is None, f"the bot did not start:\n{self.log()[-4_000:]}"
            assert time.monotonic() < over, f"the bot is not ready:\n{self.log()[-4_000:]}"
            time.sleep(_LOOK_SECONDS)

    def _begun(self, log: int) -> subprocess.Popen[bytes] | Child:
        if self.warm_up:
            warm = nursery(self.warm_up)
            return warm.start("mtor_bot.cli.main:entry", ["serve"], env=self._environment(), stdout=log, stderr=log)
        command = [sys.executable, "-P", "-c", _SERVE, "serve"]
        return subprocess.Popen(command, env=self._environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def kill(self) -> None:
        """As a crash does."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def log(self) -> str:
        return (self.folder / "bot.log").read_text("utf-8", "replace")

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def _environment(self) -> dict[str, str]:
        given = {
            "app_id": str(self.github.app.id),
            "app_private_key": self.github.app.private_key,
            "api_url": self.github.api_url,
            "database_url": f"sqlite:///{self.database}",
            "webhook_secret": SECRET,
            "public_url": self.url,
            "listen_port": str(self.port),
            "metrics_port": "0",  # the port above may be somebody else's
            "time_scale": str(self.github.clock.scale),
            **self.settings,
        }
        kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
        return {**kept, **{f"MTOR_BOT_{name.upper()}": value for name, value in given.items()}}


@contextmanager
def served(github: GitHubSandbox, folder: Path, *, warm_up: str = "", **settings: str) -> Iterator[Bot]:
    """A bot that serves; GitHub's webhooks go there, and the workflows get their tokens there."""
    bot = Bot(github, folder, settings, warm_up)
    try:
        bot.start()
        github.webhook(f"{bot.url}/webhook", SECRET)
        yield bot
    finally:
        bot.kill()
