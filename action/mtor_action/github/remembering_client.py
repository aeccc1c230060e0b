"""A client of one process that asks GitHub for nothing twice, until a write of its own may have changed the answer.

What somebody else may have changed meanwhile is asked for anew after `forget_reads`: whoever waits, pushes by git or
has to know the state of now calls that first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from mtor_action.github.answers import Answer
from mtor_action.github.client import Client, Query
from mtor_action.github.failures import RequestFailure, RequestFailureKind

Key = tuple[object, ...]
_NOTHING = re.compile(r"(?!)")  # matches no path
# A write's path → the paths of the reads that it may change; any other write changes them all.
_CHANGED: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...] = (
    (re.compile(r"(?:.+/)?reactions"), _NOTHING),  # nobody reads them
    (re.compile(r"git/commits"), _NOTHING),  # no ref leads to it yet
    (re.compile(r"actions/.+"), re.compile(r"actions/.*")),
    (re.compile(r"issues/(?:\d+/(?:comments|labels)|comments/\d+).*"), re.compile(r"(?:issues|pulls)\b.*")),
    (re.compile(r"labels/.+"), re.compile(r"(?:issues|pulls|labels)\b.*")),
)
_NOT_FOUND = 404
OF_ISSUES = "ChangeIssue"  # the name of mutations that change nothing but issues
_COMMENTS = re.compile(r"issues/\d+/comments")


@dataclass(slots=True)
class RememberingClient(Client):
    """A client for one thread and one process that lasts seconds, or that says when what it read may be old."""

    _known: dict[Key, Answer | RequestFailure] = field(default_factory=dict, repr=False)
    _presumed: dict[Key, Answer] = field(default_factory=dict, repr=False)  # those of them that REST did not give

    def forget_reads(self) -> None:
        """Drop what this client has read, so that it is asked for anew."""
        self._known.clear()

    def recall(self, path: str) -> Answer | None:
        """Return the answer read at `path` since the last write, None if there is none."""
        answer = self._known.get(self._key(path, None))
        return answer if isinstance(answer, Answer) else None

    def know(self, path: str, answer: Answer) -> None:
        """Remember `answer` as the one at `path`, until a write that may change it."""
        self._known[self._key(path, None)] = answer

    def presume(self, path: str, answer: Answer) -> None:
        """Remember `answer` as `know` does, as long as nothing is refused because of it."""
        self.know(path, answer)
        self._presumed[self._key(path, None)] = answer

    def forget_presumed(self) -> bool:
        """Drop what was presumed and is still remembered; return whether that was anything."""
        presumed = [key for key, answer in self._presumed.items() if self._known.get(key) is answer]
        for key in presumed:
            del self._known[key]
        self._presumed.clear()
        return bool(presumed)

    def know_missing(self, path: str) -> None:
        """Remember that there is nothing at `path`, until a write that may change it."""
        self._known[self._key(path, None)] = RequestFailure(RequestFailureKind.NOT_FOUND, _NOT_FOUND)

    def call_newest(self, method: str, path: str, json: Any = None, *, params: Query = None) -> Answer:
        """Return the answer, as Client does: asked for each time, and what a write may change is forgotten."""
        if method != "GET":
            self._forget_changed(path, json)
        return super(RememberingClient, self).call_newest(method, path, json, params=params)

    def _send(self, method: str, path: str, json: Any, params: Query) -> Answer | RequestFailure:
        if method != "GET":
            self._forget_changed(path, json)
            return self._ask(method, path, json, params)
        key = self._key(path, params)
        if key not in self._known and self._is_uncommented(path, params):
            return Answer([])
        if key not in self._known:
            outcome = self._ask("GET", path, None, params)
            if isinstance(outcome, RequestFailure) and outcome.kind is not RequestFailureKind.NOT_FOUND:
                return outcome
            self._known[key] = outcome
        return self._known[key]

    def _ask(self, method: str, path: str, json: Any, params: Query) -> Answer | RequestFailure:
        """Return GitHub's own answer, or why there is none; nothing remembered is used."""
        # Two arguments of super, since a class with slots is made anew by its decorator.
        return super(RememberingClient, self)._send(method, path, json, params)

    def _forget_changed(self, path: str, json: Any) -> None:
        """Drop what the write that is about to be sent may change, whether or not its answer arrives."""
        document = str(json.get("query", "")) if isinstance(json, dict) else ""
        if document.startswith("query"):
            return  # GraphQL sends queries by POST, too
        if document.startswith(f"mutation {OF_ISSUES}("):
            path = "issues/0/labels"
        changed = next((reads for writes, reads in _CHANGED if writes.fullmatch(path)), None)
        for key in [key for key in self._known if changed is None or changed.fullmatch(str(key[-2]))]:
            del self._known[key]

    def _is_uncommented(self, path: str, params: Query) -> bool:
        """Return whether `path` is all comments of an issue that had none when it was just read."""
        if not _COMMENTS.fullmatch(path) or "since" in (params or {}):
            return False
        issue = self.recall(path.removesuffix("/comments"))
        return issue is not None and issue.at("comments").value == 0

    def _key(self, path: str, params: Query) -> Key:
        """Return what an answer is kept under: anything, then the path, then the parameters."""
        return path, tuple(sorted((params or {}).items()))


def remembering(client: Client) -> RememberingClient:
    """Return a client with the same connections, account and patience that remembers what it read."""
    return RememberingClient(
        client.github, client.owner, client.repo, client.login, client.patience_seconds, client.clock, client.own_id
    )
