"""A job whose run ended, though its issue says that it is under way, is shown as ended by whoever looks next."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from serverless.desk import open_desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from serverless.desk import Desk
    from standins.github import Issue, Run

MINUTE = 60.0


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path) as desk:
        yield desk


def asked(desk: Desk, name: str, *after: Issue) -> Issue:
    names = ", ".join(f'"#{issue.number}"' for issue in after)
    text = f"```text create={name}.txt\nfull\n```\n```yaml mtor\ntest: []\nafter: [{names}]\n```\n"
    issue = desk.repository.issue(name, text, by="ada")
    issue.label("mtor", by="ada")
    desk.hear()
    return issue


def leave_result(run: Run, outcome: str) -> None:
    result = {"schema": 1, "job": run.inputs["job"], "outcome": outcome, "pull_request": None, "reason": ""}
    run.artifact("mtor-result", {"result.json": json.dumps(result)})


@pytest.mark.parametrize("by", ["label", "end", "schedule"])
def test_a_run_that_was_cancelled_on_its_page_is_shown_and_what_waits_for_it_ends(
    desk: Desk, tmp_path: Path, by: str
) -> None:
    first = asked(desk, "first")
    later = asked(desk, "later", first)
    other = asked(desk, "other") if by == "end" else None
    desk.jobs[0].finish("cancelled")
    desk.github.clock.advance(9 * MINUTE)
    asked(desk, "early")
    assert first.label_names == ["mtor:running"]
    desk.github.clock.advance(2 * MINUTE)
    if by == "label":
        asked(desk, "late")
    elif other is not None:
        desk.end(desk.jobs[1])
    else:
        path = tmp_path / "schedule.json"
        path.write_text(json.dumps({"schedule": "30 5 * * *"}))
        first.comment("/mtor help", by="ada")
        desk.hear(GITHUB_EVENT_NAME="schedule", GITHUB_EVENT_PATH=str(path))
    assert first.label_names == ["mtor:failed"]
    assert "**cancelled**" in desk.statuses(first)[0]
    assert "cancelled on GitHub" in desk.statuses(first)[0]
    assert later.label_names == ["mtor:failed"]
    assert len(desk.statuses(first)) == 1


def test_the_result_that_a_run_has_left_decides_how_it_ended(desk: Desk) -> None:
    first = asked(desk, "first")
    later = asked(desk, "later", first)
    leave_result(desk.jobs[0], "clean")
    desk.jobs[0].finish()
    desk.github.clock.advance(11 * MINUTE)
    asked(desk, "late")
    assert first.label_names == ["mtor:done"]
    assert str(later.number) in [run.inputs["issue"] for run in desk.jobs]


def test_what_waits_and_what_lives_is_left_as_it_is(desk: Desk) -> None:
    first = asked(desk, "first")
    later = asked(desk, "later", first)
    desk.github.clock.advance(20 * MINUTE)
    asked(desk, "late")
    assert (first.label_names, later.label_names) == (["mtor:running"], ["mtor:queued"])


def test_an_event_run_that_had_to_wait_writes_no_queue_over_the_end_of_its_job(desk: Desk) -> None:
    issue = desk.repository.issue("Water", "```text create=a.txt\n1\n```\n```yaml mtor\ntest: []\n```\n", by="ada")
    issue.label("mtor", by="ada")
    desk.github.faults.secondary_limit("POST */graphql mutation", retry_after=90)

    def work() -> None:
        for run in desk.jobs:
            if run.conclusion is None:
                leave_result(run, "clean")
                desk.end(run)

    desk.meanwhile = work
    desk.hear()
    assert issue.label_names == ["mtor:done"]
    (status,) = desk.statuses(issue)
    assert "**clean**" in status
