"""uvicorn's HTTP protocol with a time limit for a request's head and a count of connections, which uvicorn lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio

    from mtor_bot.server.connections import Connections

HEAD_SECONDS = 8.0


class TimedProtocol(H11Protocol):
    """Closes a connection whose request has not begun HEAD_SECONDS after it could."""

    counted: Connections | None = None
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's own
        """The first request may begin, if the connection may stay."""
        super().connection_made(transport)
        address = self.client[0] if self.client else ""
        if self.counted is not None and not self.counted.enter(self, address):
            transport.close()
            return
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Some bytes; uvicorn's limit for idle connections ends with the first of them, so that ours begins."""
        super().data_received(data)
        self._watch()
        if self.counted is not None and not self.is_idle():
            self.counted.touch(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timers of a connection that was closed."""
        super().connection_lost(exc)
        self._stop()
        if self.counted is not None:
            self.counted.leave(self)

    def is_idle(self) -> bool:
        """Whether no request has begun: half a head is none."""
        their_state: Any = self.conn.their_state
        cycle: Any = self.cycle  # None before the first request
        return their_state is h11.IDLE and (cycle is None or cycle.response_complete)

    def on_response_complete(self) -> None:
        """The next request may have begun already; if not, uvicorn's limit for idle connections holds."""
        super().on_response_complete()
        if self.counted is not None:
            self.counted.touch(self)
        if not self.transport.is_closing() and self.conn.trailing_data[0]:
            self._watch()

    def _watch(self) -> None:
        if self.conn.their_state is not h11.IDLE:
            self._stop()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(HEAD_SECONDS, self._late)

    def _late(self) -> None:
        self._deadline = None
        idle: Any = self.conn.their_state
        if idle is h11.IDLE and not self.transport.is_closing():
            self.transport.close()

    def _stop(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
