"""Signed webhooks: sent once from a thread, kept, listed and sent again on request."""

from __future__ import annotations

import hashlib
import hmac
import json
import queue
import threading
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from standins.github.call import Answer, Call, not_found, route
from standins.github.clock import stamp
from standins.github.people import Json, node_id, simple_user
from standins.github.posting import post
from standins.github.repository_json import repository_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from standins.github.apps import Installation
    from standins.github.people import Actor
    from standins.github.repositories import Repository
    from standins.github.world import World

ALWAYS = ("installation", "installation_repositories", "ping")  # every App gets these
STATUS_WORDS = {
    0: "failed to connect to host",
    200: "OK",
    202: "Accepted",
    503: "Service Unavailable",
    504: "timed out",
}


@dataclass(slots=True)
class Delivery:
    """One attempt; a redelivery has an id of its own and the same `guid`. `status` 0: nobody answered."""

    id: int
    guid: str
    event: str
    action: str | None
    payload: bytes
    delivered_at: datetime
    installation: int | None
    repository: int | None
    redelivery: bool = False
    status: int = 0
    seconds: float = 0.0
    answer: str = ""
    done: bool = False


@dataclass(slots=True)
class Webhooks:
    """Where deliveries go, and those that went; without a URL nothing is sent or kept."""

    url: str = ""
    secret: str = "It's a Secret to Everybody"
    timeout_seconds: float = 10.0  # not scaled: a slow machine is not a slow server
    deliveries: list[Delivery] = field(default_factory=list)
    world: Any = None
    _waiting: queue.SimpleQueue[Delivery | None] = field(default_factory=queue.SimpleQueue)
    _thread: threading.Thread | None = None
    _idle: threading.Condition = field(default_factory=threading.Condition)
    _open: int = 0

    def emit(self, event: str, action: str | None, by: Actor, repository: Repository, parts: Mapping[str, Any]) -> None:
        """To the App, if it is installed on the repository and listens to the event."""
        world: World = self.world
        installation = world.app.of(repository)
        if installation is None or installation.suspended_at or event not in world.app.events:
            return
        reference = {"id": installation.id, "node_id": node_id("MDI", installation.id)}
        content = {**parts, "repository": repository_json(repository), "installation": reference}
        self.emit_to(installation, event, action, by, content, repository.id)

    def emit_to(
        self,
        installation: Installation,
        event: str,
        action: str | None,
        by: Actor,
        parts: Mapping[str, Any],
        repository: int | None = None,
    ) -> None:
        if not self.url:
            return
        world: World = self.world
        shown = {**({"action": action} if action else {}), **parts, "sender": simple_user(world, by.user)}
        number = world.next_id("delivery")
        guid = str(uuid.uuid5(uuid.NAMESPACE_URL, f"delivery:{number}"))
        raw = json.dumps(shown).encode()
        self.send(Delivery(number, guid, event, action, raw, world.clock.now(), installation.id, repository))

    def send(self, delivery: Delivery) -> None:
        """Keep it, and hand it to the thread that posts."""
        self.deliveries.append(delivery)
        for each in self.world.faults.deliveries(delivery):
            self.pass_on(each)

    def pass_on(self, delivery: Delivery) -> None:
        """Post it, after a while if its kind is to come late."""
        late = self.world.faults.late_seconds.get(delivery.event, 0.0) * self.world.clock.scale
        with self._idle:
            self._open += 1
        if not late:
            self._waiting.put(delivery)
            return
        timer = threading.Timer(late, self._waiting.put, [delivery])
        timer.daemon = True
        timer.start()

    def start(self) -> None:
        self._thread = threading.Thread(target=self._work, daemon=True, name="sandbox webhooks")
        self._thread.start()

    def stop(self) -> None:
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join()

    def settle(self, timeout_seconds: float = 30.0) -> None:
        """Wait until every delivery that is under way was answered."""
        with self._idle:
            if not self._idle.wait_for(lambda: self._open == 0, timeout_seconds):
                raise TimeoutError(f"{self._open} webhooks are still on their way to {self.url}")

    def _work(self) -> None:
        while (delivery := self._waiting.get()) is not None:
            if not self.world.stopping.is_set():
                self._post(delivery)
            with self._idle:
                self._open -= 1
                self._idle.notify_all()

    def _post(self, delivery: Delivery) -> None:
        answer = post(self.url, delivery.payload, self.headers(delivery), self.timeout_seconds)
        delivery.status, delivery.answer, delivery.seconds, delivery.done = (
            answer.status,
            answer.body,
            answer.seconds,
            True,
        )

    def headers(self, delivery: Delivery) -> dict[str, str]:
        """docs.github.com/webhooks/webhook-events-and-payloads#delivery-headers"""
        signature = hmac.new(self.secret.encode(), delivery.payload, hashlib.sha256).hexdigest()
        target = {"X-GitHub-Hook-Installation-Target-ID": str(self.world.app.id),
                  "X-GitHub-Hook-Installation-Target-Type": "integration"}  # fmt: skip
        return {
            "Content-Type": "application/json",
            "User-Agent": "GitHub-Hookshot/sandbox",
            "X-GitHub-Hook-ID": "1",
            "X-GitHub-Event": delivery.event,
            "X-GitHub-Delivery": delivery.guid,
            "X-Hub-Signature-256": f"sha256={signature}",
            **target,
        }

    def redeliver(self, delivery: Delivery) -> Delivery:
        """The same guid and payload once more."""
        number, now = self.world.next_id("delivery"), self.world.clock.now()
        again = Delivery(number, delivery.guid, delivery.event, delivery.action, delivery.payload, now,
                         delivery.installation, delivery.repository, redelivery=True)  # fmt: skip
        self.send(again)
        return again


