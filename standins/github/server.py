"""The HTTP server: uvicorn in a thread, one ASGI application over the table of routes."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import threading
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from standins.github.dispatch import respond
from standins.github.exchange import Exchange, Incoming
from standins.github.faults import Down

if TYPE_CHECKING:
    from collections.abc import Callable

    from standins.github.call import Answer
    from standins.github.world import World

_GRACE_SECONDS = 1  # for requests that are being answered at the end


class _PromptServer(uvicorn.Server):
    """Ends at once: uvicorn itself looks ten times a second whether it should, and then waits a tenth more."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.stopping = asyncio.Event()

    async def main_loop(self) -> None:
        await self.on_tick(0)  # sets the headers that all answers have
        await self.stopping.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002  `Server.stop` closes it
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        if tasks := set(self.server_state.tasks):
            await asyncio.wait(tasks, timeout=_GRACE_SECONDS)


class Server:
    """uvicorn on a free port of 127.0.0.1."""

    def __init__(self, world: World, record: Callable[[Exchange], None], port: int = 0) -> None:
        self.world, self.record = world, record
        self.socket = socket.create_server(("127.0.0.1", port), backlog=512)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # asyncio sets it only where proto says TCP
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self._stop: Callable[[], object] = lambda: None
        self._thread: threading.Thread | None = None
        self._transports: dict[tuple[str, int], Any] = {}

    def start(self) -> None:
        started = threading.Event()
        options: Any = {
            "http": _protocol(self._transports),
            "ws": "none",
            "lifespan": "off",
            "interface": "asgi3",
            "proxy_headers": False,
            "access_log": False,
            "date_header": False,  # the stand-in's own clock tells the time
            "log_level": "error",
        }
        server = _PromptServer(uvicorn.Config(self.application, **options))

        async def run() -> None:
            loop = asyncio.get_running_loop()
            self._stop = lambda: loop.call_soon_threadsafe(server.stopping.set)
            loop.call_soon(started.set)
            await server.serve(sockets=[self.socket])

        self._thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True, name="sandbox")
        self._thread.start()
        started.wait()

    def stop(self) -> None:
        if self._thread is not None:
            self._stop()
            self._thread.join()
        self.socket.close()

    async def application(self, scope: Any, receive: Any, send: Any) -> None:
        """ASGI."""
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":  # its sender was killed before it had said everything
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        path = scope["raw_path"].decode("latin-1")
        incoming = Incoming(scope["method"], path, scope["query_string"].decode("latin-1"), headers, body)
        try:
            answer, exchange = await asyncio.to_thread(respond, self.world, incoming)
        except Down as down:
            if down.exchange:
                self.record(down.exchange)
            await self._reset(scope, down.seconds)
            return
        except Exception as error:
            self.world.broken.append(error)  # raised when the sandbox ends
            raise
        self.record(exchange)
        await self._send(answer, send)

    async def _reset(self, scope: Any, seconds: float) -> None:
        await asyncio.sleep(seconds * self.world.clock.scale)
        transport = self._transports.get(tuple(scope["client"]))
        if transport is not None:
            linger = struct.pack("ii", 1, 0)
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            transport.abort()

    async def _send(self, answer: Answer, send: Any) -> None:
        raw = (
            answer.content
            if isinstance(answer.content, bytes)
            else b""
            if answer.content is None
            else json.dumps(answer.content).encode()
        )
        reset = str(int(self.world.clock.later(3600).timestamp()))
        headers = {
            "content-type": "application/json; charset=utf-8",
            "date": format_datetime(self.world.clock.now(), usegmt=True),
            "x-github-media-type": "github.v3; format=json",
            "x-github-request-id": "SANDBOX",
            "x-ratelimit-limit": "5000",
            "x-ratelimit-remaining": "4999",
            "x-ratelimit-reset": reset,
            "x-ratelimit-resource": "core",
            "x-ratelimit-used": "1",
            **answer.headers,
        }
        if answer.status not in (204, 304):
            headers["content-length"] = str(len(raw))
        pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": pairs})
        await send({"type": "http.response.body", "body": b"" if answer.status in (204, 304) else raw})


def _protocol(transports: dict[tuple[str, int], Any]) -> type[H11Protocol]:
    """uvicorn's protocol that keeps its transport where the application finds it, to reset a connection."""

    class Protocol(H11Protocol):
        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            transports[transport.get_extra_info("peername")[:2]] = transport

        def connection_lost(self, exc: Exception | None) -> None:
            transports.pop(self.transport.get_extra_info("peername", ("", 0))[:2], None)
            super().connection_lost(exc)

    return Protocol
