"""Limit the connections that are served, so that nobody who only holds them open keeps GitHub away.

If there is no more room, a new connection replaces the one that has been idle longest: of all, or of its own address if
that has too many. Behind a proxy all come from one address: it is in `trusted_proxies`, and limits its own clients.

uvicorn does not count connections, and has no time limit for a request's head: its protocol gets both here.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import TYPE_CHECKING, Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

HEAD_SECONDS = 8.0
MOST_CONNECTIONS = 512
# From here on idle connections are closed, so that there is always room for one with a request.
MOST_BEFORE_ROOM_IS_MADE = MOST_CONNECTIONS - 64
MOST_OF_AN_ADDRESS = 64


class TimedProtocol(H11Protocol):
    """Closes a connection whose request has not begun HEAD_SECONDS after it could."""

    counted: Connections | None = None
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's own
        """Start the timer of the first request, if the connection may stay."""
        super().connection_made(transport)
        address = self.client[0] if self.client else ""
        if self.counted is not None and not self.counted.enter(self, address):
            transport.close()
            return
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Start our timer with the first bytes, which end uvicorn's limit for idle connections."""
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
        """Return whether no request has begun: half of a head does not count."""
        their_state: Any = self.conn.their_state
        cycle: Any = self.cycle  # None before the first request
        return their_state is h11.IDLE and (cycle is None or cycle.response_complete)

    def on_response_complete(self) -> None:
        """Start the timer again if the next request has begun; uvicorn's limit holds if not."""
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


@dataclass(slots=True)
class Connections:
    """The open connections, in the order in which they last became idle or busy."""

    trusted: Sequence[IPv4Network | IPv6Network] = ()
    _open: OrderedDict[TimedProtocol, str] = field(default_factory=OrderedDict)

    def protocol(self) -> type[TimedProtocol]:
        """Return the protocol for uvicorn whose connections are counted here."""
        return type("CountedProtocol", (TimedProtocol,), {"counted": self})

    def enter(self, connection: TimedProtocol, address: str) -> bool:
        """Count a connection, closing another one if there are too many; return whether it may stay."""
        same = (
            [other for other, origin in self._open.items() if origin == address]
            if not self._is_trusted(address)
            else []
        )
        if len(same) >= MOST_OF_AN_ADDRESS and not self._close_idle(same):
            return False
        if len(self._open) >= MOST_BEFORE_ROOM_IS_MADE:
            self._close_idle(list(self._open))
        self._open[connection] = address
        return True

    def touch(self, connection: TimedProtocol) -> None:
        """Note that a connection sent or received something just now."""
        if connection in self._open:
            self._open.move_to_end(connection)

    def leave(self, connection: TimedProtocol) -> None:
        """Forget a connection that has been closed, and its address."""
        self._open.pop(connection, None)

    def _close_idle(self, connections: Sequence[TimedProtocol]) -> bool:
        idle = next((connection for connection in connections if connection.is_idle()), None)
        if idle is None:
            return False
        self.leave(idle)
        idle.transport.close()
        return True

    def _is_trusted(self, address: str) -> bool:
        try:
            parsed = ip_address(address.partition("%")[0])
        except ValueError:
            return False
        mapped = getattr(parsed, "ipv4_mapped", None) or parsed
        return any(mapped in network for network in self.trusted)
