"""`mtor-bot serve` as a person runs it: a process, its log, and requests to it over loopback."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import threading
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.bots import SCALE, WARM_UP, until
from mtor_bot.jobs import workflow_runs
from mtor_bot.server.signature import sign
from standins.github import GitHubSandbox
from standins.github.runner.queueless import dispatched_alone
from standins.nursery import nursery

if TYPE_CHECKING:
    import signal
    from collections.abc import Iterator, Mapping

    from standins.github.apps import Installation
    from standins.github.repositories import Repository

PROGRAM = [sys.executable, "-P", "-c", "from mtor_bot.cli.main import entry; entry()"]
ENTRY = "mtor_bot.cli.main:entry"  # of the same program, forked from a warm process
SECRET = "It's a Secret to Everybody, 2026"
PATIENCE_SECONDS = 60.0
WORKFLOW = dispatched_alone(
    (Path(__file__).parents[2] / "action/mtor_action/setup/workflow.yml").read_text(encoding="utf-8")
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, headers in lower case, and the body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def environment(github: GitHubSandbox, url: str, **changes: object) -> dict[str, str]:
    """The variables of a server for the sandbox's App."""
    given = {
        "database_url": url,
        "app_id": github.app.id,
        "app_private_key": github.app.private_key,
        "api_url": github.api_url,
        "time_scale": SCALE,
        "webhook_secret": SECRET,
        "public_url": "https://bot.example",
        "listen_port": 0,
        **changes,
    }
    variables = {f"MTOR_BOT_{name.upper()}": str(value) for name, value in given.items()}
    return {"PATH": os.environ["PATH"], **variables}


def ended(variables: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """`mtor-bot` with these arguments, to its end."""
    done = nursery(WARM_UP).run(ENTRY, arguments, env=variables, timeout_seconds=PATIENCE_SECONDS)
    return subprocess.CompletedProcess(["mtor-bot", *arguments], done.code, done.out.decode(), done.err.decode())


class ServerProcess:
    """`mtor-bot serve` in a process; `log` has its lines so far."""

    def __init__(self, variables: Mapping[str, str], *arguments: str) -> None:
        self.log: list[str] = []
        reading, writing = os.pipe()
        self._process = nursery(WARM_UP).start(ENTRY, ["serve", *arguments], env=variables, stderr=writing)
        os.close(writing)
        self._stderr = os.fdopen(reading, encoding="utf-8")
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        self.log.extend(iter(self._stderr.readline, ""))

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The log's lines as objects."""
        return [json.loads(line) for line in list(self.log)]

    def ready(self) -> ServerProcess:
        until(lambda: self.port or self._process.poll() is not None)
        assert self.port, "".join(self.log)
        until(lambda: self.answers("/readyz"))
        return self

    @property
    def port(self) -> int:
        """The port that it listens on, 0 while it does not."""
        said = [line for line in list(self.log) if '"message": "serving"' in line]
        return int(json.loads(said[0])["address"].rpartition(":")[2]) if said else 0

    def metrics(self) -> str:
        """What /metrics says, at its own address."""
        (line,) = [json.loads(line) for line in list(self.log) if '"message": "serving"' in line]
        with urllib.request.urlopen(f"http://{line['metrics']}/metrics", timeout=PATIENCE_SECONDS) as answer:
            return str(answer.read().decode())

    @property
    def id(self) -> int:
        return self._process.pid

    def answers(self, path: str) -> bool:
        try:
            return self.request("GET", path).status == 200
        except OSError:
            return False

    def request(
        self, method: str, path: str, body: bytes | Iterator[bytes] = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        try:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def deliver(self, event: str, payload: object, guid: str = "g-1", **headers: str) -> Answer:
        """A signed webhook."""
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        return self.request("POST", "/webhook", body, {**delivery_headers(event, guid, body), **headers})

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def wait(self) -> int:
        code = self._process.wait(PATIENCE_SECONDS)
        self._reader.join(PATIENCE_SECONDS)
        return code

    def kill(self) -> None:
        self._process.kill()
        self.wait()
        self._stderr.close()


def delivery_headers(event: str, guid: str, body: bytes) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": guid,
        "X-Hub-Signature-256": sign(SECRET.encode(), body),
    }


@contextmanager
def serving(variables: Mapping[str, str], *arguments: str) -> Iterator[ServerProcess]:
    """A server that is ready."""
    process = ServerProcess(variables, *arguments)
    try:
        yield process.ready()
    finally:
        process.kill()


@dataclass(frozen=True, slots=True)
class Place:
    """A GitHub with one repository that has the App."""

    github: GitHubSandbox
    repository: Repository
    installation: Installation


@contextmanager
def a_place(root: Path) -> Iterator[Place]:
    with GitHubSandbox(root / "github", scale=SCALE) as github:
        repository = github.repository("acme/widget", {workflow_runs.PATH: WORKFLOW}, roles={"alice": "write"})
        yield Place(github, repository, github.app.install(repository))
