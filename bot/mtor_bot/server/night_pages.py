"""`/night`: the page of the last night of each repository, for whoever has the token.

The token comes as `Authorization: Bearer`, or once in the form of this page, which leaves a cookie that is made from
it. It is never part of an address, which proxies and browsers write down.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote

import anyio.to_thread
import sqlalchemy as sa
from fastapi.responses import HTMLResponse, RedirectResponse

from mtor_action.report.html import whole_page
from mtor_action.report.markup import card, esc
from mtor_bot.database.schema import NIGHTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastapi import Request, Response

    from mtor_bot.bot import Bot
    from mtor_bot.server.request_bodies import Bodies
    from mtor_bot.server_settings import ServerSettings

PATH = "/night"
COOKIE = "mtor_night"
COOKIE_SECONDS = 30 * 24 * 3600
LARGEST_FORM = 1024
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_FORM = """<style>form { padding: 18px 20px; display: flex; flex-wrap: wrap; gap: 10px; }
input, button { font: inherit; padding: 6px 12px; color: inherit; background: transparent;
border: 1px solid var(--line); border-radius: 6px; min-width: 0; }
input { flex: 1 1 12em; }</style>
<form method="post" action="/night"><input type="password" name="token" aria-label="token" autocomplete="off" autofocus>
<button>Open</button></form>"""


class NightPages:
    """The two routes of `/night`: look, and hand in the token."""

    def __init__(self, bot: Bot, settings: ServerSettings, bodies: Bodies) -> None:
        self._engine = bot.engine
        self._bodies = bodies
        self._token = settings.night_token.get_secret_value().encode()
        self._cookie = hmac.digest(self._token, b"the cookie of /night", "sha256").hex()
        self._is_secure = settings.public_url.startswith("https://")

    async def show(self, request: Request) -> Response:
        """Answer 200 with the page of `?repository=OWNER/REPO`, of the only one, or a list; 401 with the form."""
        if not self._may(request):
            return _page(401, "The night", card("The token of this server", _FORM))
        pages = await anyio.to_thread.run_sync(self._pages)
        name = request.query_params.get("repository", "")
        chosen = [page for repository, page in pages if repository == name or (not name and len(pages) == 1)]
        if chosen:
            return HTMLResponse(chosen[0], headers=_HEADERS)
        return _page(404 if name else 200, "The night", card("Repositories", _links(pages), str(len(pages))))

    async def enter(self, request: Request) -> Response:
        """Answer 303 with the cookie for the right token, else 401 with the form. Raises Refused."""
        async with self._bodies.read(request, LARGEST_FORM) as body:
            fields = parse_qs(body.read().decode("utf-8", "replace"), max_num_fields=4)
        if not self._is_token(fields.get("token", [""])[0]):
            return _page(401, "The night", card("That was not the token of this server", _FORM))
        answer = RedirectResponse(PATH, 303, headers=_HEADERS)
        answer.set_cookie(
            COOKIE,
            self._cookie,
            max_age=COOKIE_SECONDS,
            path=PATH,
            secure=self._is_secure,
            httponly=True,
            samesite="lax",
        )
        return answer

    def _may(self, request: Request) -> bool:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self._is_token(token.strip()):
            return True
        return hmac.compare_digest(request.cookies.get(COOKIE, "").encode(), self._cookie.encode())

    def _is_token(self, text: str) -> bool:
        return hmac.compare_digest(text.encode("utf-8", "replace"), self._token)

    def _pages(self) -> Sequence[tuple[str, str]]:
        query = sa.select(NIGHTS.c.full_name, NIGHTS.c.page).order_by(NIGHTS.c.full_name)
        with self._engine.connect() as connection:
            return [(row.full_name, row.page) for row in connection.execute(query)]


def _links(pages: Sequence[tuple[str, str]]) -> str:
    rows = [f'<li><a href="{PATH}?repository={quote(name, safe="/")}">{esc(name)}</a></li>' for name, _ in pages]
    return f"<ul>{''.join(rows)}</ul>" if rows else '<p style="padding: 0 20px">No night has ended yet.</p>'


def _page(status: int, title: str, body: str) -> Response:
    return HTMLResponse(
        whole_page(title, f"<header><h1>{esc(title)}</h1></header>\n{body}", has_form=True), status, headers=_HEADERS
    )
