"""The night read in this process against the stand-in, in a repository where much changed, and where little did."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mtor_action.github.client import connect
from mtor_action.night.night_on_github import read_night
from standins.github import GitHubSandbox

if TYPE_CHECKING:
    from pathlib import Path

LISTS = "*/issues"


@pytest.mark.parametrize(("changed", "lists"), [(0, 3), (101, 6)])
def test_jobs_are_found_among_few_changed_issues_and_among_many(tmp_path: Path, changed: int, lists: int) -> None:
    with GitHubSandbox(tmp_path) as github:
        repository = github.repository("acme/widget", {"a.py": "a\n"}, roles={"ada": "write"})
        github.clock.advance(-60 * 3_600.0)
        old = {state: repository.issue(state, by="ada") for state in ("queued", "running", "done")}
        for state, issue in old.items():
            issue.label(f"mtor:{state}", by="ada")
        github.clock.advance(60 * 3_600.0)
        since = github.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        jobs = {state: repository.issue(state, by="ada") for state in ("queued", "running", "done", "stalled")}
        for state, issue in jobs.items():
            issue.label(f"mtor:{state}", by="ada")
        for number in range(changed):
            repository.issue(f"something else {number}", by="ada")
        token = repository.token("github-actions[bot]", {"issues": "read", "pull_requests": "read"})
        with connect(token.value, "acme/widget", api_url=github.api_url) as client:
            states = {job.number: str(job.state) for job in read_night(client, since, ())}
        under_way = {old[state].number: state for state in ("queued", "running")}
        assert states == under_way | {issue.number: state for state, issue in jobs.items()}
        assert len(github.said("GET", LISTS)) == lists
