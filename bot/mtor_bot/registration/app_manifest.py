"""The request to GitHub: the address of the form, and the manifest in it.

https://docs.github.com/apps/sharing-github-apps/registering-a-github-app-from-a-manifest (read 2026-11-29)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from mtor_bot.behaviours.table import SUBSCRIPTIONS
from mtor_bot.github_app.app_needs import FOUR_EYES_PERMISSIONS, PERMISSIONS

# https://docs.github.com/apps/creating-github-apps/registering-a-github-app/registering-a-github-app (read 2026-11-29)
LONGEST_NAME = 34
_ORGANIZATION = re.compile(r"(?!-)[\w-]{1,39}", re.ASCII)
_GITHUB_WEB = "https://github.com"
_GITHUB_API = "https://api.github.com"


@dataclass(frozen=True, slots=True)
class GitHubPlace:
    """One GitHub: where people look at it, and where its REST API is; neither ends with a slash."""

    web: str
    api: str


@dataclass(frozen=True, slots=True)
class Registration:
    """The App to make. `organization` "": on the account of whoever agrees; `public_url` "": no webhook."""

    place: GitHubPlace
    name: str
    organization: str = ""
    public_url: str = ""
    four_eyes: bool = False

    @property
    def account_settings(self) -> str:
        """Return the address of the owner's settings on GitHub."""
        of_owner = f"/organizations/{quote(self.organization, safe='')}" if self.organization else ""
        return f"{self.place.web}{of_owner}/settings/apps"

    @property
    def permissions(self) -> dict[str, str]:
        """Return the permissions to ask for: name → level."""
        return {**PERMISSIONS, **(FOUR_EYES_PERMISSIONS if self.four_eyes else {})}

    @property
    def events(self) -> list[str]:
        """Return the names of the webhook events to subscribe to."""
        return list(SUBSCRIPTIONS)

    def form_address(self, state: str) -> str:
        """Return the address to which the form with the manifest is sent."""
        return f"{self.account_settings}/new?state={quote(state, safe='')}"

    def manifest(self, redirect_url: str) -> dict[str, object]:
        """Return GitHub's parameters for the App, as a JSON object.

        `hook_attributes` without a `url` is refused, also if it says that the webhook is off: where no address is
        known, it is left out. Events that every App gets may not be listed.
        """
        hook = {"hook_attributes": {"url": f"{self.public_url}/webhook", "active": True}} if self.public_url else {}
        return {
            "name": self.name,
            # GitHub demands a home page; that of the owner is allowed.
            "url": self.public_url
            or (f"{self.place.web}/{self.organization}" if self.organization else self.place.web),
            **hook,
            "redirect_url": redirect_url,
            "description": "Label an issue; mtor applies its spec, tests it, and opens a pull request.",
            "public": False,
            "default_permissions": self.permissions,
            "default_events": self.events,
        }


def place_of_api(api: str) -> GitHubPlace:
    """Return the GitHub of a REST API: github.com, data residency (api.NAME.ghe.com), or an Enterprise Server."""
    if api == _GITHUB_API:
        return GitHubPlace(_GITHUB_WEB, api)
    address = urlsplit(api)
    host = address.netloc.removeprefix("api.") if address.netloc.endswith(".ghe.com") else address.netloc
    return GitHubPlace(f"{address.scheme}://{host}", api)


def place_of_web(web: str) -> GitHubPlace:
    """Return the GitHub that people see at the address `web`."""
    address = urlsplit(web)
    origin = f"{address.scheme}://{address.netloc}"
    if origin == _GITHUB_WEB:
        return GitHubPlace(origin, _GITHUB_API)
    if address.netloc.endswith(".ghe.com"):
        return GitHubPlace(origin, f"{address.scheme}://api.{address.netloc}")
    return GitHubPlace(origin, f"{origin}/api/v3")


def is_organization(name: str) -> bool:
    """Return whether the text can be an organisation's login."""
    return _ORGANIZATION.fullmatch(name) is not None


def is_app_name(name: str) -> bool:
    """Return whether GitHub would take the name, were it not taken already."""
    return bool(name.strip()) and len(name) <= LONGEST_NAME and name.isprintable()
