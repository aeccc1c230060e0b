"""The checks of `mtor-bot doctor`; one that fails does not stop the others."""

from __future__ import annotations

import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from mtor_action.errors import MtorError
from mtor_action.github.failures import GitHubError, RequestFailureKind
from mtor_action.setup.finding import Finding, fine, unknown, wrong
from mtor_bot.clock import ScaledClock
from mtor_bot.github_app.app_needs import PERMISSIONS
from mtor_bot.server_settings import BotSettings, PollingSettings, ServerSettings
from mtor_bot.server_settings import unknown as unknown_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import httpx

    from mtor_action.github.client import Client

LEVELS = ("none", "read", "write", "admin")
STRONG_SECRET = 32
# A JWT may be as old as ten minutes, and not be from the future.
MOST_SKEW_SECONDS = 30
FETCH_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class BotDoctorSubject:
    """The settings to check and the environment that they came from."""

    settings: PollingSettings | ServerSettings
    environ: Mapping[str, str]


def examine(
    settings: PollingSettings | ServerSettings, environ: Mapping[str, str]
) -> Iterator[tuple[str, list[Finding]]]:
    """Yield each section's title and its findings, in the order they are printed."""
    subject = BotDoctorSubject(settings, environ)
    for title, checks in SECTIONS.items():
        if checks != OUTSIDE or isinstance(settings, ServerSettings):
            yield title, [finding for check in checks for finding in _guarded(check, subject)]


def _guarded(check: Callable[[BotDoctorSubject], Iterable[Finding]], subject: BotDoctorSubject) -> Iterator[Finding]:
    try:
        yield from check(subject)
    except MtorError as error:
        yield wrong(check.__name__.strip("_").replace("_", " "), error.message, error.hint)


def _settings(subject: BotDoctorSubject) -> Iterator[Finding]:
    yield fine("settings", "all are valid")
    if names := unknown_names(subject.environ):
        yield unknown("unknown", f"not settings of this release: {', '.join(names)}", "correct or remove them")
    if isinstance(subject.settings, PollingSettings):
        yield fine("polling", f"every {subject.settings.poll_seconds} seconds; MTOR_BOT_URL has to be `polling`")
        return
    length = len(subject.settings.webhook_secret.get_secret_value())
    if length < STRONG_SECRET:
        hint = "make one by `openssl rand -hex 32` and set it in the App's settings too"
        yield wrong("secret", f"the webhook secret has {length} characters, expected {STRONG_SECRET} or more", hint)
    else:
        yield fine("secret", f"the webhook secret has {length} characters")


def _database(subject: BotDoctorSubject) -> Iterator[Finding]:
    from mtor_bot.durable.launch import opened
    from mtor_bot.jobs import job_rows

    with opened(subject.settings) as engine:
        counted = ", ".join(f"{number} {state.value}" for state, number in job_rows.counts(engine).items())
        yield fine("database", f"{engine.dialect.name}; jobs: {counted}")


def _clock(subject: BotDoctorSubject) -> Iterator[Finding]:
    # Refused without a token, which is an answer too.
    answer = _get(f"{subject.settings.api_url}/app")
    stated = answer.headers.get("date", "") if answer else ""
    if answer is None or not stated:
        hint = "check MTOR_BOT_API_URL, the network, and the proxy variables"
        yield wrong("GitHub", f"{subject.settings.api_url} cannot be reached", hint)
        return
    skew = time.time() - parsedate_to_datetime(stated).timestamp()
    yield fine("GitHub", f"{subject.settings.api_url} answers")
    if abs(skew) > MOST_SKEW_SECONDS:
        yield wrong("clock", f"it differs from GitHub's by {skew:+.0f} seconds", "let NTP set this machine's clock")
    else:
        yield fine("clock", "agrees with GitHub's")


