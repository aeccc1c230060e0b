"""A command whose own event run was lost is answered by a later event run, once; nobody else's, and nothing twice."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from serverless.desk import open_desk
from serverless.test_races import SPEC

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from serverless.desk import Desk
    from standins.github import Issue

HOUR = 3_600.0


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path) as desk:
        yield desk


def lose(desk: Desk) -> None:
    """No runner ever takes the event runs that wait now."""
    for run in desk.repository.runs.values():
        if run.id not in desk.heard:
            desk.heard.add(run.id)
            run.finish("failure")


def next_label(desk: Desk) -> str:
    desk.github.clock.advance(HOUR)
    desk.repository.issue("Another", SPEC, by="ada").label("mtor", by="ada")
    return desk.hear()[-1]


def jobs_of(desk: Desk, issue: Issue) -> int:
    return sum(run.inputs["issue"] == str(issue.number) for run in desk.jobs)


def test_lost_commands_are_answered_in_their_order_by_the_next_label_and_only_once(desk: Desk) -> None:
    issue = desk.repository.issue("Make it right", SPEC, by="ada")
    run, status = issue.comment("/mtor run", by="ada"), issue.comment("/mtor status", by="ada")
    lose(desk)
    assert f"caught up with #{issue.number}, #{issue.number}" in next_label(desk)
    assert jobs_of(desk, issue) == 1
    assert "mtor is queued" in desk.answers(issue)
    assert [comment.reactions.contents for comment in (run, status)] == [["eyes"], ["eyes"]]
    answers = desk.answers(issue)
    assert "caught up" not in next_label(desk)
    assert (jobs_of(desk, issue), desk.answers(issue)) == (1, answers)


def test_the_next_command_and_the_nights_schedule_look_too(desk: Desk, tmp_path: Path) -> None:
    issue, other = (desk.repository.issue("Make it right", SPEC, by="ada") for _ in range(2))
    issue.comment("/mtor help", by="ada")
    lose(desk)
    desk.github.clock.advance(HOUR)
    other.comment("/mtor status", by="ada")
    assert f"caught up with #{issue.number}" in desk.hear()[-1]
    issue.comment("/mtor coach Say less.", by="ada")
    lose(desk)
    desk.github.clock.advance(HOUR)
    other.comment("/mtor help", by="ada")
    path = tmp_path / "schedule.json"
    path.write_text(json.dumps({"schedule": "30 5 * * *"}))
    assert f"caught up with #{issue.number}" in desk.hear(GITHUB_EVENT_NAME="schedule", GITHUB_EVENT_PATH=str(path))[-1]
    assert "Noted as" in desk.answers(issue)


def test_who_may_not_ask_what_was_edited_and_what_is_new_or_old_is_left_alone(desk: Desk) -> None:
    issue = desk.repository.issue("Make it right", SPEC, by="ada")
    old = issue.comment("/mtor status", by="ada")
    desk.github.clock.advance(24 * HOUR)
    outsider = issue.comment("/mtor run", by="mallory")
    edited, plain = issue.comment("Fine.", by="ada"), issue.comment("Thanks!", by="ada")
    desk.github.clock.advance(1)
    edited.edit("/mtor run", by="ada")
    lose(desk)
    desk.github.clock.advance(HOUR)
    fresh = issue.comment("/mtor status", by="ada")
    lose(desk)
    desk.repository.issue("Another", SPEC, by="ada").label("mtor", by="ada")
    assert "caught up" not in desk.hear()[-1]
    assert (jobs_of(desk, issue), desk.answers(issue)) == (0, "")
    assert not any(each.reactions.given for each in (old, outsider, edited, plain, fresh))


def test_a_command_whose_run_was_started_or_whose_answer_was_posted_is_not_obeyed_again(desk: Desk) -> None:
    issue = desk.repository.issue("Make it right", SPEC, by="ada")
    comments = [issue.comment(text, by="ada") for text in ("/mtor run", "/mtor help")]
    desk.hear()
    for comment in comments:  # as if the event runs had not lived to react
        comment.reactions.given.clear()
    answers = desk.answers(issue)
    assert "caught up" not in next_label(desk)
    assert (jobs_of(desk, issue), desk.answers(issue)) == (1, answers)


def test_a_lost_cancel_ends_nothing_that_was_asked_for_after_it(desk: Desk) -> None:
    first = desk.repository.issue("Before", SPEC, by="ada")
    text = f'```text create=can.txt\nfull\n```\n```yaml mtor\ntest: []\nafter: ["#{first.number}"]\n```\n'
    issue = desk.repository.issue("Water", text, by="ada")
    cancel = issue.comment("/mtor cancel", by="ada")
    lose(desk)
    desk.github.clock.advance(HOUR)
    issue.comment("/mtor run", by="ada")
    assert f"caught up with #{issue.number}" in desk.hear()[-1]
    assert "older than the comment" in desk.answers(issue)
    assert (issue.label_names, cancel.reactions.contents) == (["mtor:queued"], ["eyes"])
    issue.comment("/mtor cancel", by="ada")
    desk.hear()
    assert issue.label_names == ["mtor:failed"]


@pytest.mark.parametrize(
    ("ask", "words"), [("/mtor run", "was answered by another event run"), ("", "was started since")]
)
def test_an_event_run_that_comes_late_does_not_repeat_what_another_has_done(desk: Desk, ask: str, words: str) -> None:
    issue = desk.repository.issue("Make it right", SPEC, by="ada")
    if ask:
        issue.comment(ask, by="ada")
    else:
        issue.label("mtor", by="ada")
    (waiting,) = desk.repository.runs
    desk.heard.add(waiting)  # it has no runner yet
    assert f"caught up with #{issue.number}" in next_label(desk)
    for job in desk.jobs:
        job.finish("failure")
    desk.heard.remove(waiting)
    assert words in desk.hear()[0]
    assert jobs_of(desk, issue) == 1


def test_a_late_event_run_answers_what_nobody_has_answered(desk: Desk) -> None:
    issue, other = (desk.repository.issue("Make it right", SPEC, by="ada") for _ in range(2))
    issue.comment("/mtor run", by="ada")
    other.label("mtor", by="ada")
    desk.github.clock.advance(HOUR)
    desk.hear()
    assert (jobs_of(desk, issue), jobs_of(desk, other)) == (1, 1)


def test_many_commands_of_outsiders_hide_no_writers_command(desk: Desk) -> None:
    issue = desk.repository.issue("Make it right", SPEC, by="ada")
    for _ in range(25):
        issue.comment("/mtor run", by="mallory")
    issue.comment("/mtor help", by="ada")
    lose(desk)
    assert f"caught up with #{issue.number}" in next_label(desk)


def test_the_answer_to_a_question_is_none_to_a_lost_label(desk: Desk) -> None:
    issue = desk.repository.issue("Make it right", SPEC, by="ada")
    issue.label("mtor", by="ada")
    lose(desk)
    issue.comment("/mtor status", by="ada")
    desk.hear()
    assert f"caught up with #{issue.number}" in next_label(desk)
    assert jobs_of(desk, issue) == 1


def test_labels_that_bots_have_set_hide_no_lost_one(desk: Desk) -> None:
    lost = desk.repository.issue("Make it right", SPEC, by="ada")
    lost.label("mtor", by="ada")
    for number in range(6):
        desk.repository.issue(f"Bump {number}", SPEC, by="ada").label("mtor", by="renovate[bot]")
    lose(desk)
    assert next_label(desk).endswith(f"caught up with #{lost.number}")
    assert jobs_of(desk, lost) == 1


def test_many_lost_labels_are_caught_up_with_in_their_order(desk: Desk) -> None:
    issues = [desk.repository.issue(f"Make {number} right", SPEC, by="ada") for number in range(7)]
    for issue in issues:
        issue.label("mtor", by="ada")
    lose(desk)
    assert next_label(desk).endswith(", ".join(f"#{issue.number}" for issue in issues[:5]))
    assert next_label(desk).endswith(", ".join(f"#{issue.number}" for issue in issues[5:]))


@pytest.mark.parametrize("lost", ["", "/mtor run"])
def test_a_plan_that_was_asked_for_since_is_no_answer_to_what_was_lost(desk: Desk, lost: str) -> None:
    desk.repository.commit({".github/mtor.yml": "roles: {architect: [openai/scripted]}\n"}, "settings", by="ada")
    issue = desk.repository.issue("Make it right", SPEC, by="ada")
    if lost:
        issue.comment(lost, by="ada")
    else:
        issue.label("mtor", by="ada")
    lose(desk)
    desk.github.clock.advance(60)
    issue.comment("/mtor plan", by="ada")
    desk.hear()
    assert jobs_of(desk, issue) == 1
    assert f"caught up with #{issue.number}" in next_label(desk)
    assert jobs_of(desk, issue) == 2
