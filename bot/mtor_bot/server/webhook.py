"""POST /webhook: checked on its bytes first, stored before it is answered.

https://docs.github.com/webhooks/webhook-events-and-payloads#delivery-headers
"""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import dataclass
from io import SEEK_END
from typing import IO, TYPE_CHECKING

import anyio.to_thread
from anyio import CapacityLimiter

from mtor_bot.durable.receive import IncomingWebhook, keep, take
from mtor_bot.errors import Refused
from mtor_bot.server import signature

if TYPE_CHECKING:
    from fastapi import Request

    from mtor_bot.bot import Bot
    from mtor_bot.server.request_bodies import Bodies

LARGEST = 25 * 1024 * 1024
LONGEST_HEADER = 200
READ_AT_A_TIME = 4
MOST_AT_ONCE = 100
# Parsing this much takes less than a change of threads and back.
PARSED_AT_ONCE = 64 * 1024
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DeliveryHeaders:
    """A delivery's X-GitHub-Event, X-GitHub-Delivery and X-Hub-Signature-256."""

    event: str
    guid: str
    signature: str


class Inbox:
    """Takes deliveries in; those that arrive while a transaction is under way share the next one."""

    def __init__(self, bot: Bot, secret: bytes, bodies: Bodies) -> None:
        self._bot = bot
        self._secret = secret
        self._bodies = bodies
        self._reading = CapacityLimiter(READ_AT_A_TIME)
        self._waiting: list[tuple[IncomingWebhook, asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def take(self, request: Request) -> bool:
        """Return True once the delivery is stored, False if it is not for mtor. Raises Refused."""
        head, check = read_head(request), signature.SignatureCheck(self._secret)
        async with self._bodies.read(request, LARGEST, check.update) as body:
            if not check.is_from_github(head.signature):
                hint = "the App's webhook secret and MTOR_BOT_WEBHOOK_SECRET must be the same"
                raise Refused(401, "signature", "X-Hub-Signature-256 is not this body's", hint)
            webhook = await self._read(head, body)
        if webhook is None:
            return False
        await self._stored(webhook)
        logger.info("a delivery was taken in", extra={"delivery": head.guid, "event": head.event})
        return True

    async def _read(self, head: DeliveryHeaders, body: IO[bytes]) -> IncomingWebhook | None:
        """Return the webhook in a body whose signature was right, None if it is not for mtor. Raises Refused."""
        is_small = body.seek(0, SEEK_END) <= PARSED_AT_ONCE
        body.seek(0)
        if is_small:
            return self._parse(head, body)
        return await anyio.to_thread.run_sync(self._parse, head, body, limiter=self._reading)

    def _parse(self, head: DeliveryHeaders, body: IO[bytes]) -> IncomingWebhook | None:
        return take(self._bot, head.event, head.guid, _json(body.read()))

    async def _stored(self, webhook: IncomingWebhook) -> None:
        """Return once it is on disk. Raises Refused if it cannot be."""
        mine = asyncio.get_running_loop().create_future()
        self._waiting.append((webhook, mine))
        if self._writer is None:
            self._writer = asyncio.create_task(self._write_all())
        await mine

    async def _write_all(self) -> None:
        """Store what waits, in one transaction after the other, until nothing does."""
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
                await self._write(batch)
        finally:
            self._writer = None

    async def _write(self, batch: list[tuple[IncomingWebhook, asyncio.Future[None]]]) -> None:
        failure: Exception | None = Refused(503, "stopping", "the server is stopping")
        try:
            failure = await anyio.to_thread.run_sync(self._commit, [webhook for webhook, _ in batch])
        finally:
            for _, future in batch:
                if not future.done():
                    future.set_exception(failure) if failure else future.set_result(None)

    def _commit(self, batch: list[IncomingWebhook]) -> Exception | None:
        try:
            keep(self._bot, batch)
        except Exception:
            logger.exception("deliveries could not be stored", extra={"deliveries": len(batch)})
            return Refused(503, "database", "the delivery could not be stored", "check the database; then redeliver it")
        return None


def read_head(request: Request) -> DeliveryHeaders:
    """Return the headers of a delivery. Raises Refused if they cannot be one's, before the body is read."""
    headers = request.headers
    head = DeliveryHeaders(
        event=headers.get("x-github-event", ""),
        guid=headers.get("x-github-delivery", ""),
        signature=headers.get("x-hub-signature-256", ""),
    )
    if not signature.FORM.fullmatch(head.signature):
        hint = "set a secret in the App's webhook settings"
        raise Refused(401, "unsigned", "X-Hub-Signature-256 is missing or not a SHA-256 signature", hint)
    if not all(0 < len(value) <= LONGEST_HEADER for value in (head.event, head.guid)):
        raise Refused(400, "headers", "X-GitHub-Event or X-GitHub-Delivery is missing or too long")
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        hint = "choose application/json in the App's webhook settings"
        raise Refused(415, "content type", "the content type is not application/json", hint)
    return head


def _json(body: bytes) -> object:
    try:
        return json.loads(body)
    except ValueError as error:
        raise Refused(400, "json", "the body is not JSON") from error
    except RecursionError as error:
        raise Refused(400, "json", "the JSON is nested too deeply") from error
