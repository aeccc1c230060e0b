"""The sandbox's time: real time plus what a test adds, with every duration scaled by one setting."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta


@dataclass(slots=True)
class Clock:
    """`scale` is how many seconds a second of GitHub's lasts here: 0.01 makes an hour 36 s."""

    scale: float = 1.0
    added: timedelta = field(default_factory=timedelta)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.added

    def advance(self, seconds: float) -> None:
        """Let `seconds` (not scaled) pass at once."""
        self.added += timedelta(seconds=seconds)

    def later(self, seconds: float) -> datetime:
        """The moment `seconds` of GitHub's from now."""
        return self.now() + timedelta(seconds=seconds * self.scale)

    def ago(self, seconds: float) -> datetime:
        return self.now() - timedelta(seconds=seconds * self.scale)


def stamp(moment: datetime) -> str:
    """As GitHub writes times: seconds, UTC, Z."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def stamp_or_none(moment: datetime | None) -> str | None:
    return None if moment is None else stamp(moment)
