"""Runs that event runs started are taken over by the App: once, with what can be told of them, whoever dispatched."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from bot.hearing import SPEC, hearing, said
from mtor_action.github.actions import run_results
from mtor_action.github.client import connect
from mtor_action.github.texts.pins import digest, pin_issue
from mtor_action.on_issues.status_memory import StatusMemory, write_status
from mtor_action.report.report import Outcome
from mtor_bot.behaviours.adopting import adopt_listed
from mtor_bot.database.schema import TURNS
from mtor_bot.jobs import attempts, job_rows
from mtor_bot.jobs.dispatch import dispatch
from mtor_bot.jobs.due_passes import PASS_SECONDS, RECONCILE
from mtor_bot.jobs.follow import follow
from mtor_bot.jobs.job_record import JobState
from mtor_bot.speech import end_announcement, status_comment

if TYPE_CHECKING:
    from pathlib import Path

    from bot.hearing import Hearing
    from mtor_bot.jobs.job_record import Job
    from standins.github import Issue, Run

RIGHTS = {"issues": "write", "actions": "write", "contents": "read"}


def started(ears: Hearing, issue: Issue, *, remembered: bool = True, state: str = "mtor:running") -> Run:
    """What an event run leaves: a dispatched run, a status comment, a label."""
    here = ears.here
    pins = (pin_issue(issue.number, issue.title, issue.body),)
    token = here.repository.token("github-actions[bot]", RIGHTS).value
    with connect(token, here.repository.full_name, api_url=here.github.api_url, login="github-actions[bot]") as client:
        inputs = {"issue": str(issue.number), "job": f"i{issue.number}-{digest(pins)[:12]}-1", "attempt": "1"}
        client.call("POST", "actions/workflows/mtor.yml/dispatches", {"ref": "main", "inputs": inputs})
        if remembered:
            memory = StatusMemory(pins=pins, requester="alice", state="- **mtor is queued**", text="the plan")
            write_status(client, issue.number, memory)
    issue.label(state, by="github-actions[bot]")
    return list(here.repository.runs.values())[-1]


def adopt(ears: Hearing) -> int:
    """One look at the repository's runs, as every pass has it."""
    with ears.here.bot.clients.repository(ears.place) as client:
        return adopt_listed(ears.here.bot, client, ears.place)


def jobs(ears: Hearing) -> list[Job]:
    return job_rows.jobs(ears.here.bot.engine)


def show(ears: Hearing, job: Job) -> None:
    with ears.here.bot.clients.repository(ears.place) as client:
        status_comment.show(ears.here.bot, client, job)


