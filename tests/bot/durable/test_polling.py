"""A bot without a public address: what webhooks would have told is asked for, acts once, and costs little."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from dbos import DBOS

from bot.bots import scene, until, works
from bot.hearing import SPEC
from bot.serving import ServerProcess, environment
from mtor_bot.behaviours.table import behave, from_plain
from mtor_bot.bot import use_bot
from mtor_bot.database.schema import TURNS
from mtor_bot.durable.polling import MOST_PAGES, QUIET_SECONDS, poll
from mtor_bot.durable.receive import receive
from mtor_bot.jobs import job_rows, open_pulls
from mtor_bot.jobs.job_record import JobState

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.bots import Scene
    from standins.github.pulls import Pull


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Scene]:
    with scene(tmp_path) as made:
        DBOS.migrate(made.settings.database_url)
        use_bot(made.bot)
        made.repository.issue("An old one", "text", by="alice").comment("/mtor run", by="alice")
        assert look(made) == 0
        try:
            yield made
        finally:
            use_bot(None)


def look(here: Scene) -> int:
    """Poll once, whoever has done so lately."""
    with here.bot.engine.begin() as connection:
        connection.execute(sa.update(TURNS).filter_by(name="poll").values(at=0.0))
    received = poll(here.bot, 60)
    assert received is not None
    return received


def act(here: Scene) -> None:
    """Act on what was received, in this process; doing so again changes nothing."""
    for plain in here.bot.queue.unfinished_deliveries().values():
        event = from_plain(plain)
        assert event is not None
        behave(here.bot, event)


def opened(here: Scene, branch: str = "mtor/1-x") -> Pull:
    here.repository.commit({"b.py": "1\n"}, "b", branch=branch, by="alice")
    return here.repository.pull_request(branch, "Change", SPEC, by="alice")


def test_what_was_written_before_the_first_look_has_no_effect(here: Scene) -> None:
    assert look(here) == 0
    act(here)
    assert job_rows.jobs(here.bot.engine) == []


@pytest.mark.parametrize("asked", ["label", "comment"])
def test_a_label_and_a_comment_start_one_job_each(here: Scene, asked: str) -> None:
    here.github.clock.advance(5)
    issue = here.repository.issue("Say hello", SPEC, by="alice")
    if asked == "label":
        issue.label("mtor", by="alice")
    else:
        issue.comment("/mtor run", by="alice")
    assert look(here) == 1
    look(here)
    act(here)
    look(here)
    act(here)
    (job,) = job_rows.jobs(here.bot.engine)
    assert (job.number, job.requester) == (issue.number, "alice")


def test_a_comment_that_came_by_webhook_too_acts_once(here: Scene) -> None:
    here.github.clock.advance(5)
    issue = here.repository.issue("Say hello", SPEC, by="alice")
    comment = issue.comment("/mtor run", by="alice")
    payload = {
        "action": "created",
        "comment": comment.json(),
        "issue": {"number": issue.number},
        "repository": {"id": here.repository.id, "full_name": here.repository.full_name},
        "installation": {"id": here.installation.id},
    }
    assert receive(here.bot, "issue_comment", "a-webhook", payload)
    assert look(here) == 0
    assert len(here.bot.queue.unfinished_deliveries()) == 1


def test_an_old_comment_that_is_edited_into_a_command_has_no_effect(here: Scene) -> None:
    here.github.clock.advance(5)
    issue = here.repository.issue("Say hello", SPEC, by="alice")
    comment = issue.comment("thank you", by="alice")
    look(here)
    here.github.clock.advance(5)
    issue.comment("you are welcome", by="alice")
    look(here)
    here.github.clock.advance(5)
    comment.edit("/mtor run")
    assert look(here) == 0


@pytest.mark.parametrize("way", ["comment", "remark", "review"])
def test_a_text_that_githubs_list_shows_late_acts_once(here: Scene, way: str) -> None:
    here.github.clock.advance(5)
    pull, other = opened(here, "change"), here.repository.issue("A later one", "text", by="alice")
    look(here)
    here.github.clock.advance(5)
    lists: dict[str, list[Any]] = {"comment": pull.issue.comments, "remark": pull.comments, "review": pull.reviews}
    if way == "comment":
        pull.issue.comment("/mtor help", by="alice")
    elif way == "remark":
        pull.remark("/mtor help", "b.py", 1, by="alice")
    else:
        pull.review("/mtor help", by="alice")
    late = lists[way].pop()
    here.github.clock.advance(1)
    other.comment("thank you", by="alice")
    pull.remark("thank you", "b.py", 1, by="alice")
    look(here)
    lists[way].append(late)
    for _ in range(3):
        look(here)
        act(here)
    answers = [comment.body for comment in pull.issue.comments if "What mtor understands" in comment.body]
    assert len(answers) == 1


def test_a_close_that_githubs_list_shows_late_cancels(here: Scene) -> None:
    here.github.clock.advance(5)
    issue, other = (here.repository.issue(title, SPEC, by="alice") for title in ("Say hello", "A later one"))
    issue.label("mtor", by="alice")
    look(here)
    act(here)
    here.github.clock.advance(5)
    issue.close("alice")
    del here.repository.issues[issue.number]
    here.github.clock.advance(1)
    other.comment("thank you", by="alice")
    look(here)
    here.repository.issues[issue.number] = issue
    assert look(here) == 1
    act(here)
    assert job_rows.jobs(here.bot.engine)[0].cancelled_by == "alice"


def test_a_text_from_just_before_the_first_look_has_no_effect(here: Scene) -> None:
    here.github.clock.advance(2)
    here.repository.issue("A new one", "text", by="alice").comment("thank you", by="alice")
    assert [look(here), look(here)] == [0, 0]
    act(here)
    assert job_rows.jobs(here.bot.engine) == []


def test_more_than_is_read_at_once_within_a_minute_is_read_to_its_end(here: Scene) -> None:
    here.github.clock.advance(5)
    issue = here.repository.issue("Say hello", SPEC, by="alice")
    for seconds in (0, 2, 2):
        here.github.clock.advance(seconds)
        for number in range(MOST_PAGES * 100 // 2):
            issue.comment(f"thank you {number}", by="alice")
    here.github.clock.advance(2)
    issue.comment("/mtor run", by="alice")
    assert sum(look(here) for _ in range(4)) == 1


@pytest.mark.parametrize("way", ["close", "unlabel"])
def test_closing_and_taking_the_label_off_cancel(here: Scene, way: str) -> None:
    here.github.clock.advance(5)
    issue = here.repository.issue("Say hello", SPEC, by="alice")
    issue.label("mtor", by="alice")
    look(here)
    act(here)
    (job,) = job_rows.jobs(here.bot.engine)
    assert (look(here), issue.label_names) == (0, ["mtor:queued"])
    here.github.clock.advance(5)
    if way == "close":
        issue.close("alice")
    else:
        issue.unlabel("mtor:queued", by="alice")
    assert look(here) == 1
    act(here)
    assert job_rows.job_by_id(here.bot.engine, job.id).cancelled_by == "alice"


@pytest.mark.parametrize("way", ["review", "remark"])
def test_a_command_in_a_review_is_answered(here: Scene, way: str) -> None:
    here.github.clock.advance(5)
    pull = opened(here, "change")
    look(here)
    here.github.clock.advance(5)
    if way == "review":
        pull.review("/mtor help", by="alice")
    else:
        pull.remark("/mtor help", "b.py", 1, by="alice")
    look(here)
    look(here)
    act(here)
    answers = [comment.body for comment in pull.issue.comments if "What mtor understands" in comment.body]
    assert len(answers) == 1


def test_a_review_of_mtors_own_pull_request_is_found_although_it_does_not_change_it(here: Scene) -> None:
    here.github.clock.advance(5)
    pull = opened(here)
    open_pulls.record(here.bot, here.repository.id, pull.issue.number, is_open=True)
    look(here)
    changed = pull.issue.updated_at
    here.github.clock.advance(5)
    here.repository.issue("A later one", "text", by="alice")
    look(here)
    pull.review("/mtor help", by="alice")
    pull.issue.updated_at = changed
    look(here)
    look(here)
    act(here)
    answers = [comment.body for comment in pull.issue.comments if "What mtor understands" in comment.body]
    assert len(answers) == 1


def test_the_branch_of_a_closed_pull_request_of_mtors_is_dealt_with(here: Scene) -> None:
    here.github.clock.advance(5)
    pull = opened(here)
    look(here)
    here.github.clock.advance(5)
    pull.issue.close("alice")
    assert look(here) == 1
    kinds = [plain["kind"] for plain in here.bot.queue.unfinished_deliveries().values()]
    assert "PullRequestChanged" in kinds


def test_a_quiet_repository_is_answered_by_304_only(here: Scene) -> None:
    look(here)
    here.github.requests.clear()
    look(here)
    asked = [exchange for exchange in here.github.requests if "/repos/" in exchange.path]
    assert {exchange.status for exchange in asked} == {304}
    assert len(asked) <= 6


def test_what_was_seen_a_quiet_hour_ago_is_looked_at_no_more(here: Scene) -> None:
    here.github.clock.advance(5)
    opened(here, "change")
    here.github.clock.advance(2)
    here.repository.issue("A later one", "text", by="alice")
    looks = []
    for seconds in (0.0, 2 * QUIET_SECONDS):
        with here.bot.engine.begin() as connection:
            cursors = TURNS.c.name.regexp_match("^(issues|comments|remarks|begun)-")
            connection.execute(sa.update(TURNS).where(cursors).values(at=TURNS.c.at - seconds))
        for issue in here.repository.issues.values():
            issue.updated_at -= timedelta(seconds=seconds)
        look(here)
        here.github.requests.clear()
        look(here)
        looks.append({exchange.path: exchange.status for exchange in here.github.requests})
    assert looks[0]["/repos/acme/widget/pulls/2"] == 304
    assert "/repos/acme/widget/pulls/2" not in looks[1]


@pytest.mark.soak
def test_hundreds_of_issues_are_read_in_a_bounded_number_of_requests_and_none_is_lost(here: Scene) -> None:
    here.github.clock.advance(5)
    issues = [here.repository.issue(f"Say hello {number}", SPEC, by="alice") for number in range(450)]
    for issue in issues[:120]:
        issue.comment("/mtor run", by="alice")
    here.github.requests.clear()
    received = [look(here)]
    # Installations, repositories, runs and labels too.
    assert len(here.github.requests) <= 3 * MOST_PAGES + 8
    while len(received) < 4:
        here.github.requests.clear()
        received.append(look(here))
        assert len(here.github.requests) <= 3 * MOST_PAGES + 8
    assert sum(received) == 120


@pytest.mark.parametrize("skew", [-20.0, 20.0])
def test_a_clock_that_differs_from_githubs_loses_and_repeats_nothing(here: Scene, skew: float) -> None:
    here.github.clock.advance(skew)
    issue = here.repository.issue("Say hello", SPEC, by="alice")
    here.github.clock.advance(22 if skew < 0 else 1)
    first = here.repository.issue("Say bye", SPEC, by="alice").comment("/mtor run", by="alice")
    assert first.id
    assert look(here) == 1
    here.github.clock.advance(2)
    issue.comment("/mtor run", by="alice")
    assert [look(here), look(here)] == [1, 0]


@pytest.mark.parametrize("way", ["changed", "remark", "ours"])
def test_a_pull_request_about_which_github_refuses_something_keeps_no_other_unseen(here: Scene, way: str) -> None:
    here.github.clock.advance(5)
    refused, other = opened(here, "change"), opened(here, "another")
    look(here)
    here.github.clock.advance(2)
    if way == "remark":
        for pull in (refused, other):
            pull.remark("/mtor help", "b.py", 1, by="alice")
    else:
        refused.issue.comment("Thank you.", by="alice")
        other.review("/mtor help", by="alice")
    if way == "ours":
        for pull in (refused, other):
            open_pulls.record(here.bot, here.repository.id, pull.number, is_open=True)
            pull.issue.updated_at -= timedelta(hours=1)
    here.github.faults.refuse(f"GET */pulls/{refused.number}", 404, "Not Found", times=-1)
    look(here)
    late = here.repository.issue("Say hello", SPEC, by="alice")
    late.comment("/mtor run", by="alice")
    look(here)
    act(here)
    assert any("What mtor understands" in comment.body for comment in other.issue.comments)
    assert [job.number for job in job_rows.jobs(here.bot.engine)] == [late.number]


def test_while_a_limit_lasts_nothing_is_sent(here: Scene) -> None:
    here.github.clock.advance(5)
    here.github.faults.add("GET /repos/acme/widget/issues*", 403, headers={"retry-after": "600"}, times=1)
    look(here)
    here.github.requests.clear()
    look(here)
    assert [exchange for exchange in here.github.requests if "/repos/" in exchange.path] == []


def test_serve_poll_goes_through_a_whole_job_and_through_a_crash(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        here.github.play(works)
        variables = environment(here.github, here.settings.database_url, poll_seconds=10)
        for name in ("WEBHOOK_SECRET", "PUBLIC_URL", "LISTEN_PORT"):
            del variables[f"MTOR_BOT_{name}"]
        here.repository.issue("An old one", "text", by="alice")
        first = ServerProcess(variables, "--poll")
        until(lambda: any(line["message"] == "polling" for line in first.lines))
        until(lambda: here.github.said("GET", "/repos/acme/widget/issues"))
        here.github.clock.advance(5)
        issue = here.repository.issue("Say hello", SPEC, by="alice")
        issue.label("mtor", by="alice")
        until(lambda: issue.label_names == ["mtor:done"], lambda: "".join(first.log))
        first.kill()
        here.github.clock.advance(5)
        again = here.repository.issue("Say hello again", SPEC, by="alice")
        again.comment("/mtor run", by="alice")
        second = ServerProcess(variables, "--poll")
        until(lambda: again.label_names == ["mtor:done"], lambda: "".join(second.log))
        second.kill()
        assert len(here.repository.runs) == 2
        states = [job.state for job in job_rows.jobs(here.bot.engine)]
        assert states == [JobState.FINISHED] * 2
        assert here.github.said("GET", "/app/hook/deliveries") == []
