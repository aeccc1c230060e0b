"""uvicorn's HTTP protocol with a time limit for a request's head, which uvicorn lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio

HEAD_SECONDS = 8.0


class TimedProtocol(H11Protocol):
    """Closes a connection whose request has not begun HEAD_SECONDS after it could."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's own
        """The first request may begin."""
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Some bytes; uvicorn's limit for idle connections ends with the first of them, so that ours begins."""
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """No more to wait for."""
        super().connection_lost(exc)
        self._stop()

    def on_response_complete(self) -> None:
        """The next request may have begun already; if not, uvicorn's limit for idle connections holds."""
        super().on_response_complete()
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
