"""The page on loopback, as HTML: one before GitHub is asked, and one for its answer. Only `esc` lets text in."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from string import Template

from mtor_action.report.markup import esc
from mtor_bot.registration.app_manifest import Registration
from mtor_bot.registration.next_steps import NextStep


@dataclass(frozen=True, slots=True)
class Page:
    """An answer to a browser: HTTP status and HTML document."""

    status: int
    html: str


def ask(registration: Registration, redirect_url: str, state: str) -> Page:
    """Return the page that lists what will be registered, with the one button that sends it to GitHub."""
    manifest = json.dumps(registration.manifest(redirect_url))
    owner = registration.organization or "the account that you are signed in with"
    hook = f"<code>{esc(registration.public_url)}/webhook</code>" if registration.public_url else "none yet"
    events = ", ".join(f"<code>{esc(name)}</code>" for name in registration.events)
    permissions = ", ".join(f"<code>{esc(name)}: {level}</code>" for name, level in registration.permissions.items())
    rows = {
        "Name": f"{esc(registration.name)} (GitHub lets you change it)",
        "Owner": esc(owner),
        "Installable": "on the owner's account only",
        "Permissions": permissions,
        "Events": events,
        "Webhook": hook,
    }
    listed = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in rows.items())
    return _page(
        200,
        "Register the GitHub App",
        f'<p class="soft">Sign in to {esc(registration.place.web)} first; signing in on the way loses the form.</p>'
        f"<section><dl>{listed}</dl></section>"
        f'<form method="post" action="{esc(registration.form_address(state))}">'
        f'<input type="hidden" name="manifest" value="{esc(manifest)}">'
        "<button>Continue on GitHub</button></form>",
    )


def done(slug: str, install_url: str, steps: Sequence[NextStep]) -> Page:
    """Return the page of a registered App: where to install it, and the steps after that."""
    listed = "".join(f"<li>{esc(step.words)}:{_code(step.lines)}</li>" for step in steps)
    return _page(
        200,
        f"{slug} is registered",
        "<p>Its credentials are on this machine. Now choose the repositories that it may see.</p>"
        f'<p><a class="button" href="{esc(install_url)}">Install it</a></p>'
        f"<section><h2>Then</h2><ol>{listed}</ol></section>",
    )


def refused(status: int, message: str, hint: str) -> Page:
    """Return the page that says what is wrong and what to do next."""
    body = f"<p>{esc(message)}</p><section><h2>What to do</h2><p>{esc(hint)}</p></section>"
    return _page(status, "The App is not set up", body, tone="bad")


def security_policy(web: str) -> str:
    """Return the policy: nothing runs, loads or is framed; the form goes to GitHub and nowhere else."""
    digest = base64.b64encode(hashlib.sha256(_text("page.css").encode()).digest()).decode()
    closed = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"
    return f"{closed}; style-src 'sha256-{digest}'; form-action {web}"


def _code(lines: Sequence[str]) -> str:
    return "".join(f"<br><code>{esc(line)}</code>" for line in lines)


def _page(status: int, title: str, body: str, tone: str = "") -> Page:
    heading = f'<h1 class="{tone}">{esc(title)}</h1>\n'
    html = Template(_text("page.html")).substitute(title=esc(title), style=_text("page.css"), body=heading + body)
    return Page(status, html)


@cache
def _text(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
