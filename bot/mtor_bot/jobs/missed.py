"""What GitHub said while nobody listened: webhooks that failed, and labels whose webhook never came."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mtor_action.github.answers import Answer
    from mtor_action.github.client import Client
    from mtor_bot.context import Bot

# GitHub keeps deliveries for three days: https://docs.github.com/webhooks/testing-and-troubleshooting-webhooks
KEPT_SECONDS = 3 * 24 * 3600.0
# How far before the last pass one looks: what failed then may have been too young to judge.
MARGIN_SECONDS = 900.0
# A webhook that is still on its way is not missed.
YOUNG_SECONDS = 60.0
MOST_TRIES = 5
MOST_PAGES = 100
MOST_REPOSITORIES = 300
_CURSOR = re.compile(r'[?&]cursor=([^&>]+)[^>]*>; rel="next"')


class _Delivery(NamedTuple):
    id: int
    guid: str
    succeeded: bool


def redeliver(bot: Bot, since: float) -> int:
    """Ask again for webhooks that failed after `since` (seconds since the epoch) and never came; how many.

    https://docs.github.com/rest/apps/webhooks#list-deliveries-for-an-app-webhook
    """
    now = bot.clock.now()
    earliest = max(since - bot.clock.scaled(MARGIN_SECONDS), now - bot.clock.scaled(KEPT_SECONDS))
    tries: dict[str, list[_Delivery]] = defaultdict(list)
    with bot.clients.app() as app:
        for each in _deliveries(app, earliest):
            tries[each.guid].append(each)
        missed = [each[0] for each in tries.values() if _is_missed(each)]
        for delivery in missed:
            app.call("POST", f"/app/hook/deliveries/{delivery.id}/attempts", look=lambda: None)
    return len(missed)


def _is_missed(tries: list[_Delivery]) -> bool:
    return not any(each.succeeded for each in tries) and len(tries) < MOST_TRIES


def _deliveries(app: Client, earliest: float) -> Iterator[_Delivery]:
    """Newest first; each page names the next by a cursor."""
    cursor: dict[str, str | int] = {}
    for _ in range(MOST_PAGES):
        answer = app.call("GET", "/app/hook/deliveries", params={"per_page": 100, **cursor})
        for each in answer.items():
            if moment(each.text("delivered_at")) < earliest:
                return
            yield _Delivery(each.number("id"), each.text("guid"), 200 <= each.number("status_code") < 400)
        found = _CURSOR.search(answer.headers.get("link", ""))
        if found is None:
            return
        cursor = {"cursor": unquote(found[1])}


def relabel(bot: Bot) -> int:
    """Receive the trigger label again where it still is though its webhook should have come; how often.

    The label is consumed when it is acted upon. A delivery of the same event is received once.
    """
    return sum(
        _relabel(bot, installation, repository, client)
        for installation in _installations(bot)
        for repository, client in _repositories(bot, installation)
    )


def _installations(bot: Bot) -> list[Answer]:
    with bot.clients.app() as app:
        return [each for each in app.pages("/app/installations") if not each.text("suspended_at")]


def _repositories(bot: Bot, installation: Answer) -> Iterator[tuple[Answer, Client]]:
    with bot.clients.installation(installation.number("id")) as client:
        pages = client.pages("/installation/repositories", key="repositories", most=MOST_REPOSITORIES // 100)
        for each in [each for each in pages if not each.flag("archived")]:
            name = each.text("full_name")
            yield each, bot.clients.repository(installation.number("id"), each.number("id"), name)


def _relabel(bot: Bot, installation: Answer, repository: Answer, client: Client) -> int:
    from mtor_bot.deliveries.receive import receive

    missed = 0
    with client:
        listed = client.pages("issues", params={"state": "open", "labels": bot.settings.trigger_label}, most=1)
        for issue in list(listed):
            event = _labelled(client, issue.number("number"), bot.settings.trigger_label)
            if event is None or bot.clock.since(moment(event.text("created_at"))) < YOUNG_SECONDS:
                continue
            payload = _payload(installation, repository, issue, event)
            receive(bot, payload["event"], f"timeline-{event.number('id')}", payload["payload"])
            missed += 1
    return missed


def _labelled(client: Client, number: int, label: str) -> Answer | None:
    """The last event that gave an issue this label.

    https://docs.github.com/rest/issues/events#list-issue-events
    """
    events = client.pages(f"issues/{number}/events", most=10)
    same = [each for each in events if (each.text("event"), each.text("label", "name")) == ("labeled", label)]
    return max(same, key=lambda each: each.number("id"), default=None)


def _payload(installation: Answer, repository: Answer, issue: Answer, event: Answer) -> dict[str, Any]:
    """The webhook as it would have come."""
    is_pull_request = issue.at("pull_request").value is not None
    name = "pull_request" if is_pull_request else "issues"
    return {
        "event": name,
        "payload": {
            "action": "labeled",
            "label": event.at("label").value,
            "pull_request" if is_pull_request else "issue": issue.value,
            "number": issue.number("number"),
            "repository": repository.value,
            "installation": {"id": installation.number("id")},
            "sender": event.at("actor").value,
        },
    }


def moment(stamp: str) -> float:
    """Seconds since the epoch of a time as GitHub writes it."""
    return datetime.fromisoformat(stamp).timestamp() if stamp else 0.0
