"""What came and what went: requests as they arrive, and as they are recorded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer; `path` is below the API's root, `body` parsed JSON or bytes; `status` 0: no answer.

    `template` is the route's, empty where there is none; `fault` whether a planned fault answered.
    """

    method: str
    path: str
    query: Mapping[str, str]
    body: Any
    status: int
    who: str
    headers: Mapping[str, str]
    answer: Any = None
    template: str = ""
    fault: bool = False

    @property
    def points(self) -> int:
        """What it counts against the secondary limit of 900 a minute: 1 for what only reads, 5 for what writes.

        https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#calculating-points-for-the-secondary-rate-limit
        """
        return 5 if self.changes else 1

    @property
    def changes(self) -> bool:
        """Whether it asks for a change. A GraphQL query only reads, though it is a POST."""
        text = self.body.get("query", "") if isinstance(self.body, dict) else ""
        is_query = self.template.endswith("/graphql") and str(text).startswith("query")
        return not is_query and self.method not in ("GET", "HEAD", "OPTIONS")

    @property
    def counts(self) -> bool:
        """Whether it counts against the hourly limit: an answer that nothing changed does not."""
        return self.status != 304


@dataclass(slots=True)
class Incoming:
    """A request as it came, header names in lower case."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
