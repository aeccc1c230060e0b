"""Reading a request's body with limits of size, time and memory."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mtor_bot.errors import Refused

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fastapi import Request

LARGE = 256 * 1024
LARGE_AT_A_TIME = 2
# GitHub waits no longer for the whole answer. https://docs.github.com/webhooks/using-webhooks/handling-webhook-deliveries
READ_SECONDS = 8.0


@dataclass(slots=True)
class Bodies:
    """Reads bodies; those above LARGE only a few at a time, until they have been worked on."""

    read_seconds: float = READ_SECONDS
    _large: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(LARGE_AT_A_TIME))

    @asynccontextmanager
    async def read(self, request: Request, limit: int) -> AsyncIterator[bytes]:
        """The body, which is `limit` bytes at most. Raises Refused."""
        declared = request.headers.get("content-length", "0")
        if not (declared.isascii() and declared.isdigit() and len(declared) < 16 and int(declared) <= limit):
            raise _too_large(limit)
        body, slots = bytearray(), 0
        try:
            async with asyncio.timeout(self.read_seconds):
                async for chunk in request.stream():
                    body += chunk
                    if len(body) > limit:
                        raise _too_large(limit)
                    if len(body) > LARGE and not slots:
                        await self._large.acquire()
                        slots = 1
            yield bytes(body)
        except TimeoutError as error:
            raise Refused(408, "slow", f"the body took longer than {self.read_seconds:g} seconds") from error
        finally:
            if slots:
                self._large.release()


def _too_large(limit: int) -> Refused:
    return Refused(413, "large", f"the body is larger than {limit:,} bytes")
