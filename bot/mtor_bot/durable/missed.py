"""Events that reached nobody: webhooks that failed, labels whose webhook never came, and runs that nobody follows."""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

import sqlalchemy as sa

from mtor_action.github.failures import GitHubError
from mtor_action.github.label_events import newest_label_event
from mtor_action.github.payloads import moment
from mtor_bot.behaviours.adopting import adopt_listed
from mtor_bot.behaviours.labeled import Labeled
from mtor_bot.behaviours.table import from_plain
from mtor_bot.database.inserting import upsert
from mtor_bot.database.schema import TURNS
from mtor_bot.durable.receive import receive
from mtor_bot.github_app.installed_repository import InstalledRepository
from mtor_bot.github_app.rate_limits import LIMITED

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from mtor_action.github.answers import Answer
    from mtor_action.github.client import Client
    from mtor_bot.bot import Bot

# GitHub keeps deliveries for three days: https://docs.github.com/webhooks/testing-and-troubleshooting-webhooks
KEPT_SECONDS = 3 * 24 * 3600.0
# Each pass also looks this far before the last one, whose newest failures were too young to judge.
MARGIN_SECONDS = 900.0
# A webhook that is still on its way is not missed.
YOUNG_SECONDS = 60.0
MOST_TRIES = 5
MOST_PAGES = 100
PAGE = 100
# In a pass, of each installation: the next pass goes on with the next ones.
MOST_REPOSITORIES = 300
MOST_ISSUES = 300
FOUND = "timeline-"  # the prefix of the names of deliveries made here
logger = logging.getLogger(__name__)
_CURSOR = re.compile(r'[?&]cursor=([^&>]+)[^>]*>; rel="next"')


@dataclass(frozen=True, slots=True)
class _Delivery:
    id: int
    guid: str
    succeeded: bool


def redeliver(bot: Bot, since: float) -> int:
    """Ask GitHub to resend webhooks that failed after `since` (seconds since the epoch); return how many.

    https://docs.github.com/rest/apps/webhooks#list-deliveries-for-an-app-webhook
    """
    now = bot.clock.now()
    earliest = max(since - bot.clock.scaled(MARGIN_SECONDS), now - bot.clock.scaled(KEPT_SECONDS))
    tries_of: dict[str, list[_Delivery]] = defaultdict(list)
    with bot.clients.app() as app:
        for delivery in _deliveries(app, earliest):
            tries_of[delivery.guid].append(delivery)
        missed = [tries[0] for tries in tries_of.values() if _is_missed(tries)]
        for delivery in missed:
            app.call("POST", f"/app/hook/deliveries/{delivery.id}/attempts", look=lambda: None)
    return len(missed)


def _is_missed(tries: list[_Delivery]) -> bool:
    return not any(attempt.succeeded for attempt in tries) and len(tries) < MOST_TRIES


def _deliveries(app: Client, earliest: float) -> Iterator[_Delivery]:
    """Yield deliveries, newest first; each page names the next by a cursor."""
    cursor: dict[str, str | int] = {}
    for _ in range(MOST_PAGES):
        answer = app.call("GET", "/app/hook/deliveries", params={"per_page": 100, **cursor})
        for item in answer.items():
            if moment(item.text("delivered_at")) < earliest:
                return
            yield _Delivery(item.number("id"), item.text("guid"), 200 <= item.number("status_code") < 400)
        next_page = _CURSOR.search(answer.headers.get("link", ""))
        if next_page is None:
            return
        cursor = {"cursor": unquote(next_page[1])}


def relabel(bot: Bot) -> int:
    """Receive the trigger label again where its webhook should have come by now; return how many were missed.

    Runs that event runs started before the App took over are adopted on the way.
    The label is consumed when it is acted upon. A delivery of the same event is received once.
    """
    missed = 0
    stored = _stored(bot)
    for installation in _installations(bot):
        try:
            missed += _relabel_in(bot, installation, stored)
        except GitHubError as error:
            # An installation that is limited, or just gone, does not hold up the others.
            about = {"installation": installation.number("id"), "why": error.message}
            logger.info("an installation is left out of looking for labels", extra=about)
    return missed


def _stored(bot: Bot) -> set[tuple[int, int]]:
    """Return repository id and number of each labelled issue whose webhook came and waits to be acted on."""
    # Deliveries made by these passes do not count: one of the same event is stored only once.
    stored, own = bot.queue.unfinished_deliveries(), f"delivery-{FOUND}"
    events = [from_plain(plain) for name, plain in stored.items() if not name.startswith(own)]
    return {(event.place.repository_id, event.number) for event in events if isinstance(event, Labeled)}


