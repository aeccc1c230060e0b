"""A server that plays a list of answers over real HTTP on loopback, whatever is asked, and keeps what was asked."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from mtor_action.retrying import Clock

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

NOW = 784111777.0  # Sun, 06 Nov 1994 08:49:37 GMT


class Reply(NamedTuple):
    """What is sent: a str body goes out as it is, anything else as JSON. Status 0: the connection breaks instead."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = {}


LOST = Reply(0)


class Asked(NamedTuple):
    """One request; `path` with its query, header names in lower case, `json` None without a body."""

    method: str
    path: str
    headers: Mapping[str, str]
    json: Any


@dataclass(slots=True)
class FakeTime:
    """Time that passes only when somebody waits."""

    seconds: float = NOW
    waits: list[float] = field(default_factory=list)

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.seconds += seconds

    def clock(self) -> Clock:
        return Clock(monotonic=lambda: self.seconds, wall=lambda: self.seconds, sleep=self.wait)


class ScriptedApi:
    """`with ScriptedApi(Reply(…), …) as api:` one reply a request, in order; `api.url` has a path, as GHES's has."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.asked: list[Asked] = []
        self.connections = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/api/v3"

    @property
    def calls(self) -> list[str]:
        """METHOD PATH of each request, below the API's root."""
        return [f"{asked.method} {asked.path.removeprefix('/api/v3')}" for asked in self.asked]

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def next_reply(self, asked: Asked) -> Reply:
        self.asked.append(asked)
        return self.replies.pop(0) if self.replies else Reply(418, {"message": "the script is over"})


def _handler(api: ScriptedApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            api.connections += 1

        def answer(self) -> None:
            sent = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = api.next_reply(Asked(self.command, self.path, headers, json.loads(sent) if sent else None))
            if reply.status == 0:
                self.close_connection = True
                return
            body = reply.body if isinstance(reply.body, str) else json.dumps(reply.body)
            data = b"" if reply.body is None else body.encode()
            self.send_response(reply.status)
            for name, value in {**reply.headers, "Content-Length": str(len(data))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = answer  # noqa: N815 - names that http.server looks for

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
