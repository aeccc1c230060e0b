"""runs/YYYY-MM.jsonl: appended, and read whatever stands in between."""

from __future__ import annotations

import json

import pytest

from mtor_action.coaching.runs import RunRecord, first_part, read_runs, with_run
from mtor_action.errors import MtorError

RUN = RunRecord(
    "job-1", "2026-11-23T16:00:00Z", "fixed", ("a", "b"), ("src/ü.py", "a\udc80"), 1200, green_without_model=False
)


def test_a_run_comes_back_as_it_was() -> None:
    assert read_runs(with_run(None, RUN)) == [RUN]
    assert first_part(RUN).path == "runs/2026-11.jsonl"


def test_a_torn_last_line_is_skipped_and_never_joined_to_the_next() -> None:
    data = with_run(with_run(None, RUN)[:-20], RUN._replace(job="job-2"))
    assert [run.job for run in read_runs(data)] == ["job-2"]


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"<<<<<<< ours",
        b"\xff\xfe",
        b"{" * 90_000,
        b'{"job": 1, "date": "2026-11-23", "outcome": "clean"}',
        b'{"job": "j", "date": "yesterday", "outcome": "clean"}',
        b'{"job": "j", "date": "2026-11-23", "outcome": "clean", "tokens": -1}',
        b'{"job": "j", "date": "2026-11-23", "outcome": "clean", "tokens": ' + b"9" * 5000 + b"}",
        b'{"job": "j", "date": "2026-11-23", "outcome": "clean", "injected": [1]}',
        b'{"job": "j", "date": "2026-11-23", "outcome": "clean", "injected": null}',
        b'{"job": "j", "date": "2026-11-23", "outcome": "clean", "green_without_model": "no"}',
    ],
)
def test_a_foreign_line_is_skipped(line: bytes) -> None:
    assert read_runs(line + b"\r\n" + with_run(None, RUN)) == [RUN]


def test_a_line_with_more_keys_or_fewer_is_read() -> None:
    line = json.dumps({"job": "j", "date": "2026-11-23", "outcome": "clean", "new": 1}).encode()
    assert read_runs(line) == [RunRecord("j", "2026-11-23", "clean")]


def test_only_the_last_lines_are_read_where_asked() -> None:
    data = b"".join(with_run(None, RUN._replace(job=str(number))) for number in range(10))
    assert [run.job for run in read_runs(data, 3)] == ["7", "8", "9"]
    assert len(read_runs(data, 30)) == 10


def test_a_run_of_a_thousand_files_stays_one_short_line() -> None:
    data = with_run(None, RUN._replace(files=tuple(f"f{number}" for number in range(1000))))
    assert len(read_runs(data)[0].files) == 200


def test_a_date_of_another_form_is_refused() -> None:
    with pytest.raises(MtorError, match="ISO 8601"):
        first_part(RUN._replace(date="../../x"))
