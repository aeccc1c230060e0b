"""GitHub's temporary code → the App's credentials, checked before anybody relies on them.

https://docs.github.com/rest/apps/apps#create-a-github-app-from-a-manifest (read 2026-11-29)
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field

from mtor_action.github.answers import Answer
from mtor_action.github.client import Client
from mtor_action.github.failures import TABLE, GitHubError, RequestFailure
from mtor_bot.errors import RegistrationError
from mtor_bot.github_app.private_key import load_private_key
from mtor_bot.registration.app_manifest import Registration

PATIENCE_SECONDS = 120.0
SECRET_BYTES = 32
HIGHEST_ID = 10**18 - 1  # as the setting takes them
_CODE = re.compile(r"[\w-]{1,128}", re.ASCII)
_SLUG = re.compile(r"[\w.-]{1,100}", re.ASCII)
_SECRET = re.compile(r"[\w-]{16,255}", re.ASCII)


@dataclass(frozen=True, slots=True)
class AppCredentials:
    """The App and its secrets. `own_secret`: GitHub gave no webhook secret, so that one was made here."""

    app_id: int
    slug: str
    owner: str
    html_url: str
    private_key: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    own_secret: bool = False
    lacks: tuple[str, ...] = ()

    @property
    def install_url(self) -> str:
        """Return the page on which a person chooses the repositories."""
        return f"{self.html_url}/installations/new"


def is_code(code: str) -> bool:
    """Return whether the text can be one of GitHub's codes; nothing else gets into the path of a request."""
    return _CODE.fullmatch(code) is not None


def reach(client: Client, api: str) -> None:
    """Raise RegistrationError unless the API answers: better now than once the App has been made."""
    # Refused without the App's token, which is an answer too.
    answer = client.exchange("GET", "/app")
    if isinstance(answer, RequestFailure):
        raise RegistrationError(
            f"{api} cannot be reached: {answer.row.sentence}",
            "check --github (or MTOR_BOT_API_URL), the network and the proxy variables; nothing has been made yet",
        )


def convert(client: Client, code: str, registration: Registration) -> AppCredentials:
    """Exchange a code for the credentials of the App. Raises RegistrationError; the code is in no message."""
    try:
        # A code serves once, so that sending it again does no harm.
        answer = client.call("POST", f"/app-manifests/{code}/conversions", look=lambda: None)
    except GitHubError as error:
        raise _refused(error, code, registration) from error
    return _checked(answer, registration)


def _refused(error: GitHubError, code: str, registration: Registration) -> RegistrationError:
    status = f" (HTTP {error.status})" if error.status else ""
    if error.status == 404:
        message = f"GitHub does not know the code any more{status}: it is older than an hour, or was used already"
    else:
        # A proxy may repeat the address, and the code in it opens the App to whoever reads it.
        words = f"; GitHub says: {error.words.replace(code, '…')}" if error.words else ""
        message = f"GitHub did not hand out the App's key: {TABLE[error.kind].sentence}{status}{words}"
    return RegistrationError(message, f"nothing was written; {undo(registration)}")


def undo(registration: Registration) -> str:
    """Return the next step, as a sentence, for an App that was made but whose key nobody has."""
    return f"if {registration.account_settings} lists the new App, delete it there, then run mtor-bot setup again"


def _checked(answer: Answer, registration: Registration) -> AppCredentials:
    slug, html_url, secret = answer.text("slug"), answer.text("html_url"), answer.text("webhook_secret")
    faults = [
        ("id", not 0 < answer.number("id") <= HIGHEST_ID),
        ("slug", not _SLUG.fullmatch(slug)),
        ("html_url", not re.fullmatch(rf"{re.escape(registration.place.web)}/[a-z-]+/{re.escape(slug)}", html_url)),
        ("pem", not _is_key(answer.text("pem"))),
        ("webhook_secret", bool(secret) and not _SECRET.fullmatch(secret)),
        ("owner", not _is_owner(answer.text("owner", "login"), registration.organization)),
    ]
    if wrong := [name for name, is_wrong in faults if is_wrong]:
        raise RegistrationError(
            f"GitHub's answer is not what was asked for: {', '.join(wrong)}",
            f"nothing was written; {undo(registration)}",
        )
    return AppCredentials(
        answer.number("id"),
        slug,
        answer.text("owner", "login"),
        html_url,
        answer.text("pem"),
        secret or secrets.token_hex(SECRET_BYTES),
        own_secret=not secret,
        lacks=_lacks(answer, registration),
    )


def _is_key(pem: str) -> bool:
    try:
        load_private_key(pem)
    except ValueError:
        return False
    return True


def _is_owner(login: str, organization: str) -> bool:
    """Return whether the App has the owner asked for: another's would be served with rights meant for one's own."""
    return is_code(login) and organization.lower() in ("", login.lower())


def _lacks(answer: Answer, registration: Registration) -> tuple[str, ...]:
    """Return the permissions and events that were asked for and not granted."""
    permissions = [
        f"{name}: {level}"
        for name, level in registration.permissions.items()
        if answer.text("permissions", name) not in (level, "write", "admin")
    ]
    events = {event.value for event in answer.items("events")}
    return (*permissions, *(name for name in registration.events if name not in events))
