"""Boxes of the issue of the night, with the App and without it: who is heard, and what happens at the same moment."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from bot.hearing import hearing
from mtor_action.github.answers import Answer
from mtor_action.night.night_boxes import boxes_ticked
from mtor_bot.jobs import job_rows
from serverless.desk import open_desk
from serverless.test_both_ways import WithApp, WithoutApp, commented, night_issue

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from serverless.test_both_ways import Way
    from standins.github import Issue

WAYS = pytest.mark.parametrize("kind", ["with the App", "without it"])


@contextmanager
def a_way(kind: str, folder: Path) -> Iterator[Way]:
    if kind == "with the App":
        with hearing(folder) as ears:
            ears.here.repository.grant("bob", "write")
            yield WithApp(ears)
    else:
        with open_desk(folder) as desk:
            desk.repository.grant("alice", "write")
            desk.repository.grant("bob", "write")
            yield WithoutApp(desk)


def ended_jobs(way: Way, count: int) -> list[Issue]:
    issues = [commented("/mtor run")(way) for _ in range(count)]
    way.end()
    return issues


def box(verb: str, issue: Issue) -> str:
    return f"- [ ] {verb} #{issue.number}"


def tick(text: str, line: str) -> str:
    assert line in text
    return text.replace(line, line.replace("[ ]", "[x]"))


def asked(way: Way) -> list[tuple[int, str]]:
    return sorted((number, who) for number, _texts, who in way.jobs())


def test_a_box_about_which_github_refuses_something_keeps_no_other_from_being_obeyed(tmp_path: Path) -> None:
    with a_way("with the App", tmp_path) as way:
        assert isinstance(way, WithApp)
        first, second = ended_jobs(way, 2)
        before = len(way.jobs())
        night = night_issue(way, box("Retry", first), box("Retry", second))
        way.ears.here.github.faults.refuse(f"GET */issues/{first.number}", 410, "This issue was deleted", times=-1)
        night.edit("alice", body=tick(tick(str(night.body), box("Retry", first)), box("Retry", second)))
        way.hear()
        assert len(way.jobs()) == before + 1
        assert f"- Retry #{second.number}: asked for by alice" in str(night.body)
        assert f"- Retry #{first.number}: asked" not in str(night.body)


@WAYS
def test_of_two_who_tick_at_once_both_are_heard_though_the_text_keeps_one_tick(tmp_path: Path, kind: str) -> None:
    with a_way(kind, tmp_path) as way:
        first, second = ended_jobs(way, 2)
        before = len(way.jobs())
        night = night_issue(way, box("Retry", first), box("Retry", second))
        seen = str(night.body)
        night.edit("alice", body=tick(seen, box("Retry", first)))
        night.edit("bob", body=tick(seen, box("Retry", second)))  # from the page as it was
        way.hear()
        assert len(way.jobs()) == before + 2
        assert {(first.number, "alice"), (second.number, "bob")} <= set(asked(way))
        assert f"- Retry #{first.number}: asked for by alice" in str(night.body)
        assert f"- Retry #{second.number}: asked for by bob" in str(night.body)


@WAYS
def test_a_tick_made_while_mtor_writes_is_not_lost(tmp_path: Path, kind: str) -> None:
    with a_way(kind, tmp_path) as way:
        first, second = ended_jobs(way, 2)
        night = night_issue(way, box("Retry", first), box("Retry", second))
        github = way.repository.world.faults

        def meanwhile() -> None:
            night.edit("bob", body=tick(str(night.body), box("Retry", second)))

        night.edit("alice", body=tick(str(night.body), box("Retry", first)))
        github.before(f"PATCH */issues/{night.number}", meanwhile)
        way.hear()
        way.hear()
        assert {(first.number, "alice"), (second.number, "bob")} <= set(asked(way))
        assert "[" not in str(night.body)


@WAYS
@pytest.mark.parametrize(
    "why", ["a reader", "an issue of somebody else", "without the label", "not offered", "ticked before", "unticked"]
)
def test_what_is_not_a_writers_tick_of_an_offered_box_does_nothing(tmp_path: Path, kind: str, why: str) -> None:
    with a_way(kind, tmp_path) as way:
        (job,) = ended_jobs(way, 1)
        before = len(way.jobs())
        line, by = box("Retry", job), "alice"
        night = night_issue(way, line, by="mallory" if why == "an issue of somebody else" else "")
        if why == "without the label":
            night.unlabel("mtor:night", by="alice")
        if why == "not offered":
            night.edit("alice", body=str(night.body).replace(line, ""))
        if why in ("ticked before", "unticked", "a reader"):
            by = "mallory" if why != "unticked" else "alice"
            night.edit("mallory", body=tick(str(night.body), line))
        text = str(night.body)
        if why == "not offered":
            text += line.replace("[ ]", "[x]")
        elif why == "ticked before":
            by, text = "alice", f"{text}\nAnother line."
        elif why == "unticked":
            text = text.replace("[x]", "[ ]")
        elif why != "a reader":
            text = tick(text, line)
        night.edit(by, body=text)
        way.hear()
        assert len(way.jobs()) == before
        assert "asked for by" not in str(night.body)


@WAYS
def test_a_box_cancels_what_is_under_way(tmp_path: Path, kind: str) -> None:
    with a_way(kind, tmp_path) as way:
        job = commented("/mtor run")(way)
        night = night_issue(way, box("Cancel", job))
        night.edit("bob", body=tick(str(night.body), box("Cancel", job)))
        way.hear()
        if isinstance(way, WithApp):
            assert [each.cancelled_by for each in job_rows.jobs(way.ears.here.bot.engine)] == ["bob"]
        elif isinstance(way, WithoutApp):
            assert [run.conclusion for run in way.desk.jobs] == ["cancelled"]


@WAYS
def test_an_edit_that_comes_twice_acts_once(tmp_path: Path, kind: str) -> None:
    with a_way(kind, tmp_path) as way:
        (job,) = ended_jobs(way, 1)
        before = len(way.jobs())
        night = night_issue(way, box("Retry", job))
        if isinstance(way, WithApp):
            way.repository.world.faults.duplicated["issues"] = 2
        night.edit("alice", body=tick(str(night.body), box("Retry", job)))
        way.hear()
        way.end()
        if isinstance(way, WithApp):
            way.ears.act(times=2)
        assert len(way.jobs()) == before + 1


@pytest.mark.parametrize(
    "payload", [None, {}, {"issue": 3}, {"changes": {"body": 7}, "issue": {"labels": "x", "body": []}}]
)
def test_a_payload_of_any_form_is_read(payload: object) -> None:
    assert boxes_ticked(Answer(payload)) == []
