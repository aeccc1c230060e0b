"""An App from a manifest: GitHub's page for it, the way back to who asked, and the exchange of the code.

docs.github.com/apps/sharing-github-apps/registering-a-github-app-from-a-manifest (read 2026-11-29). What GitHub
refuses, and in which words, is from reports of its users: "url" wasn't supplied, where hook_attributes lacks it
(github.com/vikasprogrammer/agentric/pull/317); Default events unsupported (github.com/tuist/tuist/pull/10709).
"""

from __future__ import annotations

import json
import re
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode

from standins.github.call import Answer, Call, Refusal, not_found, route
from standins.github.tokens import secret

if TYPE_CHECKING:
    from standins.github.people import Json

LONGEST_NAME = 34
UNSUPPORTED = ("installation", "installation_repositories", "ping")
# docs.github.com/webhooks/webhook-events-and-payloads: one of these, at least for reading, for each event.
NEEDED = {
    "check_run": {"checks"},
    "issue_comment": {"issues", "pull_requests"},
    "issues": {"issues"},
    "pull_request": {"pull_requests"},
    "pull_request_review": {"pull_requests"},
    "pull_request_review_comment": {"pull_requests"},
    "push": {"contents"},
    "repository": {"metadata"},
    "workflow_run": {"actions"},
}
PAGE = """<!doctype html><html lang="en"><title>{title}</title><body><h1>{title}</h1>{body}</body></html>"""
FORM = """<form method="post" action="/settings/apps/manifests">
<input type="hidden" name="manifest" value="{manifest}"><input type="hidden" name="state" value="{state}">
<input type="hidden" name="owner" value="{owner}"><input name="name" value="{name}">
<button id="create">Create GitHub App</button></form>"""


@route("POST", "/settings/apps/new", form=True)
def of_a_person(call: Call) -> Answer:
    return _asked(call, call.world.app.owner)


@route("POST", "/organizations/{org}/settings/apps/new", form=True)
def of_an_organization(call: Call) -> Answer:
    """A page that is there for its owners only."""
    account = call.world.users.get(call.parameters["org"].lower())
    if account is None or account.kind != "Organization":
        return _page(404, "Page not found", "")
    return _asked(call, account.login)


def _asked(call: Call, owner: str) -> Answer:
    manifest = _object(_fields(call).get("manifest", ""))
    if mistakes := _mistakes(manifest):
        listed = "".join(f"<p>Error {escape(each)}</p>" for each in mistakes)
        return _page(422, "Invalid GitHub App configuration", listed)
    shown = {"manifest": json.dumps(manifest), "state": call.query.get("state", ""), "owner": owner}
    shown["name"] = manifest.get("name", "")
    return _page(200, "Create GitHub App", FORM.format(**{name: escape(value) for name, value in shown.items()}))


@route("POST", "/settings/apps/manifests", form=True)
def create(call: Call) -> Answer:
    """What the page's button does."""
    fields = _fields(call)
    manifest = {**_object(fields["manifest"]), "name": fields["name"]}
    if not 0 < len(fields["name"]) <= LONGEST_NAME:
        return _page(422, "Create GitHub App", "<p>Name is too long (maximum is 34 characters)</p>")
    query = {"code": call.world.app.manifest_code(manifest, fields["owner"])}
    if fields.get("state"):
        query["state"] = fields["state"]
    return Answer(302, b"", {"location": f"{manifest['redirect_url']}?{urlencode(query)}"})


@route("GET", "/favicon.ico", form=True)
def icon(call: Call) -> Answer:
    """Browsers ask for it beside any page."""
    del call
    return Answer(204)


@route("POST", "/app-manifests/{code}/conversions")
def convert(call: Call) -> Answer:
    """Once, and within the hour."""
    app, hooks = call.world.app, call.world.hooks
    agreed = app.manifests.pop(call.parameters["code"], None)
    if agreed is None or agreed.until <= call.world.clock.now():
        raise not_found()
    webhook_secret: str | None = hooks.secret
    if agreed.manifest is not None:
        manifest, hook = agreed.manifest, agreed.manifest.get("hook_attributes")
        app.slug = re.sub(r"[^a-z0-9]+", "-", manifest["name"].lower()).strip("-")
        app.owner, app.events = agreed.owner, tuple(manifest.get("default_events", ()))
        app.permissions = {"metadata": "read", **manifest.get("default_permissions", {})}
        webhook_secret = secret("", call.world.next_id("token"), 40) if hook else None
        hooks.url, hooks.secret = (hook["url"] if hook else ""), webhook_secret or ""
    secrets = {"client_secret": "0" * 40, "webhook_secret": webhook_secret, "pem": app.private_key}
    return Answer(201, {**app.json(), **secrets})


def _mistakes(manifest: Json) -> list[str]:
    """As GitHub's page lists them; it names `url` alike, whichever is missing."""
    events, permissions = manifest.get("default_events", []), manifest.get("default_permissions", {})
    hook = manifest.get("hook_attributes", {"url": "none"})
    unsupported = [event for event in events if event in UNSUPPORTED]
    unable = [event for event in events if not NEEDED.get(event, set()) & {"metadata", *permissions}]
    faults = {
        '"url" wasn\'t supplied.': not manifest.get("url") or not hook.get("url"),
        '"redirect_url" wasn\'t supplied.': not manifest.get("redirect_url"),
        f"Default events unsupported: {' and '.join(unsupported)}": bool(unsupported),
        f"Default events are not supported by permissions: {' and '.join(unable)}": bool(unable),
    }
    return [words for words, is_so in faults.items() if is_so]


def _fields(call: Call) -> dict[str, str]:
    if not isinstance(call.body, bytes):
        raise Refusal(400, "a form was expected")
    return {name: values[0] for name, values in parse_qs(call.body.decode(), keep_blank_values=True).items()}


def _object(text: str) -> Json:
    try:
        content = json.loads(text)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _page(status: int, title: str, body: str) -> Answer:
    content = PAGE.format(title=escape(title), body=body).encode()
    return Answer(status, content, {"content-type": "text/html; charset=utf-8"})
