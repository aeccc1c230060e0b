"""What GitHub answered, read without trust: a missing or null field is empty, never a crash.

GHES of several ages leaves fields out, and a deleted account shows as `"user": null`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Answer(NamedTuple):
    """A JSON value and, for a whole answer, its headers (names in lower case). `path` arguments are keys on the way."""

    value: Any
    headers: Mapping[str, str] = {}

    def at(self, *path: str) -> Answer:
        """The value below these keys; an answer of None where one is missing."""
        value = self.value
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        return Answer(value)

    def text(self, *path: str) -> str:
        """The string there, or ""."""
        value = self.at(*path).value
        return value if isinstance(value, str) else ""

    def number(self, *path: str) -> int:
        """The whole number there, or 0."""
        value = self.at(*path).value
        return value if isinstance(value, int) and not isinstance(value, bool) else 0

    def flag(self, *path: str) -> bool:
        """Whether true stands there."""
        return self.at(*path).value is True

    def items(self, *path: str) -> list[Answer]:
        """The list there, or an empty one."""
        value = self.at(*path).value
        return [Answer(item) for item in value] if isinstance(value, list) else []
