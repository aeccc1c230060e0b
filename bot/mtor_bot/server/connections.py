"""How many connections are served, and whose: nobody who only holds them open keeps GitHub away.

A newcomer takes the place of the connection that has been idle for longest: of all, where there is no more room, and of
its own address, where that has too many. Behind a proxy all come from one address: it is in `trusted_proxies`, and
limits its own clients.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING

from mtor_bot.server.protocol import TimedProtocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from ipaddress import IPv4Network, IPv6Network

MOST_CONNECTIONS = 512
# Some below that idle ones make room, so that there always is some for whoever has something to say.
MOST_BEFORE_ROOM_IS_MADE = MOST_CONNECTIONS - 64
MOST_OF_AN_ADDRESS = 64


@dataclass(slots=True)
class Connections:
    """Those that are open, in the order in which they last became idle or busy."""

    trusted: Sequence[IPv4Network | IPv6Network] = ()
    _open: OrderedDict[TimedProtocol, str] = field(default_factory=OrderedDict)

    def protocol(self) -> type[TimedProtocol]:
        """The protocol for uvicorn whose connections these are."""
        return type("CountedProtocol", (TimedProtocol,), {"counted": self})

    def enter(self, connection: TimedProtocol, address: str) -> bool:
        """Count a connection, and close another one where there are too many; whether it may stay."""
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
        """Forget a connection that was closed."""
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
