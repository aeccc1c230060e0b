"""When a night is over: an hour and a time zone → moments, one for each day, through every change of the clocks.

An hour that the clocks skip (02:30 in spring) is meant by the time before the change, so it comes as 03:30; of an hour
that comes twice, the first counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)


@dataclass(frozen=True, slots=True)
class NightTime:
    """The end of every night: `at` by the clocks of `zone`."""

    at: time
    zone: ZoneInfo

    def last_before(self, now: float) -> float:
        """Return the latest end of a night that is not after `now`; both in seconds since the epoch."""
        today = datetime.fromtimestamp(now, self.zone).date()
        return max(end for end in map(self._end_of, _around(today)) if end <= now)

    def _end_of(self, day: date) -> float:
        # fold=0: of an hour that comes twice the first, of one that does not come the offset before the gap.
        return datetime.combine(day, self.at, self.zone).astimezone(UTC).timestamp()


def read_night_time(at: str, zone: str) -> NightTime:
    """Return the time for `HH:MM` and a name of the IANA database. Raises ValueError that says what was expected."""
    match = _CLOCK.fullmatch(at)
    if match is None:
        raise ValueError(f"{at[:20]!r} is not a time: expected HH:MM, 00:00 to 23:59")
    return NightTime(time(int(match[1]), int(match[2])), read_zone(zone))


def read_zone(name: str) -> ZoneInfo:
    """Return the time zone of a name of the IANA database. Raises ValueError."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError) as error:
        raise ValueError(f"{name[:60]!r} is not a time zone: expected a name such as Europe/Berlin") from error


def _around(day: date) -> list[date]:
    # The end of yesterday's night may be today by another offset, and the other way round.
    return [day + timedelta(days=days) for days in (-2, -1, 0, 1)]