def _item(delivery: Delivery) -> Json:
    """OpenAPI's `hook-delivery-item`."""
    word = STATUS_WORDS.get(
        delivery.status, "OK" if delivery.status < 400 else f"Invalid HTTP Response: {delivery.status}"
    )
    return {
        "id": delivery.id,
        "guid": delivery.guid,
        "delivered_at": stamp(delivery.delivered_at),
        "redelivery": delivery.redelivery,
        "duration": round(delivery.seconds, 2),
        "status": word,
        "status_code": delivery.status,
        "event": delivery.event,
        "action": delivery.action,
        "installation_id": delivery.installation,
        "repository_id": delivery.repository,
        "throttled_at": None,
    }


@route("GET", "/app/hook/deliveries", app=True)
def index(call: Call) -> Answer:
    """Newest first; a cursor is the id of the first delivery of its page."""
    size = min(max(call.number("per_page", 30), 1), 100)
    rows = sorted((each for each in call.world.hooks.deliveries if each.done), key=lambda each: -each.id)
    wanted = call.query.get("status")
    if wanted:
        rows = [each for each in rows if (200 <= each.status < 400) == (wanted == "success")]
    if "cursor" in call.query:
        rows = [each for each in rows if each.id <= int(call.query["cursor"].removeprefix("v1_"))]
    more = f"v1_{rows[size].id}" if len(rows) > size else ""
    headers = {"link": f'<{call.link(cursor=more, per_page=str(size))}>; rel="next"'} if more else {}
    return Answer(200, [_item(each) for each in rows[:size]], headers)


def _of(call: Call) -> Delivery:
    for each in call.world.hooks.deliveries:
        if each.id == int(call.parameters["delivery"]):
            return each
    raise not_found()


@route("GET", "/app/hook/deliveries/{delivery}", app=True)
def show(call: Call) -> Answer:
    delivery, hooks = _of(call), call.world.hooks
    request = {"headers": hooks.headers(delivery), "payload": json.loads(delivery.payload)}
    return Answer(200, {**_item(delivery), "url": hooks.url, "request": request,
                        "response": {"headers": {}, "payload": delivery.answer}})  # fmt: skip


@route("POST", "/app/hook/deliveries/{delivery}/attempts", app=True)
def redeliver(call: Call) -> Answer:
    call.world.hooks.redeliver(_of(call))
    return Answer(202, {})


@route("GET", "/app/hook/config", app=True)
def config(call: Call) -> Answer:
    return Answer(200, {"url": call.world.hooks.url, "content_type": "json", "insecure_ssl": "0", "secret": "********"})
