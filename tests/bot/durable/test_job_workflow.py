"""Jobs from the request to the end, by a bot in a process of its own, with whatever may happen on the way."""

from __future__ import annotations

import signal
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from bot.bots import publish, scene, statuses, until, works
from mtor_action.report.report import Outcome
from mtor_bot.jobs import cancel, job_rows, workflow_runs
from mtor_bot.jobs.job_record import JobState
from mtor_bot.jobs.obstacles import UNINSTALLED
from mtor_bot.jobs.run_webhooks import RunEvent, signal_run
from standins.github.faults import Manner

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bot.bots import Scene
    from standins.github.runs import Run

LOST = "The hosted runner: GitHub Actions 2 lost communication with the server."
DISPATCH = "POST */dispatches"


def test_a_job_is_dispatched_followed_and_announced(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        here.github.play(works)
        issue = here.repository.issue("Title", "body", by="alice")
        bot = here.start().ready()
        job = here.told(here.ask(issue))
        (run,) = here.repository.runs.values()
        bot.send(signal.SIGTERM)
        assert bot.wait() == 0
        assert (job.outcome, job.pull_request, job.run_id) == (Outcome.CLEAN, 7, run.id)
        assert run.inputs["job"] == job.id
        assert run.inputs["attempt"] == "1"
        assert run.inputs["requester"] == "alice"
        assert len(statuses(issue)) == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500, "after_effect": True},
        {"status": 502, "after_effect": True},
        {"manner": Manner.TIMEOUT, "seconds": 5.0, "after_effect": True},
        {"manner": Manner.RESET, "after_effect": True},
        {"status": 502},
        {"manner": Manner.RESET},
    ],
)
def test_an_answer_that_is_lost_starts_no_second_run_though_lists_lag(tmp_path: Path, fault: dict[str, Any]) -> None:
    with scene(tmp_path) as here:
        here.github.play(works)
        here.github.faults.add(DISPATCH, **fault)
        here.github.faults.run_list_lag_seconds = 30.0
        issue = here.repository.issue("Title", "body", by="alice")
        here.start().ready()
        assert here.told(here.ask(issue)).outcome is Outcome.CLEAN
        assert len(here.repository.runs) == 1
        assert len(statuses(issue)) == 1


def lost_twice(run: Run) -> None:
    attempt = int(run.inputs["attempt"])
    run.begin()
    if attempt < 3:
        run.job("work", "failure", annotation=LOST)
        run.finish("failure")
    else:
        works(run)


def never_starts(run: Run) -> None:
    run.finish("startup_failure")


def publish_fails_once(run: Run) -> None:
    run.begin()
    if run.attempt == 1:
        run.job("work", "success")
        run.job("publish", "failure", annotation="Resource not accessible")
        run.finish("failure")
    else:
        publish(run)


def publish_always_fails(run: Run) -> None:
    run.begin()
    run.job("work", "success")
    run.job("publish", "failure")
    run.finish("failure")


def says_nothing(run: Run) -> None:
    run.begin()
    run.job("work", "success")
    run.job("publish", "success")
    run.finish("success")


def another_jobs_result(run: Run) -> None:
    run.begin()
    run.job("work", "success")
    publish(run, job="another")


def stalled(run: Run) -> None:
    run.begin()
    run.job("work", "success")
    publish(run, outcome="stalled", pull_request=None, reason="echo")


def cancelled_by_a_person(run: Run) -> None:
    run.begin()
    run.job("work", "cancelled")
    run.finish("cancelled")


@pytest.mark.parametrize(
    ("runner", "outcome", "dispatched", "reason"),
    [
        (lost_twice, Outcome.CLEAN, 3, ""),
        (never_starts, Outcome.ERROR, 3, "Given up after 3 attempts. The workflow run could not be started."),
        (publish_fails_once, Outcome.CLEAN, 1, ""),
        (publish_always_fails, Outcome.ERROR, 1, "The work is done, but publishing it failed every time."),
        (says_nothing, Outcome.ERROR, 1, "The workflow run ended without a result."),
        (another_jobs_result, Outcome.ERROR, 1, "The workflow run ended without a result."),
        (stalled, Outcome.STALLED, 1, "echo"),
        (cancelled_by_a_person, Outcome.CANCELLED, 1, "The workflow run was cancelled on GitHub."),
    ],
)
def test_how_a_run_ends_decides_what_follows(
    tmp_path: Path, runner: Callable[[Run], None], outcome: Outcome, dispatched: int, reason: str
) -> None:
    with scene(tmp_path) as here:
        here.github.play(runner)
        issue = here.repository.issue("Title", "body", by="alice")
        here.start().ready()
        job = here.told(here.ask(issue))
        assert (job.outcome, job.reason) == (outcome, reason)
        assert len(here.repository.runs) == dispatched
        assert len(statuses(issue)) == 1


