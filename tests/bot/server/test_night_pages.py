"""`/night` over HTTP, in this process and in a browser: the token opens it, and nothing else does."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx
import pytest
import uvicorn
from browser import CHROMIUM

from bot.bots import scene
from driven_browser import driven
from mtor_action.night.morning import Morning
from mtor_action.night.night_job import Checks, NightJob, NightPull, NightState, PullEnd, in_order
from mtor_action.night.night_page import night_page
from mtor_action.outcomes.figures import Week
from mtor_bot.database.inserting import upsert
from mtor_bot.database.schema import NIGHTS
from mtor_bot.server.app import build
from mtor_bot.server_settings import ServerSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.bots import Scene

TOKEN = "the night has 16 and more"
LONG = "Keep the connection open between requests, however many there are, and close it in the end " * 2


@contextmanager
def server(folder: Path, **settings: str) -> Iterator[tuple[str, Scene]]:
    """The public application on a port, and what it serves from."""
    with scene(folder) as here:
        given = here.settings.model_dump(exclude_defaults=True) | {
            "app_private_key": here.settings.app_private_key.get_secret_value(),
            "webhook_secret": "w" * 32,
            "public_url": "http://127.0.0.1",
            **settings,
        }
        application = build(here.bot, ServerSettings.model_validate(given)).public
        running = uvicorn.Server(uvicorn.Config(application, port=0, log_config=None, lifespan="off"))
        thread = threading.Thread(target=running.run)
        thread.start()
        try:
            while not running.started:
                thread.join(0.01)
            port = running.servers[0].sockets[0].getsockname()[1]
            yield f"http://127.0.0.1:{port}", here
        finally:
            running.should_exit = True
            thread.join()


def written(here: Scene, number: int, name: str, page: str) -> None:
    with here.bot.engine.begin() as connection:
        upsert(connection, NIGHTS, repository_id=number, full_name=name, page=page)


def test_the_token_opens_it_by_header_or_form_and_nothing_else_does(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with server(tmp_path, night_token=TOKEN) as (address, here), httpx.Client(base_url=address) as http:
        assert "No night has ended yet" in http.get("/night", headers={"Authorization": f"Bearer {TOKEN}"}).text
        written(here, 1, "acme/widget", "<p>the page of widget")
        for headers in (
            *({}, {"Authorization": "Bearer x"}, {"Authorization": f"Basic {TOKEN}"}),
            *({"Cookie": "mtor_night="}, {"Cookie": f"mtor_night={TOKEN}"}, {"Authorization": "Bearer t\u00f6ken"}),
        ):
            refused = http.get("/night", headers=[(name.encode(), value.encode()) for name, value in headers.items()])
            assert (refused.status_code, "the page of widget" in refused.text) == (401, False)
        assert http.get("/night", params={"token": TOKEN}).status_code == 401
        assert http.post("/night", data={"token": "wrong"}).status_code == 401
        assert http.post("/night", content=b"token=" + b"x" * 5000).status_code == 413
        entered = http.post("/night", data={"token": TOKEN})
        cookie = entered.headers["set-cookie"]
        assert (entered.status_code, entered.headers["location"]) == (303, "/night")
        assert TOKEN not in cookie
        assert {"HttpOnly", "SameSite=lax", "Path=/night"} <= set(cookie.split("; "))
        page = http.get("/night")
        assert (page.status_code, page.text) == (200, "<p>the page of widget")
        assert page.headers["cache-control"] == "no-store"
        written(here, 2, "acme/other", "<p>the page of other")
        listed = http.get("/night").text
        assert 'href="/night?repository=acme/widget"' in listed
        assert http.get("/night", params={"repository": "acme/other"}).text == "<p>the page of other"
        assert http.get("/night", params={"repository": "acme/none"}).status_code == 404
    assert TOKEN not in caplog.text


def test_without_a_token_there_is_no_such_page(tmp_path: Path) -> None:
    with server(tmp_path) as (address, _here):
        assert httpx.get(f"{address}/night").status_code == 404
        assert httpx.post(f"{address}/night", data={"token": ""}).status_code == 404


def night() -> Morning:
    pull = NightPull(21, "https://github.example/acme/widget/pull/21", PullEnd.OPEN, Checks.HELD)
    page = "https://github.example/acme/widget/issues/12"
    jobs = [
        NightJob(12, LONG, page, NightState.FAILED, None),
        NightJob(15, "Retry " + "x" * 200, page, NightState.DONE, pull, 1204, 0.002),
        NightJob(16, "Rename", page, NightState.RUNNING),
    ]
    return Morning(
        "acme/widget", "2026-11-28T06:00:00Z", tuple(in_order(jobs)), (Week("2026-11-23", 4, 2, 1, 1, runs=5),)
    )


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
@pytest.mark.parametrize(("width", "height"), [(390, 844), (1440, 900)], ids=["phone", "desk"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_browser_hands_in_the_token_and_the_page_fits(tmp_path: Path, width: int, height: int, scheme: str) -> None:
    with server(tmp_path, night_token=TOKEN) as (address, here), driven(tmp_path / "profile") as browser:
        written(here, 1, "acme/widget", night_page(night()))
        browser.size(width, height)
        browser.scheme(scheme)
        browser.open(f"{address}/night")
        browser.see(f"document.querySelector('input').value = {TOKEN!r}")
        browser.click("button")
        browser.until("document.body.innerText.includes('Needs you')")
        assert browser.see("document.documentElement.scrollWidth") <= width
        assert browser.see("[...document.querySelectorAll('.job')].every(row => row.scrollWidth <= row.clientWidth)")
        lightness = browser.see("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)[0]")
        assert (lightness > 128) is (scheme == "light")
        assert not [line for line in browser.console if "401" not in line and "favicon" not in line]
        browser.picture(tmp_path / "night.png")
