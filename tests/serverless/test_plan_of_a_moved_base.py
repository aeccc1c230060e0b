"""A spec that does not apply to the branch as it is now, planned on GitHub's files alone: nothing is merged there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mtor_action.github.client import connect
from mtor_action.github.sources.spec_source import fetch_spec
from mtor_action.job_start.moved_base_on_github import MOST_TREES
from mtor_action.job_start.planning_on_github import plan
from mtor_action.on_issues.plan_text import plan_text
from standins.github import GitHubSandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mtor_action.job_start.planning_on_github import PlannedSpec
    from standins.github import Repository

LINES = "".join(f"line {number}\n" for number in range(1, 31))
NEAR_20 = "".join(LINES.splitlines(keepends=True)[16:23])


def spec(search: str = NEAR_20, settings: str = "test: [true]") -> str:
    hunk = f"<<<<<<< SEARCH\n{search}=======\n{search.replace('line 20', 'mine')}>>>>>>> REPLACE\n"
    return f"```yaml mtor\n{settings}\n```\n\n```` edit=b.py\n{hunk}````\n"


@pytest.fixture
def github(tmp_path: Path) -> Iterator[GitHubSandbox]:
    with GitHubSandbox(tmp_path) as sandbox:
        yield sandbox


@pytest.fixture
def repository(github: GitHubSandbox) -> Repository:
    return github.repository("acme/widget", {"b.py": LINES}, roles={"ada": "write"})


def planned(github: GitHubSandbox, text: str) -> PlannedSpec:
    repository = next(iter(github.world.repositories.values()))
    issue = repository.issue("Change line 20", text, by="ada")
    token = repository.token("github-actions[bot]", {"contents": "read", "issues": "read", "pull_requests": "read"})
    with connect(token.value, repository.full_name, api_url=github.api_url) as client:
        return plan(client, issue.number, fetch_spec(client, issue.number))


def move(repository: Repository, number: int = 22) -> str:
    """Change a line near line 20 on the base; the commit before."""
    old = repository.head()
    assert old
    repository.commit({"b.py": LINES.replace("line 22\n", f"theirs {number}\n")}, f"moved {number}", by="ada")
    repository.commit({f"later{number}": "x\n"}, "later", by="ada")
    return old


def test_it_is_not_refused_but_left_to_the_runner_with_the_commit_where_it_applies(
    github: GitHubSandbox, repository: Repository
) -> None:
    old = move(repository)
    found = planned(github, spec())
    assert (found.faults, found.base) == ((), repository.head())
    assert found.elsewhere is not None
    assert found.elsewhere.commit == old
    text = plan_text(found)
    assert f"The runner merges it from `{old[:12]}`" in text
    assert "- edit `b.py` +1 -1" in text


def test_a_wrong_spec_is_refused_as_before(github: GitHubSandbox, repository: Repository) -> None:
    move(repository)
    found = planned(github, spec("line 20\nnever there\n"))
    assert [fault.rule for fault in found.faults] == ["hunk-not-found"]
    assert found.elsewhere is None


@pytest.mark.usefixtures("repository")
def test_a_spec_whose_file_nobody_touched_costs_one_more_request(github: GitHubSandbox) -> None:
    before = len(github.requests)
    found = planned(github, spec("never there\nline 20\n"))
    assert [fault.rule for fault in found.faults] == ["hunk-not-found"]
    asked = [each.path for each in github.requests[before:]]
    assert sum("/git/trees/" in path for path in asked) == 1
    assert sum(path.partition("?")[0].endswith("/commits") for path in asked) == 1


def test_where_not_all_is_looked_at_the_runner_decides(github: GitHubSandbox, repository: Repository) -> None:
    for number in range(MOST_TREES + 1):
        move(repository, number)
    found = planned(github, spec("line 20\nnever there\n"))
    assert found.faults == ()
    assert "The runner looks for the commit that it was written for" in plan_text(found)


def test_the_named_commit_is_looked_at_alone(github: GitHubSandbox, repository: Repository) -> None:
    old = move(repository)
    found = planned(github, spec(settings=f"test: [true]\nwritten_for: {old[:8]}"))
    assert found.elsewhere is not None
    assert (found.elsewhere.commit, found.faults) == (old, ())
    head = repository.head()
    other = planned(github, spec(settings=f"test: [true]\nwritten_for: {head}"))
    assert [fault.rule for fault in other.faults] == ["hunk-not-found"]


def test_settings_that_are_wrong_are_refused_at_once(github: GitHubSandbox, repository: Repository) -> None:
    move(repository)
    found = planned(github, spec(settings="tset: [true]"))
    assert [fault.rule for fault in found.faults] == ["unknown-key", "hunk-not-found"]
    assert found.elsewhere is None


def test_a_commit_of_a_fork_is_not_looked_at(github: GitHubSandbox, repository: Repository) -> None:
    move(repository)
    stray = repository.git.line("commit-tree", "main~2^{tree}", "-p", "main~2", "-m", "of a fork")
    found = planned(github, spec(settings=f"test: [true]\nwritten_for: {stray}"))
    assert [fault.rule for fault in found.faults] == ["hunk-not-found"]
