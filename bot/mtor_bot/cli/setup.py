"""`mtor-bot setup`: register the App on GitHub with one button, and keep its credentials in bot.env.

GitHub makes the App from a manifest, so that nobody fills in a form:
https://docs.github.com/apps/sharing-github-apps/registering-a-github-app-from-a-manifest (read 2026-11-29)
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mtor_action.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from mtor_bot.clock import ScaledClock
    from mtor_bot.errors import RegistrationError
    from mtor_bot.registration.app_credentials import AppCredentials
    from mtor_bot.registration.app_manifest import Registration
    from mtor_bot.registration.credential_files import CredentialFiles
    from mtor_bot.registration.loopback import Loopback, Visit
    from mtor_bot.registration.next_steps import NextStep
    from mtor_bot.server_settings import GitHubSettings

HELP = "register the App on GitHub with one button, and write bot.env"
# All steps, from the form to the exchange of the code, have to happen within the hour.
PATIENCE_SECONDS = 3600.0
LOWEST_PORT = 1024


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options: the App's owner, its server's address, the folder of the credentials."""
    parser.add_argument(
        "--organization", metavar="ORG", default="", help="make this organisation the App's owner (default: you)"
    )
    parser.add_argument(
        "--url", metavar="URL", default="", help="the server's https:// address; without it the App has no webhook"
    )
    parser.add_argument("--name", default="", help="the App's name; unique on GitHub, at most 34 characters")
    parser.add_argument("--github", metavar="URL", default="", help="https://NAME.ghe.com")
    parser.add_argument(
        "--four-eyes", action="store_true", help="also ask for commit statuses, for the check mtor/four-eyes"
    )
    parser.add_argument(
        "--to", metavar="FOLDER", type=Path, default=Path(), help="write bot.env and the key there (default: here)"
    )
    parser.add_argument("--force", action="store_true", help="replace bot.env and the key of another App")
    parser.add_argument("--port", type=int, default=0, help="the page's port on 127.0.0.1 (default: a free one)")
    parser.add_argument("--no-browser", action="store_true", help="only print the page's address")


def run(arguments: argparse.Namespace) -> int:
    """Write the credentials and return 0. Raises RegistrationError, with nothing written, and UsageError."""
    from mtor_bot.clock import ScaledClock
    from mtor_bot.registration.credential_files import CredentialFiles
    from mtor_bot.server_settings import GitHubSettings, load

    settings = load(GitHubSettings, os.environ, arguments.settings)
    registration = _registration(arguments, settings)
    files = CredentialFiles(Path(os.path.abspath(arguments.to)), force=arguments.force)  # noqa: PTH100  keeps symlinks
    files.check()
    _register(arguments, registration, files, ScaledClock(settings.time_scale))
    return 0


def _registration(arguments: argparse.Namespace, settings: GitHubSettings) -> Registration:
    from mtor_bot.registration.app_manifest import (
        Registration,
        is_app_name,
        is_organization,
        place_of_api,
        place_of_web,
    )
    from mtor_bot.server_settings import MOST_PORT

    github, url = _address("--github", arguments.github), _address("--url", arguments.url)
    if arguments.organization and not is_organization(arguments.organization):
        raise UsageError(
            f"--organization {arguments.organization!r} is not an organisation's login", "--organization ORG"
        )
    name = arguments.name or _default_name(arguments.organization)
    if not is_app_name(name):
        raise UsageError(f"--name {name!r} is not an App's name", "at most 34 printable characters")
    if arguments.port and not LOWEST_PORT <= arguments.port <= MOST_PORT:
        raise UsageError(f"--port {arguments.port} is not one for the page", f"{LOWEST_PORT} to {MOST_PORT}; 0 is any")
    place = place_of_web(github) if github else place_of_api(settings.api_url)
    return Registration(place, name, arguments.organization, url, arguments.four_eyes)


def _address(option: str, value: str) -> str:
    from mtor_bot.server_settings import server_address

    try:
        return server_address(value) if value else ""
    except ValueError as error:
        raise UsageError(f"{option} {value!r}: {error}", f"{option} https://HOST") from error


