"""Reading a request's body with limits of size, time and memory.

What is not signed may be anybody's: a body goes past the signature as it comes in, and beyond a size into a file
without a name. Until its signature is known it costs no more memory than that.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING

from mtor_bot.errors import Refused

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from fastapi import Request

KEPT_IN_MEMORY = 64 * 1024
LARGE = 256 * 1024
LARGE_AT_A_TIME = 4
# Less than the 10 seconds that GitHub waits for the whole answer:
# https://docs.github.com/webhooks/using-webhooks/handling-webhook-deliveries
READ_SECONDS = 8.0


def _ignore(_piece: bytes) -> None:
    """Check nothing: for a body that nobody signs."""


@dataclass(slots=True)
class Bodies:
    """Reads bodies; those above LARGE bytes only a few at a time, until they have been handled."""

    read_seconds: float = READ_SECONDS
    _large: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(LARGE_AT_A_TIME))

    @asynccontextmanager
    async def read(
        self, request: Request, limit: int, pass_by: Callable[[bytes], None] = _ignore
    ) -> AsyncIterator[SpooledTemporaryFile[bytes]]:
        """Yield the body, at most `limit` bytes, as a file at its beginning; `pass_by` sees each piece of it.

        Raises Refused.
        """
        declared = request.headers.get("content-length", "0")
        if not (declared.isascii() and declared.isdigit() and len(declared) < 16 and int(declared) <= limit):
            raise _too_large(limit)
        async with AsyncExitStack() as held:
            body = held.enter_context(SpooledTemporaryFile(KEPT_IN_MEMORY))  # noqa: SIM115  the stack closes it
            length = 0
            try:
                async with asyncio.timeout(self.read_seconds):
                    async for piece in request.stream():
                        if length <= LARGE < length + len(piece):
                            await held.enter_async_context(self._large)
                        length += len(piece)
                        if length > limit:
                            raise _too_large(limit)
                        pass_by(piece)
                        body.write(piece)
            except TimeoutError as error:
                raise Refused(408, "slow", f"the body took longer than {self.read_seconds:g} seconds") from error
            except OSError as error:
                hint = "give the server a folder for temporary files that it may write to (TMPDIR), with room"
                raise Refused(503, "disk", "the body cannot be kept while it is read", hint) from error
            body.seek(0)
            yield body


def _too_large(limit: int) -> Refused:
    return Refused(413, "large", f"the body is larger than {limit:,} bytes")
