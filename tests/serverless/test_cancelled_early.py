"""Plans, pull requests remade and applied suggestions, cancelled or asked for while mtor is paused."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from mtor_bot.jobs import job_rows
from serverless.desk import Desk, open_desk
from serverless.test_both_ways import (
    BETTER,
    WithApp,
    WithoutApp,
    commented,
    night_issue,
    planned,
    remade,
    suggested,
    with_app,
    without_app,
)
from standins.night.loop import dispatched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from serverless.test_both_ways import Way
    from standins.github import Issue

suggestion = partial(suggested, BETTER, times=0)


def behind(way: Way) -> Issue:
    """mtor's pull request, behind its base."""
    issue = remade("/mtor retry")(way)
    way.end()
    return issue


ASKED: dict[str, Callable[[Way], Issue]] = {
    "/mtor plan": planned(),
    "/mtor retry": behind,
    "/mtor apply": suggestion(),
    "/mtor fix\nUse a constant.": suggestion(models="implementer: [openai/scripted]\n"),
}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path) as desk:
        desk.repository.grant("alice", "write")
        yield desk


@pytest.mark.parametrize("ask", ASKED)
def test_a_cancel_ends_what_is_under_way_in_both_ways(tmp_path: Path, ask: str) -> None:
    def play(way: Way) -> Issue:
        issue = ASKED[ask](way)
        before = live(way)
        for text in (ask, "/mtor cancel"):
            issue.comment(text, by="alice")
            way.hear()
            assert live(way) == before + (text == ask), text
        return issue

    alone, served = without_app(tmp_path / "alone", play), with_app(tmp_path / "served", play)
    # What else the App shows of a cancelled job comes from its durable workflow.
    assert (alone.answers, alone.reactions) == (served.answers, served.reactions)
    assert alone.answers == []


def live(way: Way) -> int:
    """How many jobs and plans are under way."""
    plans = [run for run in dispatched(way.repository) if run.inputs.get("job", "").startswith("plan-")]
    if isinstance(way, WithApp):
        jobs = job_rows.jobs(way.ears.here.bot.engine)
        return sum(not (job.is_finished or job.cancelled_by) for job in jobs) + sum(
            run.conclusion is None for run in plans
        )
    assert isinstance(way, WithoutApp)
    return sum(run.conclusion is None for run in way.desk.jobs)


@pytest.mark.parametrize("ask", ASKED)
def test_what_was_cancelled_before_its_event_run_began_does_not_start(desk: Desk, ask: str) -> None:
    way = WithoutApp(desk)
    issue = ASKED[ask](way)
    before = len(desk.jobs)
    desk.github.clock.advance(5.0)
    issue.comment(ask, by="alice")
    late = desk.repository.runs.keys() - desk.heard
    desk.heard |= late
    desk.github.clock.advance(5.0)
    issue.comment("/mtor cancel", by="alice")
    desk.hear()
    desk.heard -= late
    desk.hear()
    assert len(desk.jobs) == before
    assert "cancelled by alice" in "\n".join([*desk.statuses(issue), desk.answers(issue)])
    desk.github.clock.advance(5.0)
    issue.comment(ask, by="alice")
    desk.hear()
    assert len(desk.jobs) == before + 1


@pytest.mark.parametrize("ask", ASKED)
def test_while_mtor_is_paused_neither_plans_nor_reviews_nor_remakes_start(desk: Desk, ask: str) -> None:
    issue = ASKED[ask](WithoutApp(desk))
    before = len(desk.jobs)
    desk.repository.variables["MTOR_PAUSED"] = "1"
    issue.comment(ask, by="alice")
    desk.hear()
    assert len(desk.jobs) == before
    assert desk.answers(issue).count("mtor is paused here") == 1


def test_while_mtor_is_paused_a_box_starts_nothing_and_its_issue_says_why(desk: Desk) -> None:
    way = WithoutApp(desk)
    issue = commented("/mtor run")(way)
    way.end()
    night = night_issue(way, f"- [ ] Retry #{issue.number}")
    desk.repository.variables["MTOR_PAUSED"] = "1"
    night.edit("alice", body=str(night.body).replace("- [ ]", "- [x]"))
    desk.hear()
    assert len(desk.jobs) == 1
    assert desk.answers(issue).count("mtor is paused here") == 1