def _relabel_in(bot: Bot, installation: Answer, stored: Collection[tuple[int, int]]) -> int:
    """Relabel in some of an installation's repositories; each pass begins where the last one ended."""
    begins_with = _page(bot, installation)
    missed, is_last = 0, False
    for page in range(begins_with, begins_with + MOST_REPOSITORIES // PAGE):
        listed, is_last = _repositories(bot, installation, page)
        missed += sum(_relabel_one(bot, installation, repository, stored) for repository in listed)
        if is_last:
            break
        _turn_to(bot, installation, page + 1)
    if is_last:
        _turn_to(bot, installation, 1)
    return missed


def _relabel_one(bot: Bot, installation: Answer, repository: Answer, stored: Collection[tuple[int, int]]) -> int:
    """Relabel in one repository, which may be gone or without issues; only a rate limit ends the pass."""
    try:
        return _look_into(bot, installation, repository, stored)
    except GitHubError as error:
        if error.kind in LIMITED:
            raise
        about = {"repository": repository.text("full_name"), "why": error.message}
        logger.info("a repository is left out of looking for labels", extra=about)
        return 0


def _page(bot: Bot, installation: Answer) -> int:
    name = _turn_name(installation)
    with bot.engine.connect() as connection:
        return int(connection.execute(sa.select(TURNS.c.at).filter_by(name=name)).scalar_one_or_none() or 1)


def _turn_to(bot: Bot, installation: Answer, page: int) -> None:
    with bot.engine.begin() as connection:
        upsert(connection, TURNS, name=_turn_name(installation), at=float(page))


def _turn_name(installation: Answer) -> str:
    return f"labels-{installation.number('id')}"


def _installations(bot: Bot) -> list[Answer]:
    with bot.clients.app() as app:
        return [
            installation for installation in app.pages("/app/installations") if not installation.text("suspended_at")
        ]


def _repositories(bot: Bot, installation: Answer, page: int) -> tuple[list[Answer], bool]:
    """Return those of a page that are not archived, and whether it is the last page."""
    with bot.clients.installation(installation.number("id")) as client:
        answer = client.call("GET", "/installation/repositories", params={"per_page": PAGE, "page": page})
    is_last = 'rel="next"' not in answer.headers.get("link", "")
    return [repository for repository in answer.items("repositories") if not repository.flag("archived")], is_last


def _look_into(bot: Bot, installation: Answer, repository: Answer, stored: Collection[tuple[int, int]]) -> int:
    place = InstalledRepository(installation.number("id"), repository.number("id"), repository.text("full_name"))
    # One token for all: hundreds would be asked for at once.
    with bot.clients.repository(replace(place, repository_id=0)) as client:
        # Before the labels, so that nothing is started for a spec that is at work.
        adopt_listed(bot, client, place)
        return _relabel(bot, client, installation, repository, stored)


def _relabel(
    bot: Bot, client: Client, installation: Answer, repository: Answer, stored: Collection[tuple[int, int]]
) -> int:
    missed = 0
    labelled = {"state": "open", "labels": bot.settings.trigger_label, "sort": "updated"}
    listed = client.pages("issues", params=labelled, most=MOST_ISSUES // PAGE)
    for issue in list(listed):
        if (repository.number("id"), issue.number("number")) in stored:
            continue
        event = newest_label_event(client, issue.number("number"), bot.settings.trigger_label)
        if event is None or bot.clock.since(moment(event.text("created_at"))) < YOUNG_SECONDS:
            continue
        name, payload = _webhook(installation, repository, issue, event)
        receive(bot, name, f"{FOUND}{event.number('id')}", payload)
        missed += 1
    return missed


def _webhook(installation: Answer, repository: Answer, issue: Answer, event: Answer) -> tuple[str, object]:
    """Return the name and payload of the webhook that GitHub would have sent."""
    is_pull_request = issue.at("pull_request").value is not None
    payload = {
        "action": "labeled",
        "label": event.at("label").value,
        "pull_request" if is_pull_request else "issue": issue.value,
        "number": issue.number("number"),
        "repository": repository.value,
        "installation": {"id": installation.number("id")},
        "sender": event.at("actor").value,
    }
    return "pull_request" if is_pull_request else "issues", payload
