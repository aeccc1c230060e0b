"""The ledger of pull requests: written, read, merged, whatever else is in the file."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtor_action.outcomes.pull_outcomes import Ledger, PullOutcome, PullState, later, merged, read_ledger, written

OPEN = PullOutcome(7, 3, "Add ü", "2026-11-02T10:00:00Z", base="main")
MERGED = dataclasses.replace(
    OPEN, state=PullState.MERGED, ended="2026-11-03T10:00:00Z", merge_commit="a" * 40, by_people=False
)


def test_what_is_written_is_read_again() -> None:
    ledger = Ledger({9: dataclasses.replace(MERGED, number=9), 7: OPEN}, "2026-11-04T00:00:00Z")
    assert read_ledger(written(ledger)) == ledger
    assert written(read_ledger(written(ledger))) == written(ledger)
    assert written(ledger).splitlines()[1].startswith(b'{"number":7,')


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"[]",
        b'{"number":1}',
        b'{"number":"1","issue":1,"title":"t","opened":"2026-11-02T10:00:00Z"}',
        b'{"number":true,"issue":1,"title":"t","opened":"2026-11-02T10:00:00Z"}',
        b'{"number":1,"issue":1,"title":"t","opened":"yesterday"}',
        b'{"number":1,"issue":1,"title":"t","opened":""}',
        b'{"number":1,"issue":1,"title":"t","opened":"2026-13-41T10:00:00Z"}',
        b'{"number":1,"issue":1,"title":"t","opened":"2026-11-02T10:00:00Z","state":"lost"}',
        b'{"number":1,"issue":1,"title":"t","opened":"2026-11-02T10:00:00Z","state":"merged"}',
        b'{"number":1,"issue":1,"title":"t","opened":"2026-11-02T10:00:00Z","by_people":"yes"}',
        b'{"read_until":"9999"}',
        b"\xff\xfe",
    ],
)
def test_a_line_that_makes_no_sense_costs_only_itself(line: bytes) -> None:
    whole = written(Ledger({7: OPEN}, "2026-11-04T00:00:00Z"))
    assert read_ledger(line + b"\n" + whole + line) == read_ledger(whole)


@given(st.binary(max_size=300))
def test_no_bytes_are_too_strange(data: bytes) -> None:
    assert read_ledger(read_bytes := data) == read_ledger(read_bytes)


def test_of_two_copies_the_one_read_last_counts_and_a_revert_stays_known() -> None:
    reverted = dataclasses.replace(MERGED, reverted="2026-11-05T00:00:00Z")
    early = Ledger({7: reverted, 8: dataclasses.replace(OPEN, number=8)}, "2026-11-05T00:00:00Z")
    late = Ledger({7: MERGED}, "2026-11-06T00:00:00Z")
    for order in ([early, late], [late, early]):
        both = merged(order)
        assert both.read_until == "2026-11-06T00:00:00Z"
        assert both.pulls == {7: reverted, 8: early.pulls[8]}


@pytest.mark.parametrize(
    ("reverted", "counts"),
    [("", False), ("2026-11-17T10:00:00Z", True), ("2026-11-17T10:00:01Z", False)],
)
def test_a_revert_counts_for_14_days(reverted: str, *, counts: bool) -> None:
    assert dataclasses.replace(MERGED, reverted=reverted).was_reverted is counts


def test_days_are_added_across_months_and_nothing_to_what_is_no_time() -> None:
    assert later("2026-02-20T23:59:59Z", 14) == "2026-03-06T23:59:59Z"
    assert later("2026-03-01T00:00:00Z", -1) == "2026-02-28T00:00:00Z"
    assert later("", 14) == ""
