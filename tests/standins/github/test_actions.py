from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from github_scene import Scene as Made
from standins.github import GitHubSandbox, Run

if TYPE_CHECKING:
    from pathlib import Path

    from github_scene import Caller, Scene

R = "/repos/acme/widget"
FILE = f"{R}/actions/workflows/mtor.yml"
ON_PULLS = "name: ci\non: [push, pull_request]\n"


def dispatch(caller: Caller, ref: str = "main", **inputs: str) -> int:
    return caller.call(f"POST {FILE}/dispatches", {"ref": ref, "inputs": inputs}).status_code


@pytest.mark.parametrize(
    ("inputs", "title"),
    [
        ({"issue": "12", "job": "J-1", "attempt": "2"}, "mtor #12 J-1.2"),
        ({"issue": "12", "job": "J-1"}, "mtor #12 J-1.1"),
        ({"issue": "12"}, "mtor #12 "),
    ],
)
def test_a_run_is_named_by_the_workflows_run_name(scene: Scene, inputs: dict[str, str], title: str) -> None:
    bot = scene.bot()
    assert dispatch(bot, **inputs) == 204
    (run,) = bot.call(f"GET {FILE}/runs").json()["workflow_runs"]
    assert (run["display_title"], run["event"], run["status"], run["actor"]["login"]) == (
        title,
        "workflow_dispatch",
        "queued",
        "mtor[bot]",
    )


@pytest.mark.parametrize(
    ("file", "body", "status", "message"),
    [
        ("none.yml", {"ref": "main"}, 404, "Not Found"),
        ("mtor.yml", {"ref": "none"}, 422, "No ref found for: none"),
        ("mtor.yml", {"ref": "main"}, 422, "Required input 'issue' not provided"),
        ("mtor.yml", {"ref": "main", "inputs": {"isue": "1"}}, 422, 'Unexpected inputs provided: ["isue"]'),
        ("mtor.yml", {"ref": "main", "inputs": {"issue": "1" * 65_531}}, 422, "inputs are too large."),
        ("ci.yml", {"ref": "main"}, 422, "Workflow does not have 'workflow_dispatch' trigger"),
        ("off.yml", {"ref": "main"}, 403, "Cannot trigger a 'workflow_dispatch' on a disabled workflow"),
    ],
)
def test_a_dispatch_that_github_refuses_starts_nothing(
    scene: Scene, file: str, body: dict[str, Any], status: int, message: str
) -> None:
    folder, repository = ".github/workflows/", scene.repository
    repository.commit({f"{folder}ci.yml": "on: issues\n", f"{folder}off.yml": "on: workflow_dispatch\n"})
    repository.disabled_workflows.add(f"{folder}off.yml")
    assert scene.bot().said(f"POST {R}/actions/workflows/{file}/dispatches", body) == (status, message)
    assert not repository.runs


def test_a_policy_refuses_with_its_own_words(scene: Scene) -> None:
    scene.repository.dispatch_refusal = (422, "Workflow runs are restricted by your organization")
    refused = scene.bot().said(f"POST {FILE}/dispatches", {"ref": "main", "inputs": {"issue": "1"}})
    assert refused == (422, "Workflow runs are restricted by your organization")


def test_the_run_is_told_only_to_who_asks_for_it(scene: Scene) -> None:
    body = {"ref": "main", "inputs": {"issue": "1"}, "return_run_details": True}
    answer = scene.bot().call(f"POST {FILE}/dispatches", body)
    assert answer.status_code == 200
    assert answer.json()["workflow_run_id"] == next(iter(scene.repository.runs))


def test_an_old_server_knows_no_run_details_and_ten_inputs(tmp_path: Path) -> None:
    with GitHubSandbox(tmp_path, version="ghes-3.17") as github:
        scene = Made(github)
        bot, body = scene.bot(), {"ref": "main", "inputs": {"issue": "1"}}
        status, message = bot.said(f"POST {FILE}/dispatches", {**body, "return_run_details": True})
        assert (status, '"return_run_details" is not a permitted key' in message) == (422, True)
        assert bot.call(f"POST {FILE}/dispatches", body).status_code == 204
        scene.close()


@pytest.mark.parametrize(("version", "most"), [("api.github.com", 25), ("ghes-3.17", 10)])
def test_a_dispatch_has_so_many_inputs_and_no_more(tmp_path: Path, version: str, most: int) -> None:
    with GitHubSandbox(tmp_path, version=version, validate=False) as github:
        scene = Made(github)
        bot, body = scene.bot(), {"ref": "main", "inputs": {f"i{number}": "" for number in range(most + 1)}}
        assert f"up to {most} `inputs`" in bot.said(f"POST {FILE}/dispatches", body)[1]
        del body["inputs"]["i0"]  # type: ignore[attr-defined]
        assert "Unexpected inputs" in bot.said(f"POST {FILE}/dispatches", body)[1]
        scene.close()