def uninstalled(here: Scene) -> None:
    here.github.app.uninstall(here.installation)


def suspended(here: Scene) -> None:
    here.github.app.suspend(here.installation)


def archived(here: Scene) -> None:
    here.repository.archive()


def deleted(here: Scene) -> None:
    here.repository.delete()


def taken_away(here: Scene) -> None:
    here.github.app.remove(here.installation, here.repository)


def transferred(here: Scene) -> None:
    here.repository.rename("elsewhere/widget")


def no_workflow(here: Scene) -> None:
    here.repository.commit({workflow_runs.PATH: None}, "no workflow")


def disabled(here: Scene) -> None:
    here.repository.disabled_workflows.add(workflow_runs.PATH)


def policy(here: Scene) -> None:
    here.repository.dispatch_refusal = (422, "Your organization does not allow this workflow to be dispatched.")


def issue_deleted(here: Scene) -> None:
    here.repository.issues[1].delete()


def issue_closed(here: Scene) -> None:
    here.repository.issues[1].close("alice")


def base_renamed(here: Scene) -> None:
    here.repository.rename_default_branch("trunk")


@pytest.mark.parametrize(
    ("happens", "outcome", "sentence"),
    [
        (uninstalled, Outcome.ERROR, "The App was uninstalled."),
        (suspended, Outcome.ERROR, "The App's installation is suspended."),
        (archived, Outcome.ERROR, "The repository is archived."),
        (deleted, Outcome.ERROR, "The App no longer sees the repository"),
        (taken_away, Outcome.ERROR, "The App no longer sees the repository"),
        (no_workflow, Outcome.ERROR, "The default branch has no .github/workflows/mtor.yml."),
        (disabled, Outcome.ERROR, "The workflow .github/workflows/mtor.yml is disabled."),
        (policy, Outcome.ERROR, "Your organization does not allow this workflow to be dispatched."),
        (issue_deleted, Outcome.ERROR, "The issue was deleted or moved"),
        (issue_closed, Outcome.CANCELLED, "It was closed before the job started."),
        (base_renamed, Outcome.ERROR, "The branch main is gone; the default branch is trunk."),
    ],
)
def test_what_takes_the_ground_away_ends_the_job_with_a_sentence_and_a_next_step(
    tmp_path: Path, happens: Callable[[Scene], None], outcome: Outcome, sentence: str
) -> None:
    with scene(tmp_path) as here:
        issue = here.repository.issue("Title", "body", by="alice")
        job = job_rows.request(here.bot.engine, here.request(issue), here.bot.clock.now()).job
        happens(here)
        here.start().ready()
        ended = here.told(here.ask(issue))
        assert ended.id == job.id
        assert (ended.outcome, ended.is_finished) == (outcome, True)
        assert sentence in ended.reason
        assert ended.next_step
        assert not here.repository.runs


