"""What goes wrong on demand."""

from __future__ import annotations

import fnmatch
import random
import threading
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from standins.github.call import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from standins.github.exchange import Exchange
    from standins.github.hooks import Delivery

SERVER_ERROR = "<html><body>Unicorn! We had issues producing the response to your request.</body></html>"
SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."


class Manner(Enum):
    """How a request goes wrong."""

    STATUS = "an error is answered"
    RESET = "the connection is reset without an answer"
    TIMEOUT = "no answer for `seconds`, then the connection is reset"


@dataclass(slots=True)
class Fault:
    """For requests that match `pattern` ("POST /repos/*/dispatches", path below the API's root, `*` any text).

    "POST */graphql mutation" are those to GraphQL that change something.
    """

    pattern: str
    manner: Manner = Manner.STATUS
    status: int = 502
    body: Any = SERVER_ERROR
    headers: Mapping[str, str] = field(default_factory=dict)
    times: int = 1  # how often; -1: until `clear`
    skip: int = 0  # how many matching requests pass first
    after_effect: bool = False  # done all the same, and then this instead of the answer
    seconds: float = 0.0


class Down(Exception):
    """No answer: the connection is reset after `seconds` of GitHub's."""

    def __init__(self, seconds: float = 0.0, exchange: Exchange | None = None) -> None:
        super().__init__()
        self.seconds, self.exchange = seconds, exchange


def _is_met(line: str, pattern: str) -> bool:
    """A GraphQL mutation is met as such ("POST */graphql mutation") and as any request to GraphQL."""
    return fnmatch.fnmatchcase(line, pattern) or fnmatch.fnmatchcase(line.removesuffix(" mutation"), pattern)


@dataclass(slots=True)
class _Interference:
    """What is done before the next `times` requests that match."""

    pattern: str
    act: Callable[[], object]
    times: int


@dataclass(slots=True)
class Faults:
    """The faults to come; a test adds to them."""

    planned: list[Fault] = field(default_factory=list)
    run_list_lag_seconds: float = 0.0
    world: Any = None
    down_until: datetime | None = None
    _random: random.Random | None = None
    _rate: float = 0.0
    _only: str = "*"
    dropped: list[str] = field(default_factory=list)  # events whose webhooks are lost, "*" all
    duplicated: dict[str, int] = field(default_factory=dict)  # event → how many times each comes
    late_seconds: dict[str, float] = field(default_factory=dict)
    held: list[Delivery] | None = None
    meanwhile: list[_Interference] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def before(self, pattern: str, act: Callable[[], object], *, times: int = 1) -> None:
        """Let somebody do something just before each of the next `times` requests that match is looked at."""
        with self._lock:
            self.meanwhile.append(_Interference(pattern, act, times))

    def interfere(self, method: str, path: str) -> None:
        """Do what `before` planned for this request."""
        with self._lock:
            due = [each for each in self.meanwhile if _is_met(f"{method} {path}", each.pattern)]
            for each in due:
                each.times -= 1
            self.meanwhile = [each for each in self.meanwhile if each.times]
        for each in due:
            each.act()

    def add(self, pattern: str, status: int = 502, **options: Any) -> Fault:
        """An error status for the next request (`times`, `after_effect`, … are fields of Fault)."""
        fault = Fault(pattern, status=status, **options)
        if status < 500 and fault.body == SERVER_ERROR:
            fault.body = {"message": options.get("message", "Not Found"), "status": str(status)}
        self.planned.append(fault)
        return fault

    def refuse(self, pattern: str, status: int, message: str, **options: Any) -> Fault:
        """An error with a message, as the API words them."""
        return self.add(pattern, status, body=Refusal(status, message).answer().content, **options)

    def reset(self, pattern: str, **options: Any) -> Fault:
        return self.add(pattern, manner=Manner.RESET, **options)

    def timeout(self, pattern: str, seconds: float = 10.0, **options: Any) -> Fault:
        return self.add(pattern, manner=Manner.TIMEOUT, seconds=seconds, **options)

    def rate_limit(self, pattern: str = "*", *, seconds: float = 60.0, **options: Any) -> Fault:
        """The primary limit: 403, nothing remaining, a reset time (whole seconds, at least one from now)."""
        reset = max(self.world.clock.later(seconds).timestamp(), self.world.clock.now().timestamp() + 1)
        headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(reset))}
        message = "API rate limit exceeded for installation ID 70001."
        return self.refuse(pattern, 403, message, headers=headers, **options)

    def secondary_limit(
        self, pattern: str = "*", *, retry_after: int | None = 1, status: int = 403, **options: Any
    ) -> Fault:
        headers = {} if retry_after is None else {"retry-after": str(retry_after)}
        return self.refuse(pattern, status, SECONDARY, headers=headers, **options)

    def down(self, seconds: float = 3600.0) -> None:
        """Nobody answers anything for `seconds` of GitHub's."""
        self.down_until = self.world.clock.later(seconds)

    def schedule(self, seed: int, rate: float, only: str = "*") -> None:
        """From now on each matching request fails with probability `rate`, in a way that the seed decides."""
        self._random, self._rate, self._only = random.Random(seed), rate, only

    def clear(self) -> None:
        """Nothing goes wrong from now on; what was held back is sent."""
        self.planned.clear()
        self.dropped.clear()
        self.duplicated.clear()
        self.late_seconds.clear()
        self.down_until, self._random, self.run_list_lag_seconds = None, None, 0.0

    def next_for(self, method: str, path: str) -> Fault | None:
        """The fault that this request meets, used up."""
        if self.down_until and self.world.clock.now() < self.down_until:
            raise Down
        line = f"{method} {path}"
        for fault in self.planned:
            if fault.times == 0 or not _is_met(line, fault.pattern if " " in fault.pattern else f"* {fault.pattern}"):
                continue
            if fault.skip:
                fault.skip -= 1
                continue
            fault.times -= 1 if fault.times > 0 else 0
            return fault
        return self._by_chance(line)

    def _by_chance(self, line: str) -> Fault | None:
        if self._random is None or not fnmatch.fnmatchcase(line, self._only) or self._random.random() >= self._rate:
            return None
        kind, after = self._random.randrange(4), self._random.random() < 0.5
        if kind == 0:
            return Fault(line, Manner.RESET, after_effect=after)
        if kind == 1:
            return Fault(line, body=Refusal(403, SECONDARY).answer().content, status=403, headers={"retry-after": "1"})
        return Fault(line, status=(500, 502, 503)[self._random.randrange(3)], after_effect=after)

    def deliveries(self, delivery: Delivery) -> Iterable[Delivery]:
        """What is really sent for one delivery: nothing, it, or it several times; held back while reordering."""
        name = delivery.event
        if not delivery.redelivery and ({name, "*"} & set(self.dropped)):
            delivery.done, delivery.status = True, 0
            return ()
        copies = [delivery] * max(self.duplicated.get(name, 1), 1)
        if self.held is not None:
            self.held += copies
            return ()
        return copies

    def hold(self) -> None:
        """Hold every webhook back until `release`."""
        self.held = []

    def release(self, order: Any = reversed) -> None:
        """Send what was held back, in another order: a function of the list."""
        held, self.held = self.held or [], None
        for each in order(held):
            self.world.hooks.pass_on(each)