def test_lists_of_runs_lag_and_a_run_by_its_id_does_not(scene: Scene) -> None:
    bot = scene.bot()
    scene.github.faults.run_list_lag_seconds = 6000
    assert dispatch(bot, issue="1") == 204
    (run,) = scene.repository.runs.values()
    assert bot.call(f"GET {R}/actions/runs").json()["total_count"] == 0
    assert bot.call(f"GET {R}/actions/runs/{run.id}").status_code == 200
    scene.github.clock.advance(60.1)
    assert bot.call(f"GET {R}/actions/runs").json()["total_count"] == 1


def test_a_run_is_played_by_whoever_wants_to(scene: Scene) -> None:
    def runner(run: Run) -> None:
        run.job("work", "success")
        if run.attempt == 1:
            run.artifact("mtor-result", {"result.json": "{}"})
            run.job("publish", "failure", annotation="The hosted runner lost communication with the server.")
        else:
            run.job("publish", "success")
        run.finish("failure" if run.attempt == 1 else "success")

    scene.github.play(runner)
    bot = scene.bot()
    assert dispatch(bot, issue="1") == 204
    scene.github.settle()
    (run,) = scene.repository.runs.values()
    jobs = bot.call(f"GET {R}/actions/runs/{run.id}/jobs").json()["jobs"]
    assert [(job["name"], job["conclusion"]) for job in jobs] == [("work", "success"), ("publish", "failure")]
    (note,) = bot.call(f"GET {R}/check-runs/{jobs[1]['id']}/annotations").json()
    assert "lost communication" in note["message"]

    assert bot.call(f"POST {R}/actions/runs/{run.id}/rerun-failed-jobs").status_code == 201
    scene.github.settle()
    assert (run.attempt, run.conclusion) == (2, "success")
    again = bot.call(f"GET {R}/actions/runs/{run.id}/jobs").json()["jobs"]
    assert [(job["name"], job["run_attempt"], job["conclusion"]) for job in again] == [
        ("work", 2, "success"),
        ("publish", 2, "success"),
    ]
    first = bot.call(f"GET {R}/actions/runs/{run.id}/attempts/1").json()
    assert (first["run_attempt"], first["conclusion"]) == (1, "failure")


def test_an_artifact_comes_from_a_signed_address_that_wants_no_token(scene: Scene) -> None:
    bot = scene.bot()
    dispatch(bot, issue="1")
    (run,) = scene.repository.runs.values()
    run.artifact("mtor-result", {"result.json": "{}"})
    (listed,) = bot.call(f"GET {R}/actions/runs/{run.id}/artifacts?name=mtor-result").json()["artifacts"]
    redirect = bot.http.get(listed["archive_download_url"])
    assert redirect.status_code == 302
    assert bot.http.get(redirect.headers["location"]).status_code == 403
    archive = scene.caller("").http.get(redirect.headers["location"])
    assert zipfile.ZipFile(io.BytesIO(archive.content)).read("result.json") == b"{}"
    run.artifacts[0].expired = True
    assert bot.http.get(listed["archive_download_url"]).status_code == 410


def test_a_jobs_log_comes_from_a_signed_address_that_wants_no_token(scene: Scene) -> None:
    bot = scene.bot()
    dispatch(bot, issue="1")
    (run,) = scene.repository.runs.values()
    job = run.job("work")
    address = f"{R}/actions/jobs/{job.id}/logs"
    assert bot.call(f"GET {address}").status_code == 404
    job.log = b"red\n"
    job.end("failure")
    redirect = bot.call(f"GET {address}")
    assert redirect.status_code == 302
    assert bot.http.get(redirect.headers["location"]).status_code == 403
    assert scene.caller("").http.get(redirect.headers["location"]).content == b"red\n"
    job.log = None
    assert bot.call(f"GET {address}").status_code == 410


def test_a_queued_run_is_cancelled_at_once_and_a_running_one_when_its_runner_obeys(scene: Scene) -> None:
    bot = scene.bot()
    dispatch(bot, issue="1")
    dispatch(bot, issue="2")
    queued, running = scene.repository.runs.values()
    running.begin()
    for run in (queued, running):
        assert bot.call(f"POST {R}/actions/runs/{run.id}/cancel").status_code == 202
    assert (queued.conclusion, running.conclusion, running.cancel_requested) == ("cancelled", None, "cancel")
    assert bot.call(f"POST {R}/actions/runs/{queued.id}/cancel").status_code == 409
    assert bot.call(f"POST {R}/actions/runs/{running.id}/force-cancel").status_code == 202
    assert running.conclusion == "cancelled"