def test_a_renamed_repository_is_followed_to_its_new_name(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        here.github.play(works)
        issue = here.repository.issue("Title", "body", by="alice")
        job = job_rows.request(here.bot.engine, here.request(issue), here.bot.clock.now()).job
        here.repository.rename("acme/gadget")
        here.start().ready()
        here.ask(issue)
        ended = here.told(job)
        assert (ended.outcome, ended.repository) == (Outcome.CLEAN, "acme/gadget")


def obeys(run: Run) -> None:
    run.begin()
    run.job("work")
    until(lambda: run.cancel_requested)
    run.finish("cancelled")


def disobeys(run: Run) -> None:
    run.begin()
    run.job("work")
    until(lambda: run.cancel_requested == "force-cancel")


@pytest.mark.parametrize(("runner", "asked"), [(obeys, "cancel"), (disobeys, "force-cancel"), (None, "cancel")])
def test_a_cancellation_reaches_the_runner(tmp_path: Path, runner: Callable[[Run], None] | None, asked: str) -> None:
    with scene(tmp_path) as here:
        here.github.play(runner)
        issue = here.repository.issue("Title", "body", by="alice")
        here.start().ready()
        job = here.ask(issue)
        here.until(job, lambda now: now.state is (JobState.RUNNING if runner else JobState.DISPATCHED))
        assert cancel.cancel(here.bot, job.id, "alice")
        ended = here.told(job)
        (run,) = here.repository.runs.values()
        assert (ended.outcome, ended.reason) == (Outcome.CANCELLED, "Cancelled by alice.")
        assert (run.conclusion, run.cancel_requested) == ("cancelled", asked)


def test_a_cancelled_job_that_waited_is_announced_and_starts_no_run(tmp_path: Path) -> None:
    with scene(tmp_path, max_jobs=1) as here:
        issues = [here.repository.issue(f"Title {number}", "body", by="alice") for number in (1, 2)]
        here.start().ready()
        first, second = (here.ask(issue, event=issue.number) for issue in issues)
        assert second.waits_for == "The limit of 1 jobs at a time is reached."
        cancel.cancel(here.bot, second.id, "alice")
        assert here.told(second).outcome is Outcome.CANCELLED
        assert len(statuses(issues[1])) == 1
        here.until(first, lambda now: now.run_id)
        assert len(here.repository.runs) == 1


def test_the_next_job_starts_when_one_has_ended(tmp_path: Path) -> None:
    with scene(tmp_path, max_jobs=1) as here:
        here.github.play(works)
        issues = [here.repository.issue(f"Title {number}", "body", by="alice") for number in range(1, 4)]
        here.start().ready()
        jobs = [here.ask(issue, event=issue.number) for issue in issues]
        ended = [here.told(job) for job in jobs]
        assert {job.outcome for job in ended} == {Outcome.CLEAN}
        assert [run.inputs["job"] for run in here.repository.runs.values()] == [job.id for job in jobs]


def test_github_that_limits_and_fails_for_a_while_is_waited_for(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        here.github.play(works)
        here.github.faults.secondary_limit("GET */issues/1", times=6)
        here.github.faults.rate_limit(DISPATCH, seconds=30.0)
        here.github.faults.add("GET */actions/runs/*", 503, times=6)
        issue = here.repository.issue("Title", "body", by="alice")
        here.start().ready()
        assert here.told(here.ask(issue)).outcome is Outcome.CLEAN
        assert len(here.repository.runs) == 1


def event(run: Run, **changes: Any) -> RunEvent:
    given = RunEvent(
        run.repository.id,
        run.id,
        run.attempt,
        run.display_title,
        "workflow_dispatch",
        workflow_runs.PATH,
        run.status,
        "",
        run.html_url,
    )
    return replace(given, **changes)


def test_a_run_is_adopted_by_its_webhook_only_if_it_was_dispatched_and_is_ours(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        here.github.faults.add(DISPATCH, 502, after_effect=True)
        here.github.faults.run_list_lag_seconds = 3600.0
        issue = here.repository.issue("Title", "body", by="alice")
        here.start().ready()
        job = here.ask(issue)
        until(lambda: here.repository.runs)
        (run,) = here.repository.runs.values()
        forged: list[dict[str, Any]] = [
            {"event": "pull_request"},
            {"path": ".github/workflows/other.yml"},
            {"repository_id": 1},
            {"display_title": f"mtor #1 {job.id}.2"},
            {"display_title": "mtor #1"},
            {"display_title": f"mtor #1 {job.id}.1; rm -rf"},
        ]
        assert [signal_run(here.bot, event(run, **changes)) for changes in forged] == [None] * len(forged)
        assert here.job(job.id).run_id is None
        assert signal_run(here.bot, event(run)) == job.id
        # A twin has a higher id, and leaves at once.
        assert signal_run(here.bot, event(run, run_id=run.id + 1)) == job.id
        assert here.until(job, lambda now: now.state is JobState.DISPATCHED).run_id == run.id
        assert len(here.repository.runs) == 1


def test_a_run_that_shows_up_after_its_job_was_cancelled_is_cancelled(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        here.github.faults.add(DISPATCH, 502, after_effect=True)
        here.github.faults.run_list_lag_seconds = 36000.0
        issue = here.repository.issue("Title", "body", by="alice")
        here.start().ready()
        job = here.ask(issue)
        until(lambda: here.repository.runs)
        cancel.cancel(here.bot, job.id, "alice")
        here.told(job)
        (run,) = here.repository.runs.values()
        assert run.conclusion is None
        signal_run(here.bot, event(run))
        assert run.conclusion == "cancelled"


def test_an_uninstallation_ends_what_runs(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        issue = here.repository.issue("Title", "body", by="alice")
        here.start().ready()
        job = here.ask(issue)
        here.until(job, lambda now: now.run_id)
        here.github.app.uninstall(here.installation)
        assert cancel.end_installation(here.bot, here.installation.id, UNINSTALLED) == [job.id]
        ended = here.told(job)
        assert ended.reason == "The App was uninstalled."
        assert any("could not say so on GitHub" in line for line in here.notes(job))


def test_a_deleted_run_ends_the_job(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        issue = here.repository.issue("Title", "body", by="alice")
        here.start().ready()
        job = here.ask(issue)
        here.until(job, lambda now: now.run_id)
        here.repository.runs.clear()
        assert here.told(job).reason == "The workflow run was deleted."
