"""The server itself: one step of the script for each `POST …/chat/completions` or `…/responses`, every POST recorded.

    with ModelServer([say("hello")]) as server:
        ...  # a client at server.api_base
    assert [request.body["model"] for request in server.requests] == ["x"]

A script that has run out answers 400 "script exhausted", so that a test with a request too many fails loudly.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

from standins.model.script import Answer, Fault, Manner, Request, fault
from standins.model.wire import completion, events

if TYPE_CHECKING:
    from collections.abc import Sequence

    from standins.model.script import Step

# A step is played on either: the Responses API's bodies are written out as faults of status 200.
PAGES = ("/chat/completions", "/responses")
EXHAUSTED = "script exhausted"
TRICKLE_PAUSE_SECONDS = 0.05


class ModelServer:
    """A scripted server on 127.0.0.1, in threads of this process; use it as a context manager."""

    def __init__(self, script: Sequence[Step], *, port: int = 0, models: Sequence[str] = ("scripted",)) -> None:
        """Bind `port` (0: any free one); `models` is what `GET /v1/models` lists."""
        self.requests: list[Request] = []
        self.exhausted = 0
        self.models = tuple(models)
        self.stopping = threading.Event()
        self._script = list(script)
        self._lock = threading.Lock()
        self._http = _Http(("127.0.0.1", port), _Handler)
        self._http.owner = self
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    @property
    def port(self) -> int:
        """The port that is bound."""
        return int(self._http.server_address[1])

    @property
    def api_base(self) -> str:
        """What a client takes as `api_base`: `http://127.0.0.1:PORT/v1`."""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def steps_left(self) -> int:
        """How many steps have not been played."""
        return len(self._script)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def load(self, script: Sequence[Step]) -> None:
        """Start over with another script: nothing recorded, and whoever still waits for an answer is cut."""
        with self._lock:
            self.stopping.set()
            self.stopping = threading.Event()
            self._script = list(script)
            self.requests = []
            self.exhausted = 0

    def next_step(self, request: Request) -> tuple[int, Answer | Fault]:
        """Record the request and take the step that answers it; the number counts requests from 1."""
        with self._lock:
            self.requests.append(request)
            number = len(self.requests)
            if not request.path.partition("?")[0].endswith(PAGES):
                return number, fault(404, f"no such page: {request.path}")
            if not self._script:
                self.exhausted += 1
                return number, fault(400, EXHAUSTED)
            step = self._script.pop(0)
        return number, step if isinstance(step, Answer | Fault) else step(request)


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    owner: ModelServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay quiet: clients that hang up are part of the script."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Http
    stopping: threading.Event

    def do_GET(self) -> None:
        if not self.path.endswith("/models"):
            self._send(404, b'{"error": {"message": "no such page"}}')
            return
        data = [{"id": name, "object": "model", "owned_by": "script"} for name in self.server.owner.models]
        self._send(200, json.dumps({"object": "list", "data": data}).encode())

    def do_POST(self) -> None:
        request = self._request()
        self.stopping = self.server.owner.stopping
        number, step = self.server.owner.next_step(request)
        self.stopping.wait(step.latency_seconds)
        if isinstance(step, Fault):
            self._fail(step)
        else:
            self._answer(step, request, number)

    def _request(self) -> Request:
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        try:
            body = json.loads(raw)
        except ValueError:
            body = {}
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Request(self.command, self.path, headers, body if isinstance(body, dict) else {})

    def _answer(self, answer: Answer, request: Request, number: int) -> None:
        model = str(request.body.get("model", ""))
        if not request.body.get("stream"):
            self._send(200, completion(answer, model, number))
            return
        self._head(200, {"content-type": "text/event-stream"})
        for event in events(answer, model, number):
            self.wfile.write(event)
            self.wfile.flush()

    def _fail(self, step: Fault) -> None:
        if step.manner is Manner.STATUS:
            self._send(step.status, step.body.encode(), dict(step.headers))
        elif step.manner is Manner.TRUNCATED:
            self._head(step.status, {"content-length": str(10 * len(step.body))})
            self.wfile.write(step.body.encode())
        elif step.manner is Manner.RESET:
            self._reset()
        elif step.manner is Manner.SILENCE:
            self.stopping.wait(step.seconds)
            self.close_connection = True
        else:
            self._trickle(step)

    def _trickle(self, step: Fault) -> None:
        self._head(step.status, {})
        for _ in range(max(1, int(step.seconds / TRICKLE_PAUSE_SECONDS))):
            self.wfile.write(b"\n")
            if self.stopping.wait(TRICKLE_PAUSE_SECONDS):
                return

    def _reset(self) -> None:
        # Lingering for zero seconds makes close() send RST; closing the descriptor itself keeps
        # socketserver from sending an orderly FIN first.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        socket.close(self.connection.detach())

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self._head(status, {"content-length": str(len(body))} | (headers or {}))
        self.wfile.write(body)

    def _head(self, status: int, headers: dict[str, str]) -> None:
        self.close_connection = True
        self.send_response(status)
        for name, value in ({"content-type": "application/json", "connection": "close"} | headers).items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is http.server's
        """Say nothing: stdout and stderr belong to the test."""
