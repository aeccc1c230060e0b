"""What ends jobs early without a server: cancelling, also with force, closing, labels, the pause, and who may not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scripted_runs import spec
from serverless.desk import Desk, open_desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from standins.github import Issue

SPEC = spec("one = 'right'\n")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path) as desk:
        yield desk


def started(desk: Desk) -> Issue:
    """An issue whose job a runner works on."""
    issue = desk.repository.issue("Make it right", SPEC, by="ada")
    issue.label("mtor", by="ada")
    desk.hear()
    desk.jobs[-1].begin()
    return issue


@pytest.mark.parametrize("stop", ["comment", "close", "label", "delete", "transfer"])
def test_a_run_that_ignores_a_cancel_is_ended_with_force_after_a_minute(desk: Desk, stop: str) -> None:
    issue = started(desk)
    if stop == "comment":
        issue.comment("/mtor cancel", by="ada")
    elif stop == "close":
        issue.close(by="ada")
    elif stop == "label":
        issue.unlabel("mtor:running", by="ada")
    elif stop == "delete":
        issue.delete(by="ada")
    else:
        issue.transfer(desk.github.repository("acme/other"), by="ada")
    desk.hear()
    (run,) = desk.jobs
    assert (run.conclusion, run.cancel_requested) == ("cancelled", "force-cancel")
    assert 60.0 < desk.seconds <= 70.0


def test_a_run_that_obeys_is_not_forced_and_people_read_of_it_before_it_has_ended(desk: Desk) -> None:
    issue, shown = started(desk), []

    def obey() -> None:
        shown.append((issue.label_names, "cancelled by ada" in desk.statuses(issue)[0]))
        desk.jobs[0].finish("cancelled")

    desk.meanwhile = obey
    issue.comment("/mtor cancel", by="ada")
    desk.hear()
    assert shown == [(["mtor:failed"], True)]
    assert (desk.jobs[0].cancel_requested, desk.seconds) == ("cancel", 5.0)


def test_a_cancel_finds_the_run_that_lists_do_not_show_yet(desk: Desk) -> None:
    desk.github.faults.run_list_lag_seconds = 3600.0
    issue = started(desk)
    issue.comment("/mtor cancel", by="ada")
    desk.hear()
    assert desk.jobs[0].conclusion == "cancelled"


@pytest.mark.parametrize("stop", ["/mtor cancel", "close"])
@pytest.mark.parametrize("ask", ["label", "/mtor run", f"/mtor run\n{SPEC}"])
def test_what_was_cancelled_before_its_event_run_began_does_not_start(desk: Desk, ask: str, stop: str) -> None:
    issue = desk.repository.issue("Make it right", SPEC, by="ada")
    issue.label("mtor", by="ada") if ask == "label" else issue.comment(ask, by="ada")
    desk.github.clock.advance(5.0)
    issue.close(by="ada") if stop == "close" else issue.comment(stop, by="ada")
    desk.hear()
    assert desk.jobs == []
    assert ("cancelled by ada" if stop == "/mtor cancel" else "closed before it started") in desk.statuses(issue)[0]
    assert issue.label_names == ["mtor:failed"]
    desk.github.clock.advance(5.0)
    issue.comment("/mtor run", by="ada")
    desk.hear()
    assert len(desk.jobs) == 1


def test_neither_an_outsider_nor_an_earlier_cancel_calls_off_what_was_asked_for(desk: Desk) -> None:
    issue = desk.repository.issue("Make it right", SPEC, by="ada")
    issue.comment("/mtor cancel", by="ada")
    desk.github.clock.advance(5.0)
    issue.label("mtor", by="ada")
    desk.github.clock.advance(5.0)
    issue.comment("/mtor cancel", by="mallory")
    issue.comment("I would not `/mtor cancel` this", by="ada")
    desk.hear()
    assert [run.conclusion for run in desk.jobs] == [None]


@pytest.mark.parametrize("mtor", ["github-actions[bot]", "mtor[bot]"])
def test_nobody_needs_rights_to_close_and_mtor_itself_cancels_nothing(desk: Desk, mtor: str) -> None:
    issue = started(desk)
    issue.unlabel("mtor:running", by=mtor)
    desk.hear()
    assert desk.jobs[0].conclusion is None
    issue.label("mtor:running", by="ada")
    issue.close(by="mallory")
    desk.hear()
    assert desk.jobs[0].conclusion == "cancelled"


@pytest.mark.parametrize("ask", ["label", "/mtor run", "/mtor retry", f"/mtor run\n{SPEC}", "/mtor run a.md@main"])
@pytest.mark.parametrize("value", ["1", "0", "until Monday"])
def test_while_mtor_is_paused_nothing_starts_and_whoever_asks_reads_why(desk: Desk, ask: str, value: str) -> None:
    desk.repository.variables["MTOR_PAUSED"] = value
    issue = desk.repository.issue("Make it right", SPEC, by="ada")
    issue.label("mtor", by="ada") if ask == "label" else issue.comment(ask, by="ada")
    desk.hear()
    assert desk.jobs == []
    assert "mtor is paused here, by the variable" in desk.answers(issue)
    assert "then ask again" in desk.answers(issue)
    assert "mtor" not in issue.label_names
    assert desk.reactions() == ["confused"]


def test_while_mtor_is_paused_what_runs_can_be_looked_at_and_cancelled(desk: Desk) -> None:
    issue = started(desk)
    desk.repository.variables["MTOR_PAUSED"] = "1"
    issue.comment("/mtor status", by="ada")
    issue.comment("/mtor check", by="ada")
    issue.comment("/mtor cancel", by="ada")
    desk.hear()
    assert "mtor is running" in desk.answers(issue)
    assert "would do this" in desk.answers(issue)
    assert desk.jobs[0].conclusion == "cancelled"


def test_a_paused_mtor_says_nothing_to_outsiders(desk: Desk) -> None:
    desk.repository.variables["MTOR_PAUSED"] = "1"
    issue = desk.repository.issue("Make it right", SPEC, by="ada")
    issue.comment("/mtor run", by="mallory")
    desk.hear()
    assert desk.answers(issue) == ""


def test_outsiders_get_one_reaction_a_comment_and_twenty_an_hour(desk: Desk) -> None:
    issue = desk.repository.issue("Make it right", SPEC, by="ada")
    for number in range(25):
        issue.comment(f"/mtor {('run', 'help', 'cancel')[number % 3]}", by=("mallory", "trish")[number % 2])
    desk.hear()
    assert [comment.reactions.contents for comment in issue.comments] == [["confused"]] * 20 + [[]] * 5
    made = [request for request in desk.github.requests if request.changes]
    assert {request.path.rpartition("/")[2] for request in made} == {"reactions"}
    desk.github.clock.advance(3700.0)
    issue.comment("/mtor run", by="mallory")
    desk.hear()
    assert issue.comments[-1].reactions.contents == ["confused"]


def test_a_label_by_somebody_who_may_not_ask_is_taken_off_and_a_bots_stays(desk: Desk) -> None:
    issues = [desk.repository.issue("Make it right", SPEC, by="ada") for _ in range(2)]
    issues[0].label("mtor", by="trish")
    issues[1].label("mtor", by="renovate[bot]")
    desk.hear()
    assert [issue.label_names for issue in issues] == [[], ["mtor"]]
    assert desk.reactions() == ["confused", "confused"]
    assert [desk.answers(issue) for issue in issues] == ["", ""]
    assert desk.jobs == []


def test_an_unknown_word_by_an_outsider_gets_nothing(desk: Desk) -> None:
    issue = desk.repository.issue("Make it right", SPEC, by="ada")
    issue.comment("/mtor frobnicate", by="mallory")
    desk.hear()
    assert (desk.reactions(), desk.answers(issue)) == ([], "")
