"""Answers of GitHub, read without trust: a missing or null field is empty, never a crash.

GHES of several ages leaves fields out, and a deleted account shows as `"user": null`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """A JSON value and, for a whole answer, its headers (names in lower case). `path` arguments are keys on the way."""

    value: Any
    headers: Mapping[str, str] = field(default_factory=dict)

    def at(self, *path: str) -> Answer:
        """Return the value below these keys; an answer of None where one is missing."""
        value = self.value
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        return Answer(value)

    def text(self, *path: str) -> str:
        """Return the string below these keys, or "" where there is none."""
        value = self.at(*path).value
        return value if isinstance(value, str) else ""

    def number(self, *path: str) -> int:
        """Return the whole number below these keys, or 0 where there is none."""
        value = self.at(*path).value
        return value if isinstance(value, int) and not isinstance(value, bool) else 0

    def flag(self, *path: str) -> bool:
        """Return whether the value below these keys is true."""
        return self.at(*path).value is True

    def items(self, *path: str) -> list[Answer]:
        """Return the list below these keys, or an empty one where there is none."""
        value = self.at(*path).value
        return [Answer(item) for item in value] if isinstance(value, list) else []
