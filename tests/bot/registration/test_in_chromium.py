"""The whole way in a real browser: two buttons, and a bot that starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from browser import CHROMIUM

from bot.registration.agreeing import setting_up
from driven_browser import DrivenBrowser, driven
from mtor_bot.server_settings import ServerSettings, load
from standins.github import GitHubSandbox

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")

WIDTHS = {"phone": 390, "desk": 1200}
WIDE = """[...document.querySelectorAll("main *")].filter(
  (element) => element.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5).length
  + document.documentElement.scrollWidth - document.documentElement.clientWidth"""


def fits(browser: DrivenBrowser) -> dict[str, int]:
    """By width, what is wider than the window."""
    found = {}
    for name, width in WIDTHS.items():
        browser.size(width, 900)
        found[name] = browser.see(WIDE)
    return found


def test_a_person_presses_two_buttons_and_gets_an_app(tmp_path: Path) -> None:
    folder = tmp_path / "a-folder-with-a-rather-long-name-that-has-to-wrap-somewhere-on-a-phone"
    folder.mkdir()
    with GitHubSandbox(tmp_path / "github", scale=0.01) as github:
        github.world.user("acme", "Organization")
        arguments = ("--organization", "acme", "--url", "https://mtor.example")
        with setting_up(github, folder, *arguments) as setup, driven(tmp_path / "profile") as browser:
            browser.open(setup.address)
            assert fits(browser) == {"phone": 0, "desk": 0}
            assert browser.see("document.querySelectorAll('button').length") == 1
            # The stylesheet is allowed by its hash.
            assert browser.see("getComputedStyle(document.querySelector('button')).cursor") == "pointer"
            browser.click("button")
            browser.until("!!document.querySelector('#create')")
            browser.click("#create")
            browser.until("location.pathname === '/created' && document.readyState === 'complete'")
            assert "mtor-acme is registered" in browser.see("document.body.innerText")
            assert fits(browser) == {"phone": 0, "desk": 0}
            install = browser.see("document.querySelector('a.button').href")
            assert setup.wait() == 0
        assert install == f"{github.url}/apps/mtor-acme/installations/new"
        assert browser.console == []
        # Nothing was asked of anybody else.
        assert {address.split("/")[2] for address in browser.network} == {github.url[7:], setup.origin[7:]}
        (posted,) = github.said("POST", "/organizations/acme/settings/apps/new")
        assert posted.headers["origin"] == setup.origin
        assert posted.headers["referer"] == f"{setup.origin}/"
        assert load(ServerSettings, {}, folder / "bot.env").app_id == str(github.app.id)


def test_the_form_goes_nowhere_but_to_github(tmp_path: Path) -> None:
    with (
        GitHubSandbox(tmp_path / "github", scale=0.01) as github,
        GitHubSandbox(tmp_path / "other", scale=0.01) as other,
        setting_up(github, tmp_path) as setup,
        driven(tmp_path / "profile") as browser,
    ):
        browser.open(setup.address)
        browser.see(f"document.querySelector('form').action = '{other.url}/settings/apps/new'")
        browser.click("button")
        browser.hear("form-action")
        assert not other.requests


def test_a_page_of_somebody_else_can_neither_show_nor_finish_it(tmp_path: Path) -> None:
    with GitHubSandbox(tmp_path / "github", scale=0.01) as github, setting_up(github, tmp_path) as setup:
        frames = f'<iframe src="{setup.address}"></iframe><img src="{setup.origin}/created?code=abc&state=x">'
        evil = tmp_path / "evil.html"
        evil.write_text(f"<!doctype html><body>{frames}</body>")
        with driven(tmp_path / "profile") as browser:
            browser.open(evil.as_uri())
            browser.until("document.images[0].complete")
            browser.hear("frame-ancestors")
        assert not github.said("POST", "/app-manifests/*")
        assert setup.process.poll() is None
