"""A client that keeps to GitHub's rate limits, and asks for nothing twice."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from mtor_action.github.answers import Answer
from mtor_action.github.failures import LIMITED, RequestFailure, RequestFailureKind
from mtor_action.github.remembering_client import Key, RememberingClient
from mtor_bot.github_app.kept_answers import Kept, Memory, oldest
from mtor_bot.github_app.rate_limits import Gate, limited

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from mtor_action.github.client import Query


@dataclass(slots=True)
class PacedClient(RememberingClient):
    """A client of the bot's, for one delivery or one step of a job, that shares its gate and memory with all others.

    What it has read once it does not ask for again until it has written something.
    """

    gate: Gate = field(kw_only=True, repr=False)
    memory: Memory = field(kw_only=True, repr=False)

    def _ask(self, method: str, path: str, json: Any, params: Query) -> Answer | RequestFailure:
        if method != "GET":
            return self._let_in(method, path, json, params, {})[0]
        return self._shared(self._key(path, params), path, params)

    def _shared(self, key: Key, path: str, params: Query) -> Answer | RequestFailure:
        """Return the answer that another client has just read, else read it."""
        limit = oldest(path, self.gate.clock)
        if limit is None:
            return self._get(key, path, params)
        with self.memory.flight(key):
            entry = self.memory.get(key)
            # An object named by its hash never changes, but a missing one may appear right after a push.
            if entry is not None and entry.at >= limit and (limit or entry.failure is None):
                return _outcome(entry, {})
            return self._get(key, path, params)

    def _get(self, key: Key, path: str, params: Query) -> Answer | RequestFailure:
        entry, asked_at = self.memory.get(key), self.gate.clock.now()
        asks = {"If-None-Match": entry.etag} if entry and entry.etag else {}
        outcome, content = self._let_in("GET", path, None, params, asks)
        if isinstance(outcome, RequestFailure) and outcome.status == 304 and entry:
            self.memory.put(key, replace(entry, at=asked_at))
            return _outcome(entry, outcome.headers)
        if isinstance(outcome, Answer):
            headers = {name: value for name, value in outcome.headers.items() if name in ("link", "etag")}
            self.memory.put(key, Kept(headers.get("etag", ""), content, headers, failure=None, at=asked_at))
        elif outcome.kind is RequestFailureKind.NOT_FOUND:
            self.memory.put(key, Kept(etag="", content=b"", headers={}, failure=outcome, at=asked_at))
        return outcome

    def exchange(
        self, method: str, path: str, json: Any = None, params: Query = None, asks: Mapping[str, str] | None = None
    ) -> httpx.Response | RequestFailure:
        """Send one request through the gate; return the response, or the failure of a request not sent."""
        closed_seconds = self.gate.enter(method)
        if closed_seconds > 0:
            return limited(closed_seconds, self.gate.clock)
        outcome: Answer | RequestFailure = RequestFailure(RequestFailureKind.CONNECTION_LOST)
        try:
            # Two arguments of super, since a class with slots is made anew by its decorator.
            response = super(PacedClient, self).exchange(method, path, json, params, asks)
            outcome = response if isinstance(response, RequestFailure) else self._without_body(response)
        finally:
            self.gate.leave(outcome.headers, outcome if isinstance(outcome, RequestFailure) else None)
        return response

    def _without_body(self, response: httpx.Response) -> Answer | RequestFailure:
        """Return the response's headers as an answer, or the failure that it is."""
        # GraphQL says with a success that a limit was met.
        if response.is_success and b"rate limit" not in response.content[:2_000].lower():
            return Answer(None, {name.lower(): value for name, value in response.headers.items()})
        return self._read(response)

    def _let_in(
        self, method: str, path: str, json: Any, params: Query, asks: Mapping[str, str]
    ) -> tuple[Answer | RequestFailure, bytes]:
        """Send one request when GitHub's limits allow it; return the answer and its bytes."""
        response = self.exchange(method, path, json, params, asks)
        if isinstance(response, RequestFailure):
            return response, b""
        outcome = self._read(response)
        if isinstance(outcome, RequestFailure) and outcome.kind in LIMITED:
            # The gate knows how long the limit lasts.
            until = limited(self.gate.closed_seconds(), self.gate.clock).headers
            outcome = replace(outcome, headers={**outcome.headers, **until})
        return outcome, response.content

    def _key(self, path: str, params: Query) -> Key:
        place = "" if path.startswith("/") else self.full_name.lower()
        return self.gate.installation_id, place, path, tuple(sorted((params or {}).items()))


def _outcome(entry: Kept, headers: Mapping[str, str]) -> Answer | RequestFailure:
    from json import loads

    if entry.failure is not None:
        return entry.failure
    return Answer(loads(entry.content) if entry.content else None, {**entry.headers, **headers})
