"""The end of every night: each day has one, through changes of the clocks."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest

from mtor_action.night.night_time import read_night_time


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("clock", "zone", "now", "end"),
    [
        ("07:00", "UTC", "2026-11-29T07:00:00", "2026-11-29T07:00:00"),
        ("07:00", "UTC", "2026-11-29T06:59:59", "2026-11-28T07:00:00"),
        ("07:00", "Europe/Berlin", "2026-07-01T05:00:00", "2026-07-01T05:00:00"),
        ("07:00", "Europe/Berlin", "2026-12-01T05:30:00", "2026-11-30T06:00:00"),
        # 02:30 does not come on 29 March: the clocks go from 02:00 to 03:00 at 01:00 UTC.
        ("02:30", "Europe/Berlin", "2026-03-29T01:29:59", "2026-03-28T01:30:00"),
        ("02:30", "Europe/Berlin", "2026-03-29T12:00:00", "2026-03-29T01:30:00"),
        # 02:30 comes twice on 25 October: at 00:30 and at 01:30 UTC; the first counts.
        ("02:30", "Europe/Berlin", "2026-10-25T00:29:59", "2026-10-24T00:30:00"),
        ("02:30", "Europe/Berlin", "2026-10-25T00:30:00", "2026-10-25T00:30:00"),
        ("02:30", "Europe/Berlin", "2026-10-25T01:45:00", "2026-10-25T00:30:00"),
        ("00:00", "Pacific/Kiritimati", "2026-11-29T10:00:00", "2026-11-29T10:00:00"),
        ("23:59", "Pacific/Niue", "2026-11-29T10:58:59", "2026-11-28T10:59:00"),
        # 30 December 2011 does not come at all on Samoa.
        ("07:00", "Pacific/Apia", "2011-12-30T16:59:59", "2011-12-29T17:00:00"),
        ("07:00", "Pacific/Apia", "2011-12-30T17:00:00", "2011-12-30T17:00:00"),
    ],
)
def test_the_last_end(clock: str, zone: str, now: str, end: str) -> None:
    assert read_night_time(clock, zone).last_before(at(now)) == at(end)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Australia/Lord_Howe"])
@pytest.mark.parametrize("clock", ["00:00", "02:30", "23:59"])
def test_a_year_has_one_end_a_day_however_often_somebody_looks(clock: str, zone: str) -> None:
    time = read_night_time(clock, zone)
    begin = at("2026-01-03T00:00:00")
    ends = [time.last_before(begin + hour * 3600) for hour in range(365 * 24)]
    assert ends == sorted(ends)
    distinct = list(dict.fromkeys(ends))
    assert len(distinct) in (365, 366)
    gaps = {after - before for before, after in pairwise(distinct)}
    assert gaps <= {hours * 3600 for hours in (23, 23.5, 24, 24.5, 25)}


@pytest.mark.parametrize("wrong", [("7:00", "UTC"), ("24:00", "UTC"), ("", "UTC"), ("07:00", ""), ("07:00", "/etc")])
def test_what_is_not_a_time_or_zone_is_refused(wrong: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="expected"):
        read_night_time(*wrong)