def test_with_queue_max_a_hundred_wait_none_is_cancelled_and_what_comes_then_is(scene: Scene) -> None:
    file = ".github/workflows/group.yml"
    scene.repository.commit({file: "on: workflow_dispatch\nconcurrency: {group: one, queue: max}\n"})
    bot = scene.bot()
    for _ in range(102):
        assert bot.call(f"POST {R}/actions/workflows/group.yml/dispatches", {"ref": "main"}).status_code == 204
    first, *others, last = scene.repository.runs.values()
    assert {run.status for run in others} == {"pending"}
    assert (first.status, last.conclusion) == ("queued", "cancelled")
    first.finish()
    assert [run.status for run in others].count("queued") == 1


def test_github_token_starts_no_workflow_and_only_the_types_that_are_named_do(scene: Scene) -> None:
    file = ".github/workflows/events.yml"
    scene.repository.commit({file: "on: {issues: {types: [labeled]}, issue_comment: {types: [created]}}\n"})
    issue = scene.repository.issue("One", "text", by="alice")
    issue.comment("hello", by="github-actions[bot]")
    issue.comment("hello", by="alice")
    issue.label("bug", by="alice")
    issue.close(by="alice")
    runs = [run for run in scene.repository.runs.values() if run.path == file]
    assert [(run.event, run.payload["action"]) for run in runs] == [("issue_comment", "created"), ("issues", "labeled")]


def test_a_concurrency_group_keeps_one_pending_run_and_cancels_the_older(scene: Scene) -> None:
    file = ".github/workflows/group.yml"
    scene.repository.commit({file: "on: workflow_dispatch\nconcurrency: one\n"})
    started: list[int] = []
    scene.github.play(lambda run: started.append(run.id))
    bot = scene.bot()
    for _ in range(3):
        assert bot.call(f"POST {R}/actions/workflows/group.yml/dispatches", {"ref": "main"}).status_code == 204
    scene.github.settle()
    first, second, third = scene.repository.runs.values()
    assert (second.conclusion, third.status, started) == ("cancelled", "pending", [first.id])
    first.finish()
    scene.github.settle()
    assert started == [first.id, third.id]


def opened(scene: Scene, who: str) -> tuple[Caller, int]:
    """Pushed to a branch and opened as a pull request by one account, in a repository with CI."""
    repository = scene.repository
    repository.actions_may_create_pulls = True
    repository.commit({".github/workflows/ci.yml": ON_PULLS}, by="github-actions[bot]")
    caller = scene.caller(
        repository.token(who, {"actions": "write", "contents": "write", "pull_requests": "write"}).value
    )
    repository.git.run("update-ref", "refs/heads/x", repository.head() or "")
    body = {"message": "m", "content": "", "branch": "x"}
    assert caller.call(f"PUT {R}/contents/b.txt", body).status_code == 201
    answer = caller.call(f"POST {R}/pulls", {"title": "t", "head": "x", "base": "main"})
    assert answer.status_code == 201
    return caller, answer.json()["number"]


def shown(scene: Scene) -> list[tuple[str, str, str | None, int]]:
    return [(run.event, run.status, run.conclusion, run.attempt) for run in scene.repository.runs.values()]


HELD = ("pull_request", "completed", "action_required", 1)
QUEUED = ("pull_request", "queued", None, 1)


def test_what_an_app_pushes_and_opens_starts_workflows_at_once(scene: Scene) -> None:
    opened(scene, "mtor[bot]")
    assert shown(scene) == [("push", "queued", None, 1), QUEUED]


def test_what_github_token_opens_updates_and_reopens_makes_runs_that_are_held(scene: Scene) -> None:
    caller, number = opened(scene, "github-actions[bot]")
    assert shown(scene) == [HELD]
    body = {"message": "m", "content": "", "branch": "x"}
    assert caller.call(f"PUT {R}/contents/c.txt", body).status_code == 201
    for state in ("closed", "open"):
        assert caller.call(f"PATCH {R}/pulls/{number}", {"state": state}).status_code == 200
    assert shown(scene) == [HELD] * 3
    first, second, third = scene.repository.runs.values()
    assert (first.sha != second.sha, second.sha == third.sha) == (True, True)


