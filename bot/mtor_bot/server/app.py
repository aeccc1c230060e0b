"""The table of routes, and the one place where a refusal becomes an HTTP answer."""

from __future__ import annotations

import logging
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import anyio.to_thread
from anyio import CapacityLimiter
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from mtor_action.untyped import parsed_json
from mtor_bot.errors import Refused
from mtor_bot.server.metrics import Metrics
from mtor_bot.server.night_pages import PATH, NightPages
from mtor_bot.server.request_bodies import Bodies
from mtor_bot.server.run_identity import Verifier
from mtor_bot.server.token_exchange import Granted, exchange
from mtor_bot.server.webhook import Inbox

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from mtor_bot.bot import Bot
    from mtor_bot.server_settings import ServerSettings

LARGEST_TOKEN_REQUEST = 4096
EXCHANGES_AT_A_TIME = 4
logger = logging.getLogger(__name__)


def build(bot: Bot, settings: ServerSettings) -> Applications:
    """Return the two ASGI applications of a bot: the public one and the one with /metrics."""
    app = FastAPI(title="mtor-bot", openapi_url=None)
    server = Server(bot, settings)
    app.add_route("/webhook", server.webhook, methods=["POST"])
    app.add_api_route("/token", server.token, methods=["POST"], response_model=None)
    app.add_api_route("/healthz", server.alive, methods=["GET"], response_model=None)
    app.add_api_route("/readyz", server.ready, methods=["GET"], response_model=None)
    if settings.night_token.get_secret_value():
        app.add_api_route(PATH, server.night, methods=["GET"], response_model=None)
        app.add_api_route(PATH, server.enter_night, methods=["POST"], response_model=None)
    metrics = FastAPI(title="mtor-bot metrics", openapi_url=None)
    metrics.add_api_route("/metrics", server.metrics, methods=["GET"], response_model=None)
    return Applications(WebhooksFirst(app, server), metrics)


@dataclass(frozen=True, slots=True)
class WebhooksFirst:
    """The public application: webhooks go straight to their route, which costs half as much, the rest to `others`."""

    others: FastAPI
    server: Server

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request: webhooks directly, the rest by the table of routes."""
        if scope["path"] == "/webhook" and scope.get("method") == "POST":
            response = await self.server.webhook(Request(scope, receive))
            await response(scope, receive, send)
        else:
            await self.others(scope, receive, send)


@dataclass(frozen=True, slots=True)
class Applications:
    """The application for GitHub and its runners, and the one for whoever watches the server."""

    public: WebhooksFirst
    metrics: FastAPI


class Server:
    """The routes: one method each, from a request to a response."""

    def __init__(self, bot: Bot, settings: ServerSettings) -> None:
        self._bot = bot
        self._bodies = Bodies()
        self._inbox = Inbox(bot, settings.webhook_secret.get_secret_value().encode(), self._bodies)
        self._verifier = Verifier(settings.issuer, settings.public_url)
        self._metrics = Metrics(bot)
        self._exchanges = CapacityLimiter(EXCHANGES_AT_A_TIME)
        self._nights = NightPages(bot, settings, self._bodies)

    async def webhook(self, request: Request) -> Response:
        """Answer 202 once a delivery is stored, 204 if it is not for mtor."""
        began = time.perf_counter()
        try:
            stored = await self._inbox.take(request)
        except Refused as error:
            self._metrics.deliveries.labels(error.reason).inc()
            return _refusal(error)
        self._metrics.deliveries.labels("stored" if stored else "not ours").inc()
        self._metrics.acknowledgement.observe(time.perf_counter() - began)
        return JSONResponse({"stored": True}, 202) if stored else Response(status_code=204)

    async def token(self, request: Request) -> Response:
        """Answer 200 with a token, or the refusal's status and reason."""
        try:
            granted = await self._exchange(request)
        except Refused as error:
            self._metrics.tokens.labels(error.reason).inc()
            logger.warning("a request for a token was refused", extra={"check": error.reason})
            return _refusal(error)
        self._metrics.tokens.labels("granted").inc()
        return JSONResponse(asdict(granted), headers={"Cache-Control": "no-store"})

    async def _exchange(self, request: Request) -> Granted:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        async with self._bodies.read(request, LARGEST_TOKEN_REQUEST) as body:
            job = _job_of(body.read())
        oidc_token = token.strip() if scheme.lower() == "bearer" else ""
        return await anyio.to_thread.run_sync(
            exchange, self._bot, self._verifier, oidc_token, job, limiter=self._exchanges
        )

    async def night(self, request: Request) -> Response:
        """Answer with the page of the last night, or with the form that asks for the token."""
        return await self._nights.show(request)

    async def enter_night(self, request: Request) -> Response:
        """Answer with the cookie for the right token."""
        try:
            return await self._nights.enter(request)
        except Refused as error:
            return _refusal(error)

    async def alive(self) -> Response:
        """Answer 200 as long as the process works."""
        return JSONResponse({"alive": True})

    async def ready(self) -> Response:
        """Answer 200 if the database answers and this process may act, else 503."""
        ready = await anyio.to_thread.run_sync(_is_ready, self._bot)
        return JSONResponse({"ready": ready}, 200 if ready else 503)

    async def metrics(self) -> Response:
        """Answer with the metrics in Prometheus's text form."""
        from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

        text = await anyio.to_thread.run_sync(generate_latest, self._metrics.registry)
        return Response(text, media_type=CONTENT_TYPE_LATEST)


def _job_of(body: bytes) -> str:
    content = parsed_json(body)
    job = content.get("job") if isinstance(content, dict) else None
    if not isinstance(job, str):
        raise Refused(400, "body", "the body is not a JSON object with the text `job`", 'send {"job": "ID"}')
    return job


def _is_ready(bot: Bot) -> bool:
    try:
        return bot.lease.is_held()
    except Exception:
        logger.exception("the database cannot be reached")
        return False


def _refusal(error: Refused) -> Response:
    """Return the answer, with which the connection ends: the rest of the body is not read."""
    headers = {"Connection": "close", **({"Retry-After": "5"} if error.status == 503 else {})}
    return JSONResponse({"error": error.message, "hint": error.hint}, error.status, headers=headers)