def test_a_live_run_becomes_a_job_and_its_comment_is_edited(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        issue = ears.here.repository.issue("Say hello", SPEC, by="alice")
        run = started(ears, issue)
        assert (adopt(ears), adopt(ears)) == (1, 0)
        (job,) = jobs(ears)
        assert (job.run_id, job.named, job.state) == (run.id, run.inputs["job"], JobState.DISPATCHED)
        assert (job.requester, job.target_branch, job.base_ref) == ("alice", f"mtor/{issue.number}-say-hello", "main")
        assert [author.login for author in job.authors] == ["alice"]
        show(ears, job)
        (comment,) = issue.comments
        assert comment.user.login == "github-actions[bot]"
        assert "waits for a runner" in comment.body
        assert "`src/hello.py`" in comment.body


def test_a_webhook_of_the_run_is_enough_and_comes_twice(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        issue = ears.here.repository.issue("Say hello", SPEC, by="alice")
        run = started(ears, issue)
        run.begin()
        ears.act(times=2)
        (job,) = jobs(ears)
        assert job.run_id == run.id


def test_where_github_lets_the_app_edit_no_others_comment_it_names_that_one(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        issue = ears.here.repository.issue("Say hello", SPEC, by="alice")
        started(ears, issue)
        adopt(ears)
        ears.here.github.faults.refuse("PATCH */issues/comments/*", 403, "You must be the author", times=1)
        show(ears, jobs(ears)[0])
        first, second = issue.comments
        assert "mtor is queued" in first.body
        assert f"This continues [an earlier comment](<{first.json()['html_url']}>)." in second.body
        assert second.user.login == "mtor[bot]"


def test_a_second_request_for_the_spec_starts_nothing(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        issue = ears.here.repository.issue("Say hello", SPEC, by="alice")
        started(ears, issue)
        adopt(ears)
        issue.comment("/mtor run", by="alice")
        ears.act()
        (job,) = jobs(ears)
        assert "already at work" in ears.shown(issue)
        assert job.run_id is not None


def test_a_job_that_waits_in_the_queue_gets_the_run_and_asks_for_none(tmp_path: Path) -> None:
    with hearing(tmp_path, max_jobs=1) as ears:
        here = ears.here
        issue = here.repository.issue("Say hello", SPEC, by="alice")
        issue.comment("/mtor run", by="alice")
        ears.act()
        run = started(ears, issue)
        assert adopt(ears) == 1
        (job,) = jobs(ears)
        assert (job.state, job.run_id) == (JobState.DISPATCHED, run.id)
        dispatch(here.bot, replace(job, state=JobState.STARTING))
        assert list(here.repository.runs.values()) == [run]


@pytest.mark.parametrize(("by", "cancelled"), [("alice", True), ("github-actions[bot]", False), ("mtor[bot]", False)])
def test_labels_that_either_way_moves_cancel_nothing(tmp_path: Path, by: str, *, cancelled: bool) -> None:
    with hearing(tmp_path) as ears:
        issue = ears.here.repository.issue("Say hello", SPEC, by="alice")
        started(ears, issue)
        adopt(ears)
        issue.unlabel("mtor:running", by=by)
        ears.act()
        assert bool(jobs(ears)[0].cancelled_by) is cancelled


def test_the_result_of_the_run_ends_the_job_and_the_report_is_enough(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        issue = ears.here.repository.issue("Say hello", SPEC, by="alice")
        run = started(ears, issue)
        adopt(ears)
        run.begin()
        run.job("work", "success")
        result = {"schema": 1, "job": run.inputs["job"], "outcome": "stalled", "pull_request": None, "reason": "echo"}
        run.artifact(run_results.RESULT, {"result.json": json.dumps(result)})
        run.job("publish", "success")
        run.finish("success")
        issue.comment(f"<!-- mtor:report job={run.inputs['job']} -->\nthe report", by="github-actions[bot]")
        (job,) = jobs(ears)
        follow(ears.here.bot, job)
        (job,) = jobs(ears)
        assert (job.outcome, job.reason) == (Outcome.STALLED, "echo")
        with ears.here.bot.clients.repository(ears.place) as client:
            end_announcement.tell(ears.here.bot, client, job)
        assert said(issue) == []
        assert issue.label_names == ["mtor:stalled"]


@pytest.mark.parametrize(("state", "adopted"), [("mtor:running", 1), ("mtor:queued", 1), ("mtor:done", 0)])
def test_a_run_that_has_ended_is_adopted_only_if_its_end_was_not_shown(
    tmp_path: Path, state: str, adopted: int
) -> None:
    with hearing(tmp_path) as ears:
        issue = ears.here.repository.issue("Say hello", SPEC, by="alice")
        run = started(ears, issue, state=state)
        run.begin()
        run.job("work", "failure")
        run.finish("failure")
        assert adopt(ears) == adopted
        if adopted:
            follow(ears.here.bot, jobs(ears)[0])
            assert jobs(ears)[0].outcome is Outcome.ERROR


@pytest.mark.parametrize("change", ["no memory", "edited", "another's memory"])
def test_what_the_comment_does_not_prove_is_not_believed(tmp_path: Path, change: str) -> None:
    with hearing(tmp_path) as ears:
        here = ears.here
        issue = here.repository.issue("Say hello", SPEC, by="alice")
        run = started(ears, issue, remembered=change != "no memory")
        if change == "edited":
            issue.edit(body=SPEC.replace("hello", "bye"))
        elif change == "another's memory":
            (comment,) = issue.comments
            wrong = pin_issue(issue.number, issue.title, "another text").sha256
            comment.edit(comment.body.replace(pin_issue(issue.number, issue.title, issue.body).sha256, wrong))
        assert adopt(ears) == 1
        (job,) = jobs(ears)
        assert job.target_branch == f"mtor/{issue.number}-say-hello"
        # Only the text of the run's own name is pinned.
        assert bool(job.pins) is (change == "edited")
        run.begin()
        run.job("work", "failure", annotation="The hosted runner lost communication with the server.")
        run.finish("failure")
        follow(here.bot, job)
        (job,) = jobs(ears)
        assert (job.outcome is Outcome.ERROR) is (not job.pins)
        if not job.pins:
            assert "is not known" in job.reason


def test_a_repeated_run_of_an_adopted_job_is_the_apps_own(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        issue = ears.here.repository.issue("Say hello", SPEC, by="alice")
        run = started(ears, issue)
        adopt(ears)
        run.begin()
        run.job("work", "failure", annotation="The hosted runner lost communication with the server.")
        run.finish("failure")
        follow(ears.here.bot, jobs(ears)[0])
        (job,) = jobs(ears)
        assert (job.state, job.attempt, job.run_id) == (JobState.STARTING, 2, None)
        attempts.change(ears.here.bot.engine, attempts.last(ears.here.bot.engine, job), not_before=0.0)
        dispatch(ears.here.bot, job)
        (_, again) = ears.here.repository.runs.values()
        assert (again.inputs["job"], again.inputs["attempt"]) == (job.id, "2")
        assert json.loads(again.inputs["spec"])[0]["sha256"] == job.pins[0].sha256


@pytest.mark.parametrize("strange", ["by hand", "the App's own", "a pull request's"])
def test_other_runs_are_left_alone(tmp_path: Path, strange: str) -> None:
    with hearing(tmp_path) as ears:
        issue = ears.here.repository.issue("Say hello", SPEC, by="alice")
        run = started(ears, issue)
        if strange == "a pull request's":
            run.event = "pull_request"
        else:
            run.display_title = f"mtor #{issue.number}" + ("" if strange == "by hand" else " 0123456789abcdef.1")
        assert adopt(ears) == 0
        run.begin()
        ears.act()
        assert jobs(ears) == []


def test_two_runs_of_one_spec_from_both_ways_come_to_one(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        here = ears.here
        issue = here.repository.issue("Say hello", SPEC, by="alice")
        event_run = started(ears, issue)
        here.github.settle()
        # The run's own webhooks are lost.
        ears.came.clear()
        issue.comment("/mtor run", by="alice")
        ears.act()
        (job,) = jobs(ears)
        dispatch(here.bot, job)
        (_, ours) = here.repository.runs.values()
        # The later of the two leaves without a result, as the runner's first step does.
        ours.begin()
        ours.job("work", "success")
        ours.finish("success")
        follow(here.bot, jobs(ears)[0])
        (job,) = jobs(ears)
        assert (job.run_id, job.named) == (event_run.id, event_run.inputs["job"])
        assert adopt(ears) == 0


def test_new_repositories_are_looked_at_soon(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        here, now = ears.here, ears.here.bot.clock.now()

        def due() -> float:
            with here.bot.engine.connect() as connection:
                at = connection.execute(sa.select(TURNS.c.at).filter_by(name=RECONCILE)).scalar_one()
            return float(at) + here.bot.clock.scaled(PASS_SECONDS)

        with here.bot.engine.begin() as connection:
            connection.execute(sa.update(TURNS).filter_by(name=RECONCILE).values(at=now + 1000))
        assert due() > now + 1000
        here.github.app.add(here.installation, here.github.repository("acme/other", {}))
        ears.act()
        assert due() <= here.bot.clock.now()
