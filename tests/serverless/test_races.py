"""Event runs at the same time, killed, or with answers that are lost: no job twice, none lost, one sticky comment."""

from __future__ import annotations

import json
import os
import random
import threading
from typing import TYPE_CHECKING

import pytest

from mtor_action.github.actions.dispatched_runs import digest_in
from scripted_runs import WARM_UP, spec
from serverless.desk import Desk, open_desk
from standins.github.runner.stages import environment, of_run, stages
from standins.night.loop import wait_until
from standins.nursery import MTOR, nursery

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from standins.github import Issue, Run
    from standins.nursery import Child

SPEC = spec("one = 'right'\n")
FINAL = {"mtor:done", "mtor:failed"}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path) as desk:
        yield desk


def begun(desk: Desk, run: Run) -> Child:
    """`mtor event` for this run, in a process of its own."""
    desk.heard.add(run.id)
    text = run.repository.read(run.path, run.sha)
    assert text is not None
    stage = next(stage for stage in stages(text) if stage.job == "event")
    path = desk.folder / f"event-{run.id}.json"
    path.write_text(json.dumps(run.payload))
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(desk.folder),
        "GITHUB_REPOSITORY": run.repository.full_name,
        "GITHUB_API_URL": desk.github.api_url,
        "GITHUB_EVENT_NAME": run.event,
        "GITHUB_EVENT_PATH": str(path),
        "GITHUB_RUN_ID": str(run.id),
        "GITHUB_RUN_ATTEMPT": "1",
        **environment(stage, {**of_run(run), "github.token": run.token(stage.permissions).value}),
    }
    with (desk.folder / f"log-{run.id}").open("wb") as log:
        warm, sink = nursery(WARM_UP), log.fileno()
        return warm.start(MTOR, ["event"], env=environ, cwd=desk.folder, stdout=sink, stderr=sink)


def newest(desk: Desk) -> Run:
    return [run for run in desk.repository.runs.values() if run.payload][-1]


def work(desk: Desk) -> None:
    """Let all that was dispatched be worked on: of runs with one name the first, whose publish job shows the end."""
    seen: set[str] = set()
    for run in desk.jobs:
        if run.status == "completed":
            seen.add(run.display_title)
            continue
        is_twin = run.display_title in seen
        seen.add(run.display_title)
        run.finish("success")
        if not is_twin:
            run.artifact("mtor-result", {"result.json": "{}"})
            desk.end(run)


def effective(desk: Desk, issue: Issue) -> int:
    """How many of the runs for an issue have worked."""
    return sum(bool(run.artifacts) for run in desk.jobs if run.inputs["issue"] == str(issue.number))


@pytest.mark.parametrize(
    ("at", "refused"),
    [
        ("POST */dispatches", False),
        ("POST */graphql mutation", False),
        ("POST */dispatches", True),
        ("POST */comments", True),
        ("PUT */labels", True),
        ("POST */reactions", True),
    ],
)
def test_a_kill_at_any_write_neither_loses_the_job_nor_does_it_twice(desk: Desk, at: str, *, refused: bool) -> None:
    """With GraphQL's mutation, and by REST where that is refused."""
    if refused:
        desk.github.faults.refuse("POST */graphql mutation", 403, "Resource not accessible by integration", times=-1)
    issue = desk.repository.issue("Make it right", SPEC, by="ada")
    issue.label("mtor", by="ada")
    process = begun(desk, newest(desk))
    desk.github.faults.before(at, process.kill)
    process.wait()
    wait_until(lambda: len(desk.jobs) == 1)  # GitHub does what it was asked for
    if "mtor" in issue.label_names:  # somebody notices, and asks again
        issue.unlabel("mtor", by="ada")
        issue.label("mtor", by="ada")
        desk.hear()
        assert "Already at work" in desk.answers(issue)
    work(desk)
    assert (effective(desk, issue), issue.label_names) == (1, ["mtor:done"])
    (status,) = desk.statuses(issue)
    assert "**clean**" in status


def test_a_kill_before_the_first_write_is_made_good_by_the_next_label(desk: Desk) -> None:
    lost, next_issue = (desk.repository.issue("Make it right", SPEC, by="ada") for _ in range(2))
    lost.label("mtor", by="ada")
    process = begun(desk, newest(desk))
    desk.github.faults.before("GET */git/trees/*", process.kill)
    process.wait()
    assert desk.jobs == []
    desk.github.clock.advance(3_600.0)
    next_issue.label("mtor", by="ada")
    assert f"caught up with #{lost.number}" in desk.hear()[-1]
    work(desk)
    assert [effective(desk, issue) for issue in (lost, next_issue)] == [1, 1]
    assert [issue.label_names for issue in (lost, next_issue)] == [["mtor:done"]] * 2


