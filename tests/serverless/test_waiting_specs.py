"""Specs that wait and are changed meanwhile, with the App and without it: noticed before they take a runner."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from bot.hearing import hearing
from mtor_action.on_issues.waiting_specs import start_waiting
from mtor_action.report.report import Outcome
from mtor_bot.jobs import job_rows
from mtor_bot.jobs.held_jobs import release
from mtor_bot.jobs.job_record import JobResult
from mtor_bot.speech.end_announcement import tell
from serverless.desk import open_desk
from serverless.test_both_ways import WithApp, WithoutApp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from serverless.desk import Desk
    from standins.github import Issue, Run

BLOCK = "```text create=can.txt\nfull\n```\n"


@dataclass
class Night:
    """One of the two ways; `first` is an issue that nobody has asked for yet."""

    way: WithoutApp | WithApp
    first: Issue

    def waiting(self, text: str = "") -> Issue:
        """An issue whose spec waits for the first."""
        issue = self.way.repository.issue("Water", text or spec(self.first), by="alice")
        issue.label("mtor", by="alice")
        self.way.hear()
        assert self.started(issue) is False
        return issue

    def look(self) -> None:
        """As whoever ends a job does."""
        if isinstance(self.way, WithApp):
            bot = self.way.ears.here.bot
            release(bot)
            for job in job_rows.jobs(bot.engine):
                if job.is_finished:
                    with bot.clients.repository(job.place) as client:
                        tell(bot, client, job)
            return
        self.way.desk.look()

    def fail_first(self) -> None:
        """Let the first be asked for, and its job fail."""
        self.first.edit("alice", body=spec())
        self.first.label("mtor", by="alice")
        self.way.hear()
        if isinstance(self.way, WithApp):
            bot = self.way.ears.here.bot
            (job,) = job_rows.jobs(bot.engine)
            job_rows.finish(bot.engine, job.id, JobResult(Outcome.STALLED), bot.clock.now())
        else:
            (run,) = self.way.desk.jobs
            self.way.desk.end(run, Outcome.STALLED)

    def started(self, issue: Issue) -> bool:
        if isinstance(self.way, WithApp):
            job = job_rows.latest(self.way.ears.here.bot.engine, self.way.repository.id, issue.number)
            assert job is not None
            return not (job.held or job.is_finished)
        return any(number == issue.number for number, _, _ in self.way.jobs())

    def status(self, issue: Issue) -> str:
        """The status comment, with references as people read them."""
        if isinstance(self.way, WithApp):
            text = self.way.ears.shown(issue)
        else:
            (text,) = self.way.desk.statuses(issue)
        return "".join(each for each in text if each.isprintable() or each == "\n")

    def words(self, issue: Issue) -> list[str]:
        """The comments that say how its job ended, as people read them."""
        bodies = [comment.body for comment in issue.comments if comment.body.startswith("<!-- mtor:ending ")]
        return [body.replace("\\", "").replace("\u200b", "").replace("\u2060", "") for body in bodies]


def spec(*after: Issue, block: str = BLOCK) -> str:
    names = ", ".join(f'"#{issue.number}"' for issue in after)
    return f"{block}```yaml mtor\ntest: []\nafter: [{names}]\n```\n"


@contextmanager
def _without(folder: Path) -> Iterator[WithoutApp]:
    with open_desk(folder) as desk:
        desk.repository.grant("alice", "write")
        yield WithoutApp(desk)


@contextmanager
def _with(folder: Path) -> Iterator[WithApp]:
    with hearing(folder) as ears:
        yield WithApp(ears)


@pytest.fixture(params=[_without, _with], ids=["without", "with"])
def night(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Night]:
    with request.param(tmp_path) as way:
        yield Night(way, way.repository.issue("Plant", BLOCK, by="alice"))


def test_a_text_that_does_not_parse_any_more_ends_the_wait_once_with_its_mistake(night: Night) -> None:
    issue = night.waiting()
    issue.edit("alice", body=spec(night.first, block=BLOCK.replace("create=", "creat=")))
    for _ in range(2):
        night.look()
    (words,) = night.words(issue)
    assert f"#{issue.number} was edited while the job waited, and as it is now it cannot run: " in words
    assert f"#{issue.number}:1:9: unknown attribute" in words
    assert "[near-miss]" in words
    assert issue.label_names == ["mtor:failed"]
    night.first.close("alice", "completed")
    night.look()
    assert not night.started(issue)


def test_an_after_that_was_edited_in_is_named_and_the_new_text_runs_when_asked_for(night: Night) -> None:
    issue = night.waiting()
    other = night.way.repository.issue("Other", BLOCK, by="alice")
    issue.edit("alice", body=spec(night.first, other))
    night.first.close("alice", "completed")
    night.look()
    (words,) = night.words(issue)
    assert f"was edited while the job waited: after now names #{other.number} too" in words.replace("`", "")
    issue.label("mtor", by="alice")
    night.way.hear()
    night.look()
    assert not night.started(issue)
    assert f"It waits for #{other.number}" in night.status(issue)
    other.close("alice", "completed")
    night.look()
    assert night.started(issue)


@pytest.mark.parametrize("change", ["title", "words"])
def test_any_other_edit_ends_it_too_since_what_runs_is_what_was_asked_for(night: Night, change: str) -> None:
    issue = night.waiting()
    issue.edit("alice", **({"title": "Drown"} if change == "title" else {"body": f"Please.\n\n{issue.body}"}))
    night.first.close("alice", "completed")
    night.look()
    (words,) = night.words(issue)
    assert f"#{issue.number} was edited while the job waited." in words
    assert not night.started(issue)


def test_a_continuation_that_was_deleted_ends_the_wait(night: Night) -> None:
    issue = night.way.repository.issue("Water", spec(night.first), by="alice")
    comment = issue.comment(f"/mtor spec\n{BLOCK.replace('can', 'hose')}", by="alice")
    issue.label("mtor", by="alice")
    night.way.hear()
    issue.comments.remove(comment)
    night.first.close("alice", "completed")
    night.look()
    (words,) = night.words(issue)
    assert "the comment was deleted" in words
    assert not night.started(issue)


@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_a_blocker_that_waits_for_it_is_a_cycle_and_not_waited_for(night: Night, when: str) -> None:
    if when == "before":
        issue = night.way.repository.issue("Water", spec(), by="alice")
        issue.blocked_by.append(night.first)
    else:
        issue = night.waiting()
        issue.blocked_by.append(night.first)
    night.first.edit("alice", body=spec(issue))
    if when == "before":
        issue.label("mtor", by="alice")
        night.way.hear()
    night.look()
    (words,) = night.words(issue)
    first = night.first.number
    assert f"#{issue.number} comes after #{first} comes after #{issue.number}, so that none" in words
    assert issue.label_names == ["mtor:failed"]
    assert not night.started(issue)


def test_a_cycle_through_githubs_own_dependency_is_answered_at_once(night: Night) -> None:
    other = night.way.repository.issue("Other", BLOCK, by="alice")
    night.first.blocked_by.append(other)
    other.edit("alice", body=spec(night.first))
    other.label("mtor", by="alice")
    night.way.hear()
    answer = other.comments[-1].body
    assert "[cycle]" in answer
    assert f"#{other.number} comes after #{night.first.number} comes after #{other.number}" in answer
    assert other.label_names == ["mtor:failed"]


@pytest.mark.parametrize("pull", ["none", "draft", "closed"])
def test_an_issue_that_was_done_by_hand_after_its_job_failed_is_green(night: Night, pull: str) -> None:
    night.fail_first()
    if pull != "none":
        repository = night.way.repository
        branch = f"mtor/{night.first.number}-plant"
        repository.commit({"can.txt": "empty\n"}, "Plant", branch=branch, by="mtor[bot]")
        made = repository.pull_request(branch, "Plant", "", by="mtor[bot]", draft=True)
        if pull == "closed":
            made.issue.close("alice")
        night.way.hear()
    issue = night.way.repository.issue("Water", spec(night.first), by="alice")
    issue.label("mtor", by="alice")
    night.way.hear()
    night.look()
    assert not night.started(issue)
    night.first.close("alice", "completed")
    issue.comment("/mtor retry", by="alice")
    night.way.hear()
    night.look()
    assert night.started(issue)


def test_an_issue_that_blocks_it_since_is_waited_for(night: Night) -> None:
    issue = night.waiting()
    blocker = night.way.repository.issue("Dig", BLOCK, by="alice")
    issue.blocked_by.append(blocker)
    night.first.close("alice", "completed")
    night.look()
    assert not night.started(issue)
    assert f"It waits for #{blocker.number}" in night.status(issue)
    blocker.close("alice", "completed")
    night.look()
    assert night.started(issue)
    assert night.words(issue) == []


@contextmanager
def at_work(folder: Path) -> Iterator[tuple[Desk, Issue, Run]]:
    """An issue without a server, and the run that works on it."""
    with open_desk(folder) as desk:
        issue = desk.repository.issue("Water", spec(), by="ada")
        issue.label("mtor", by="ada")
        desk.hear()
        (run,) = desk.jobs
        yield desk, issue, run


def test_a_spec_that_waits_goes_on_waiting_when_an_older_job_of_its_issue_ends(tmp_path: Path) -> None:
    with at_work(tmp_path) as (desk, issue, older):
        first = desk.repository.issue("Plant", BLOCK, by="ada")
        issue.edit("ada", body=spec(first))
        issue.comment("/mtor run", by="ada")
        desk.hear()
        other = desk.repository.issue("Other", spec(block=BLOCK.replace("can", "hose")), by="ada")
        other.label("mtor", by="ada")
        desk.hear()
        older.begin()
        for run in desk.jobs[::-1]:
            desk.end(run)
            assert issue.label_names == ["mtor:queued"]
        assert f"It waits for #{first.number}" in "".join(filter(str.isprintable, desk.statuses(issue)[0]))
        first.close("ada", "completed")
        desk.look()
        assert [run.inputs["issue"] for run in desk.jobs] == [str(number.number) for number in (issue, other, issue)]
        desk.end(desk.jobs[-1])
        assert issue.label_names == ["mtor:done"]


def test_an_issue_is_not_done_while_a_newer_job_of_it_lives(tmp_path: Path) -> None:
    with at_work(tmp_path) as (desk, issue, older):
        later = desk.repository.issue("Later", spec(issue, block=BLOCK.replace("can", "hose")), by="ada")
        later.label("mtor", by="ada")
        issue.comment(f"/mtor run\n{spec(block=BLOCK.replace('full', 'empty'))}", by="ada")
        desk.hear()
        _, newer = desk.jobs
        desk.end(older)
        assert issue.label_names == ["mtor:queued"]
        assert later.label_names == ["mtor:queued"]
        desk.end(newer)
        assert issue.label_names == ["mtor:done"]
        assert desk.jobs[-1].inputs["issue"] == str(later.number)


def test_a_job_that_starts_takes_the_place_of_an_older_spec_that_waits(tmp_path: Path) -> None:
    with open_desk(tmp_path) as desk:
        first = desk.repository.issue("Plant", BLOCK, by="ada")
        issue = desk.repository.issue("Water", spec(first), by="ada")
        issue.label("mtor", by="ada")
        desk.hear()
        issue.comment(f"/mtor run\n{spec()}", by="ada")
        desk.hear()
        assert '"waits"' not in desk.statuses(issue)[0]


def test_an_older_job_that_is_cancelled_leaves_the_label_of_a_newer_one(tmp_path: Path) -> None:
    with at_work(tmp_path) as (desk, issue, older):
        desk.github.clock.advance(5.0)
        issue.comment("/mtor cancel", by="ada")
        late = desk.repository.runs.keys() - desk.heard
        desk.heard |= late
        desk.github.clock.advance(5.0)
        issue.comment(f"/mtor run\n{spec(block=BLOCK.replace('full', 'empty'))}", by="ada")
        desk.hear()
        desk.heard -= late
        desk.hear()
        assert older.conclusion == "cancelled"
        assert issue.label_names == ["mtor:queued"]


def waiting_for(desk: Desk, first: Issue, name: str) -> Issue:
    """An issue without a server whose spec waits for the first."""
    issue = desk.repository.issue(name, spec(first, block=BLOCK.replace("can", name)), by="ada")
    issue.label("mtor", by="ada")
    desk.hear()
    assert issue.label_names == ["mtor:queued"]
    return issue


@pytest.mark.parametrize(("limit", "starts"), [("", True), ("API rate limit exceeded", False)])
def test_what_github_refuses_about_one_spec_that_waits_keeps_back_no_other(
    tmp_path: Path, limit: str, *, starts: bool
) -> None:
    with open_desk(tmp_path) as desk:
        first = desk.repository.issue("Plant", BLOCK, by="ada")
        good, locked = waiting_for(desk, first, "good"), waiting_for(desk, first, "locked")
        words = limit or "Unable to update comment because issue is locked."
        desk.github.faults.refuse(f"PATCH */issues/comments/{locked.comments[0].id}", 403, words, times=-1)
        locked.edit("ada", body=f"{locked.body} and more")  # ends its wait
        first.close("ada", "completed")
        desk.look()
        assert [run.inputs["issue"] for run in desk.jobs] == [str(good.number)] * starts


def test_an_end_that_github_does_not_let_mtor_show_keeps_back_no_spec_that_waits(tmp_path: Path) -> None:
    with at_work(tmp_path) as (desk, issue, run):
        first = desk.repository.issue("Plant", BLOCK, by="ada")
        good = waiting_for(desk, first, "good")
        first.close("ada", "completed")
        desk.heard |= desk.repository.runs.keys()
        desk.github.faults.refuse("POST */graphql mutation", 403, "Resource not accessible by integration", times=-1)
        status = f"PATCH */issues/comments/{issue.comments[0].id}"
        desk.github.faults.refuse(status, 403, "Unable to update comment because issue is locked.", times=-1)
        desk.end(run)
        assert [run.inputs["issue"] for run in desk.jobs] == [str(issue.number), str(good.number)]


@pytest.mark.parametrize("how", ["paused", "server error", "faulty"])
def test_a_request_that_is_refused_leaves_a_spec_that_waits_as_it_is(tmp_path: Path, how: str) -> None:
    with open_desk(tmp_path) as desk:
        first = desk.repository.issue("Plant", BLOCK, by="ada")
        issue = waiting_for(desk, first, "can")
        if how == "faulty":
            issue.comment(f"/mtor run\n```text edit=none.txt\nx\n{'`' * 3}", by="ada")
        else:
            issue.label("mtor", by="ada")
        if how == "server error":
            desk.github.faults.refuse("GET */git/trees/*", 500, "x", times=-1)
        desk.hear(MTOR_PAUSED="1" if how == "paused" else "")
        assert desk.answers(issue)
        assert issue.label_names == ["mtor:queued"]
        desk.github.faults.clear()
        first.close("ada", "completed")
        desk.look()
        assert [run.inputs["issue"] for run in desk.jobs] == [str(issue.number)]


def test_two_runs_that_end_a_wait_at_once_say_so_once(tmp_path: Path) -> None:
    with open_desk(tmp_path) as desk:
        first = desk.repository.issue("Plant", BLOCK, by="ada")
        issue = waiting_for(desk, first, "can")
        first.close("ada", "not_planned")
        desk.twice_at_once(lambda client: start_waiting(client, "mtor.yml"), "POST */comments")
        assert sum(comment.body.startswith("<!-- mtor:ending ") for comment in issue.comments) == 1