def test_a_held_run_is_found_by_its_commit_and_has_no_job(scene: Scene) -> None:
    caller, _ = opened(scene, "github-actions[bot]")
    (run,) = scene.repository.runs.values()
    query = f"head_sha={run.sha}&status=action_required"
    (listed,) = caller.call(f"GET {R}/actions/runs?{query}").json()["workflow_runs"]
    assert (listed["id"], listed["conclusion"], listed["actor"]["login"]) == (
        run.id,
        "action_required",
        "github-actions[bot]",
    )
    assert caller.call(f"GET {R}/actions/runs/{run.id}/jobs").json()["jobs"] == []


def test_the_button_releases_a_held_run(scene: Scene) -> None:
    opened(scene, "github-actions[bot]")
    (run,) = scene.repository.runs.values()
    run.approve("alice")
    assert shown(scene) == [QUEUED]


@pytest.mark.parametrize(("who", "status"), [("mtor[bot]", 201), ("alice", 201), ("github-actions[bot]", 403)])
def test_a_held_run_is_run_again_for_people_and_apps(scene: Scene, who: str, status: int) -> None:
    caller, _ = opened(scene, "github-actions[bot]")
    (run,) = scene.repository.runs.values()
    asker = {"mtor[bot]": scene.bot(), "alice": scene.person("alice"), "github-actions[bot]": caller}[who]
    assert asker.call(f"POST {R}/actions/runs/{run.id}/rerun").status_code == status
    assert shown(scene) == [("pull_request", "queued", None, 2) if status == 201 else HELD]
    if status == 201:
        answer = asker.call(f"GET {R}/actions/runs/{run.id}").json()
        assert (answer["actor"]["login"], answer["triggering_actor"]["login"]) == ("github-actions[bot]", who)


def test_only_runs_of_forks_are_approved_over_the_api(scene: Scene) -> None:
    opened(scene, "github-actions[bot]")
    (run,) = scene.repository.runs.values()
    bot = scene.bot()
    status, words = bot.said(f"POST {R}/actions/runs/{run.id}/approve")
    assert (status, "not from a fork" in words, run.is_held) == (403, True, True)
    fork = scene.github.repository("eve/widget", fork_of=scene.repository)
    fork.commit({"e.py": ""}, branch="e", by="eve")
    scene.repository.pull_request("eve:e", "E", "", by="github-actions[bot]")
    (theirs,) = [each for each in scene.repository.runs.values() if each.is_from_fork]
    assert bot.call(f"POST {R}/actions/runs/{theirs.id}/approve").status_code == 201
    assert (theirs.status, theirs.attempt) == ("queued", 1)


def test_activities_count_as_the_workflow_lists_them(scene: Scene) -> None:
    repository = scene.repository
    texts = {"closed": "[closed]", "named": "[opened, reopened]"}
    repository.commit(
        {
            f".github/workflows/{name}.yml": f"on: {{pull_request: {{types: {types}}}}}\n"
            for name, types in texts.items()
        },
        by="github-actions[bot]",
    )
    repository.commit({"b.py": ""}, branch="x", by="alice")
    repository.pull_request("x", "X", "", by="alice")
    assert [run.path.rpartition("/")[2] for run in repository.runs.values()] == ["named.yml"]


def test_github_token_opens_no_pull_request_unless_the_repository_lets_it(scene: Scene) -> None:
    scene.repository.commit({"b.py": ""}, branch="x")
    body = {"title": "t", "head": "x", "base": "main"}
    actions = scene.actions(pull_requests="write", contents="read")
    refused = actions.said(f"POST {R}/pulls", body)
    assert refused == (403, "GitHub Actions is not permitted to create or approve pull requests.")
    scene.repository.actions_may_create_pulls = True
    assert actions.call(f"POST {R}/pulls", body).status_code == 201


def test_pull_requests_that_cannot_be_are_refused(scene: Scene) -> None:
    repository, bot = scene.repository, scene.bot()
    repository.commit({"b.py": ""}, branch="x")
    repository.supports_drafts = False
    body = {"title": "t", "head": "x", "base": "main"}
    status, message = bot.said(f"POST {R}/pulls", {**body, "draft": True})
    assert (status, message) == (422, "Draft pull requests are not supported in this repository.")
    assert bot.call(f"POST {R}/pulls", body).status_code == 201
    again = bot.call(f"POST {R}/pulls", body)
    assert (again.status_code, again.json()["errors"][0]["message"]) == (
        422,
        "A pull request already exists for acme:x.",
    )
    same = bot.call(f"POST {R}/pulls", {**body, "head": "main"})
    assert "No commits between" in same.json()["errors"][0]["message"]
    reviewers = bot.said(f"POST {R}/pulls/1/requested_reviewers", {"reviewers": ["stranger"]})
    assert "not a collaborator" in reviewers[1]