def test_a_label_that_was_answered_and_left_on_is_only_taken_off(desk: Desk) -> None:
    first, second = (desk.repository.issue("Make it right", SPEC, by="ada") for _ in range(2))
    first.label("mtor", by="ada")
    process = begun(desk, newest(desk))
    desk.github.faults.before("POST */dispatches", process.kill)
    process.wait()
    wait_until(lambda: len(desk.jobs) == 1)
    for run in desk.jobs:
        run.finish("failure")  # and its publish job was lost, too
    desk.github.clock.advance(3_600.0)
    second.label("mtor", by="ada")
    desk.hear()
    assert [run.inputs["issue"] for run in desk.jobs] == [str(first.number), str(second.number)]
    assert "mtor" not in first.label_names


@pytest.mark.parametrize("is_apps", [False, True])
@pytest.mark.parametrize("asked", ["label", "comment"])
def test_an_event_run_that_begins_after_the_work_was_done_starts_nothing(desk: Desk, asked: str, is_apps: bool) -> None:
    """The App, too, may have heard of it, or somebody has an event run played once more."""
    issue = desk.repository.issue("Make it right", SPEC, by="ada")
    ask(issue, asked)
    desk.hear()
    (run,) = desk.jobs
    if is_apps:
        run.display_title = f"mtor #{issue.number} {digest_in(run.inputs['job'])}-89abcdef.1"
    run.finish()
    desk.heard.clear()
    desk.hear()
    assert desk.jobs == [run]
    assert "mtor" not in issue.label_names
    assert f"Worked on since this was asked for: [the run](<{run.html_url}>)" in desk.answers(issue)
    # Another text, and asked for once more.
    issue.edit("ada", body=spec("one = 'better'\n"))
    for number in (2, 3):
        ask(issue, asked)
        desk.hear()
        assert len(desk.jobs) == number
        desk.jobs[-1].finish()


def ask(issue: Issue, asked: str) -> None:
    issue.label("mtor", by="ada") if asked == "label" else issue.comment("/mtor run", by="ada")


@pytest.mark.parametrize("seed", range(6))
def test_two_event_runs_at_once_under_faults_make_one_job_and_one_comment(desk: Desk, seed: int) -> None:
    chance = random.Random(seed)
    issue = desk.repository.issue("Make it right", SPEC, by="ada")
    issue.label("mtor", by="ada")
    runs = [newest(desk)]
    issue.comment("/mtor run", by="ada")
    runs.append(newest(desk))
    if seed:
        pattern = chance.choice(["POST */dispatches", "POST */graphql mutation", "GET */runs*"])
        desk.github.faults.reset(pattern, after_effect=chance.random() < 0.7)
        desk.github.faults.run_list_lag_seconds = chance.choice([0.0, 30.0])
    processes = [begun(desk, run) for run in runs]
    if seed % 3 == 2:
        desk.github.faults.before("POST */graphql mutation", processes[chance.randrange(2)].kill)
    for process in processes:
        process.wait()
    desk.github.faults.clear()
    work(desk)
    # Runs with one name are one job: the later leaves.
    assert len({run.display_title for run in desk.jobs}) == 1
    assert (effective(desk, issue), len(desk.statuses(issue))) == (1, 1)
    assert FINAL & set(issue.label_names) == {"mtor:done"}


def test_event_runs_that_post_at_the_same_moment_leave_one_sticky_comment(desk: Desk) -> None:
    issue = desk.repository.issue("Make it right", SPEC, by="ada")
    bodies = [f"/mtor run\n{spec(f'one = {word!r}')}" for word in ("right", "wrong", "left")]
    runs = []
    for body in bodies:
        issue.comment(body, by="ada")
        runs.append(newest(desk))
    gate = threading.Barrier(len(runs))
    desk.github.faults.before("POST */graphql mutation", lambda: gate.wait(20), times=len(runs))
    processes = [begun(desk, run) for run in runs]
    for process in processes:
        process.wait()
    assert len(desk.statuses(issue)) == 1
    assert len(desk.jobs) == len(runs)


def test_a_run_that_is_started_again_starts_nothing(desk: Desk) -> None:
    issue = desk.repository.issue("Make it right", SPEC, by="ada")
    issue.label("mtor", by="ada")
    newest(desk).attempt = 2
    assert desk.hear() == []
    assert (desk.jobs, desk.jobs_run) == ([], [])