def _app(subject: BotDoctorSubject) -> Iterator[Finding]:
    from mtor_bot.behaviours.table import SUBSCRIPTIONS

    with _client(subject.settings) as client:
        try:
            answer = client.call("GET", "/app")
        except GitHubError as error:
            hint = "check MTOR_BOT_APP_ID and MTOR_BOT_APP_PRIVATE_KEY against the App's settings, and the clock"
            yield wrong("App", error.message, hint if error.kind is RequestFailureKind.BAD_TOKEN else error.hint)
            return
        address = f"{answer.text('html_url')} → App settings → Permissions & events"
        yield fine("App", f"{answer.text('slug')}, {answer.number('installations_count')} installation(s)")
        yield _permissions({name: answer.text("permissions", name) for name in PERMISSIONS}, address)
        if isinstance(subject.settings, PollingSettings):
            return
        events = {event.value for event in answer.items("events")}
        if missing := [name for name in SUBSCRIPTIONS if name not in events]:
            yield wrong("events", f"not subscribed: {', '.join(missing)}", address)
        else:
            yield fine("events", "all that are needed")
        yield from _hook(client, subject.settings)


def _permissions(granted: Mapping[str, str], address: str) -> Finding:
    lacking = [
        f"{name}: {level}"
        for name, level in PERMISSIONS.items()
        if LEVELS.index(granted[name] if granted[name] in LEVELS else "none") < LEVELS.index(level)
    ]
    if lacking:
        hint = f"{address}; then accept them where it is installed"
        return wrong("permissions", f"missing: {', '.join(lacking)}", hint)
    return fine("permissions", "all that are needed")


def _hook(client: Client, settings: ServerSettings) -> Iterator[Finding]:
    """Check the webhook's settings and its latest deliveries.

    https://docs.github.com/rest/apps/webhooks
    """
    config = client.call("GET", "/app/hook/config")
    expected = f"{settings.public_url}/webhook"
    faults = [
        ("its URL is {!r}, expected {!r}".format(config.text("url"), expected), config.text("url") != expected),
        ("it sends forms, expected application/json", config.text("content_type") != "json"),
        ("it has no secret", not config.text("secret")),
        ("certificates are not verified", str(config.at("insecure_ssl").value) == "1"),
    ]
    if mistakes := [words for words, is_so in faults if is_so]:
        yield wrong("webhook", "; ".join(mistakes), "correct it in the App's settings, Webhook")
    else:
        yield fine("webhook", f"goes to {expected}")
    recent = client.call("GET", "/app/hook/deliveries", params={"per_page": 50}).items()
    failed = [delivery for delivery in recent if not 200 <= delivery.number("status_code") < 300]
    if failed:
        newest = f"{failed[0].number('status_code')} {failed[0].text('status')}"
        hint = "App settings → Advanced shows each answer; they are asked for again by themselves"
        yield wrong("deliveries", f"{len(failed)} of the last {len(recent)} failed, the newest by {newest}", hint)
    else:
        yield fine("deliveries", f"the last {len(recent)} were taken")


def _outside(subject: BotDoctorSubject) -> Iterator[Finding]:
    if isinstance(subject.settings, PollingSettings):
        return
    address = f"{subject.settings.public_url}/healthz"
    answer = _get(address)
    if answer is not None and answer.is_success:
        yield fine("this server", f"{address} answers")
    else:
        status = f"HTTP {answer.status_code}" if answer else "no answer"
        yield unknown("this server", f"{address}: {status}", "start mtor-bot serve, and check the proxy in front of it")
    keys = f"{subject.settings.issuer}/.well-known/jwks"
    answer = _get(keys)
    if answer is not None and answer.is_success:
        yield fine("OIDC", f"{subject.settings.issuer} answers")
    else:
        yield wrong("OIDC", f"{keys} cannot be read", "check MTOR_BOT_API_URL, MTOR_BOT_OIDC_ISSUER and the network")


def _client(settings: BotSettings) -> Client:
    from mtor_bot.github_app.clients import Clients

    key = settings.app_private_key.get_secret_value()
    return Clients(settings.app_id, key, settings.api_url, ScaledClock(settings.time_scale)).app()


def _get(address: str) -> httpx.Response | None:
    import httpx

    try:
        return httpx.get(address, timeout=FETCH_SECONDS)
    except httpx.HTTPError:
        return None


OUTSIDE = (_outside,)
SECTIONS: dict[str, tuple[Callable[[BotDoctorSubject], Iterable[Finding]], ...]] = {
    "this server": (_settings, _database),
    "GitHub": (_clock, _app),
    "from outside": OUTSIDE,
}
