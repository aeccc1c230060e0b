"""Events that reached nobody: webhooks that failed, labels whose webhook never came, and runs that nobody follows."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from mtor_action.github.answers import Answer
from mtor_action.github.client import Client
from mtor_action.github.issues.label_events import newest_label_event
from mtor_action.github.payloads import moment
from mtor_action.on_issues.best_effort import best_effort
from mtor_bot.behaviours.adopting import adopt_listed
from mtor_bot.behaviours.labeled import Labeled
from mtor_bot.behaviours.table import from_plain
from mtor_bot.bot import Bot
from mtor_bot.durable.receive import receive
from mtor_bot.durable.repository_walk import PAGE, RepositoryVisit, visit_all

# GitHub keeps deliveries for three days: https://docs.github.com/webhooks/testing-and-troubleshooting-webhooks
KEPT_SECONDS = 3 * 24 * 3600.0
# Each pass also looks this far before the last one, whose newest failures were too young to judge.
MARGIN_SECONDS = 900.0
# A webhook that is still on its way is not missed.
YOUNG_SECONDS = 60.0
MOST_TRIES = 5
MOST_PAGES = 100
MOST_ISSUES = 300
FOUND = "timeline-"  # the prefix of the names of deliveries made here
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
            with best_effort("a delivery"):
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


def relabel(bot: Bot, young_seconds: float = YOUNG_SECONDS) -> int:
    """Receive the trigger label again where its webhook should have come by now; return how many were missed.

    A label that was set less than `young_seconds` ago is not missed yet. Runs that event runs started before the App
    took over are adopted on the way. The label is consumed when it is acted upon. A delivery of the same event is
    received once.
    """
    stored = _stored(bot)

    def look(visit: RepositoryVisit) -> int:
        # Before the labels, so that nothing is started for a spec that is at work.
        adopt_listed(bot, visit.client, visit.place)
        return relabel_in(visit, stored, young_seconds)

    return visit_all(bot, "labels", look)


def _stored(bot: Bot) -> set[tuple[int, int]]:
    """Return repository id and number of each labelled issue whose webhook came and waits to be acted on."""
    # Deliveries made by these passes do not count: one of the same event is stored only once.
    kept = {delivery.durable_workflow_id: delivery.plain for delivery in bot.inbox.waiting()}
    stored, own = {**kept, **bot.queue.unfinished_deliveries()}, f"delivery-{FOUND}"
    events = [from_plain(plain) for name, plain in stored.items() if not name.startswith(own)]
    return {(event.place.repository_id, event.number) for event in events if isinstance(event, Labeled)}


def relabel_in(visit: RepositoryVisit, stored: Collection[tuple[int, int]], young_seconds: float) -> int:
    """Receive the trigger labels of one repository, except those whose webhook is in `stored`; return how many."""
    missed, bot = 0, visit.bot
    labelled = {"state": "open", "labels": bot.settings.trigger_label, "sort": "updated"}
    listed = visit.client.pages("issues", params=labelled, most=MOST_ISSUES // PAGE)
    for issue in list(listed):
        number = issue.number("number")
        if (visit.place.repository_id, number) not in stored:
            with best_effort(f"the label of #{number}"):
                missed += _relabel_one(visit, issue, young_seconds)
    return missed


def _relabel_one(visit: RepositoryVisit, issue: Answer, young_seconds: float) -> int:
    """Receive the trigger label of an issue; return 0 if its webhook may still be on its way. Raises GitHubError."""
    bot = visit.bot
    event = newest_label_event(visit.client, issue.number("number"), bot.settings.trigger_label)
    # With 0.0 no clocks are compared: this machine's may be behind GitHub's.
    if event is None or (young_seconds and bot.clock.since(moment(event.text("created_at"))) < young_seconds):
        return 0
    name, payload = _webhook(visit, issue, event)
    receive(bot, name, f"{FOUND}{event.number('id')}", payload)
    return 1


def _webhook(visit: RepositoryVisit, issue: Answer, event: Answer) -> tuple[str, object]:
    """Return the name and payload of the webhook that GitHub would have sent."""
    is_pull_request = issue.at("pull_request").value is not None
    parts = {"pull_request" if is_pull_request else "issue": issue.value, "number": issue.number("number")}
    payload = visit.payload(action="labeled", label=event.at("label").value, sender=event.at("actor").value, **parts)
    return "pull_request" if is_pull_request else "issues", payload
