"""Runs that end at the same time all reach the branch mtor-coaching, each once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from mtor_action.coaching.runs import read_runs
from mtor_action.github.client import connect
from mtor_action.github.remembering_client import remembering
from mtor_action.github.tokens import github_token
from mtor_action.publish.coaching_branch import hand_back
from mtor_action.publish.credentials import ActingAccount
from mtor_action.report.report import Outcome
from mtor_action.repository.remote import Remote, empty_repository
from publishing import reported
from standins.github import GitHubSandbox

if TYPE_CHECKING:
    from pathlib import Path


def test_runs_that_end_at_once_are_all_recorded(tmp_path: Path) -> None:
    with GitHubSandbox(tmp_path / "sandbox") as github:
        repository = github.repository("alice/garden")
        repository.commit({"coaching.yml": "notes:\n"}, branch="mtor-coaching")
        token = repository.token("github-actions[bot]", {"contents": "write"}).value

        def write(job: str) -> list[str]:
            folder = tmp_path / job
            folder.mkdir()
            login = "github-actions[bot]"
            client = remembering(connect(token, "alice/garden", api_url=github.api_url, login=login))
            account = ActingAccount(github_token(token), client, Remote(f"{github.url}/alice/garden.git", token))
            report = reported(Outcome.CLEAN)
            report.job = job
            return hand_back(empty_repository(folder), account, report, 1, issue=7)

        jobs = [f"j-{number}" for number in range(5)]
        with ThreadPoolExecutor(len(jobs)) as pool:
            said = list(pool.map(write, jobs))

        git = repository.git
        (path,) = git.lines("ls-tree", "-r", "--name-only", "mtor-coaching", "runs/")
        runs = read_runs(git.run("show", f"mtor-coaching:{path}"))

    assert said == [[]] * len(jobs)
    assert sorted(run.job for run in runs) == jobs
    assert {run.issue for run in runs} == {7}