def _default_name(organization: str) -> str:
    """Return a name that is likely free: it must be unique on all of GitHub, whose page lets people change it."""
    import secrets

    from mtor_bot.registration.app_manifest import LONGEST_NAME

    return f"mtor-{organization or secrets.token_hex(3)}"[:LONGEST_NAME].rstrip("-")


def _register(
    arguments: argparse.Namespace, registration: Registration, files: CredentialFiles, clock: ScaledClock
) -> None:
    from mtor_action.github.client import Client, github_at
    from mtor_bot.registration import app_credentials, next_steps, page
    from mtor_bot.registration.loopback import Loopback

    github, patience_seconds = github_at(registration.place.api), app_credentials.PATIENCE_SECONDS
    with (
        Client(github, "", "", patience_seconds=patience_seconds, clock=clock.for_client()) as client,
        Loopback(registration, arguments.port, _complain) as loopback,
    ):
        app_credentials.reach(client, registration.place.api)
        _invite(loopback, opens=not arguments.no_browser)
        with _explained(registration):
            visit = loopback.wait(clock.scaled(PATIENCE_SECONDS))
            if visit is None:
                raise _too_late(registration)
            with _errors_on_page(visit):
                app = app_credentials.convert(client, visit.code, registration)
        first, later = next_steps.install(app), next_steps.after_install(app, registration, files)
        with _errors_on_page(visit), _uninterrupted():
            files.write(app, registration)
            _report(app, files, [first, *later])
        visit.show(page.done(app.slug, app.install_url, later))


@contextmanager
def _errors_on_page(visit: Visit) -> Iterator[None]:
    """Show an error on the page, too, to the browser that waits for an answer."""
    from mtor_action.errors import MtorError
    from mtor_bot.registration import page

    try:
        yield
    except MtorError as error:
        visit.show(page.refused(502, error.message, error.hint))
        raise


@contextmanager
def _explained(registration: Registration) -> Iterator[None]:
    """Tell a person who ends the command, by Ctrl-C or SIGTERM, what is left to do on GitHub."""
    from mtor_bot.registration.app_credentials import undo

    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        _complain(f"stopped; nothing was written; {undo(registration)}")
        raise


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold Ctrl-C and SIGTERM back until both files are written, so that there are both or none."""
    pending: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda received, _: pending.append(received)) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for caught in pending[:1]:
            signal.raise_signal(caught)


def _too_late(registration: Registration) -> RegistrationError:
    from mtor_bot.errors import RegistrationError
    from mtor_bot.registration.app_credentials import undo

    return RegistrationError(
        "GitHub has not sent the browser back within the hour that it allows",
        f"nothing was written; {undo(registration)}",
    )


def _invite(loopback: Loopback, *, opens: bool) -> None:
    _print(f"Open this page in a browser on this machine: {loopback.address}")
    _print(f"  from another machine: ssh -L {loopback.port}:{loopback.host} THIS-MACHINE, then the same address there")
    _print("Waiting for GitHub, an hour at most; Ctrl-C stops")
    if opens:
        # A browser in the terminal keeps its caller until it is closed.
        threading.Thread(target=_open, args=(loopback.address,), daemon=True, name="browser").start()


def _open(address: str) -> None:
    import webbrowser

    if not webbrowser.open(address):
        _complain("no browser could be opened here; open the address above")


def _report(app: AppCredentials, files: CredentialFiles, steps: list[NextStep]) -> None:
    _print(f"{app.slug} (App {app.app_id}) is registered, owned by {app.owner}: {app.html_url}")
    _print(f"Its credentials are in {files.env} and {files.key.name} beside it; keep both out of git.")
    for number, step in enumerate(steps, 1):
        _print(f"{number}. {step.words}:")
        for line in step.lines:
            _print(f"   {line}")


def _print(line: str) -> None:
    from mtor_action.neutral import visible

    print(visible(line), flush=True)


def _complain(line: str) -> None:
    from mtor_action.neutral import visible

    print(f"mtor-bot: {visible(line)}", file=sys.stderr, flush=True)
