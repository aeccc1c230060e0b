"""The steps left once the App is registered, for the terminal and for the page."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from mtor_action.github.tokens import POLLING
from mtor_bot.registration.app_credentials import AppCredentials
from mtor_bot.registration.app_manifest import Registration
from mtor_bot.registration.credential_files import KEY_NAME, CredentialFiles

IMAGE_USER = 10001  # as in Dockerfile


@dataclass(frozen=True, slots=True)
class NextStep:
    """A sentence, and the commands or addresses that belong to it."""

    words: str
    lines: tuple[str, ...]


def install(app: AppCredentials) -> NextStep:
    """Return the first step: until it is installed, the App sees no repository."""
    return NextStep("Install it: choose the repositories", (app.install_url,))


def after_install(app: AppCredentials, registration: Registration, files: CredentialFiles) -> list[NextStep]:
    """Return all steps after the installation, in order."""
    url, owner = registration.public_url, registration.organization
    account = f" --org {owner} --visibility all" if owner else ""
    variable = f"gh variable set MTOR_BOT_URL{account} --body {url or POLLING}"
    return [
        *_on_github(app, registration),
        *(_served(url, files) if url else _polled(files)),
        NextStep("Tell the repositories" + ("" if owner else ", each"), (variable,)),
    ]


def _served(url: str, files: CredentialFiles) -> list[NextStep]:
    words = f"Start it, on the machine that {url} leads to, with compose or without"
    return [
        NextStep(words, (_compose(url), f"mtor-bot serve --settings {files.env}")),
        NextStep("Check it", ("docker compose exec bot mtor-bot doctor", f"mtor-bot doctor --settings {files.env}")),
    ]


def _polled(files: CredentialFiles) -> list[NextStep]:
    return [
        NextStep("Start it, on any machine: it asks GitHub", (f"mtor-bot serve --poll --settings {files.env}",)),
        NextStep("Check it", (f"mtor-bot doctor --poll --settings {files.env}",)),
    ]


def _compose(url: str) -> str:
    """Return the command for the folder of compose.yaml; the image's user has to read the key."""
    host = urlsplit(url).netloc or "YOUR-SERVER"
    return f"sudo chown {IMAGE_USER} {KEY_NAME} && MTOR_HOST={host} docker compose up --detach"


def _on_github(app: AppCredentials, registration: Registration) -> list[NextStep]:
    """Return the steps on GitHub: settings that the manifest could not make, or GitHub did not."""
    page = f"{registration.account_settings}/{app.slug}"
    steps = []
    if app.lacks:
        steps.append(NextStep(f"Grant what is missing: {', '.join(app.lacks)}", (f"{page}/permissions",)))
    if not registration.public_url:
        words = (
            "If it is to have an address later: set the webhook to it, with /webhook at the end, content type "
            "application/json, and the secret of bot.env; set MTOR_BOT_PUBLIC_URL there, and MTOR_BOT_URL to it"
        )
        steps.append(NextStep(words, (page,)))
    elif app.own_secret:
        steps.append(NextStep("Enter the webhook secret of bot.env: GitHub made none", (page,)))
    return steps
