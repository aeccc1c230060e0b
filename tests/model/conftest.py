from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from mtor_action.model.chat import Message, Reply, Role, Tool
from mtor_action.model.provider_client import ModelClient
from mtor_action.retrying import Clock
from standins.model import ModelServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from standins.model import Step

KEY = "sk-test-0123456789abcdef0123"
QUESTION = [Message(Role.SYSTEM, "You fix code."), Message(Role.USER, "Make the test pass.")]
EDIT = Tool("edit", "Replace text in a file.", {"type": "object", "properties": {"path": {"type": "string"}}})


@dataclass
class FakeTime:
    """Time that passes only when somebody waits; it starts at Sun, 06 Nov 1994 08:49:37 GMT."""

    seconds: float = 784111777.0
    waits: list[float] = field(default_factory=list)

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.seconds += seconds

    def clock(self) -> Clock:
        return Clock(monotonic=lambda: self.seconds, wall=lambda: self.seconds, sleep=self.wait)


@dataclass
class Scene:
    """A scripted server and a client that talks to it."""

    server: ModelServer
    client: ModelClient
    time: FakeTime

    def ask(self, tools: tuple[Tool, ...] = (EDIT,), remaining_seconds: float = 1800.0) -> Reply:
        return self.client.complete(QUESTION, tools, remaining_seconds)

    @property
    def requests_seen(self) -> int:
        return len(self.server.requests)


@pytest.fixture(scope="session")
def server() -> Iterator[ModelServer]:
    # One address for all tests: litellm keeps a client, with its certificates, for each address.
    with ModelServer([]) as running:
        yield running


@pytest.fixture
def play(server: ModelServer) -> Callable[..., Scene]:
    def start(*script: Step, model: str = "openai/scripted", **options: Any) -> Scene:
        server.load(script)
        time = FakeTime()
        settings: dict[str, Any] = {"api_key": KEY, "timeout_seconds": 10.0, "clock": time.clock()} | options
        return Scene(server, ModelClient(model, api_base=server.api_base, **settings), time)

    return start
