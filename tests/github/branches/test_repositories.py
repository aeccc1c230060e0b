from __future__ import annotations

import pytest

from github.scripted_api import Reply, ScriptedApi
from mtor_action.github.branches.repositories import Repository, branch_has, branch_head, repository
from mtor_action.github.client import connect
from mtor_action.github.failures import GitHubError

COMMIT = "c" * 40


def test_a_repository_is_what_github_says_and_missing_fields_are_empty() -> None:
    full = {"id": 5, "full_name": "O/R", "default_branch": "trunk", "private": True, "archived": True, "more": 1}
    with ScriptedApi(Reply(200, full), Reply(200, {})) as api, connect("t", "o/r", api_url=api.url) as client:
        assert repository(client) == Repository(5, "O/R", "trunk", archived=True)
        assert repository(client) == Repository(0, "", "", archived=False)


@pytest.mark.parametrize(
    ("reply", "head"),
    [
        (Reply(200, {"ref": "refs/heads/mtor/12-a#b", "object": {"sha": COMMIT}}), COMMIT),
        (Reply(200, {"object": None}), None),
        (Reply(404, {"message": "Not Found"}), None),
        (Reply(409, {"message": "Git Repository is empty."}), None),
    ],
)
def test_a_branch_is_at_its_commit_or_does_not_exist(reply: Reply, head: str | None) -> None:
    with ScriptedApi(reply) as api:
        assert branch_head(connect("t", "o/r", api_url=api.url), "mtor/12-a#b") == head
    assert api.calls == ["GET /repos/o/r/git/ref/heads/mtor/12-a%23b"]


@pytest.mark.parametrize(
    ("reply", "has"),
    [
        (Reply(200, {"status": "ahead"}), True),
        (Reply(200, {"status": "identical"}), True),
        (Reply(200, {"status": "behind"}), False),
        (Reply(200, {"status": "diverged"}), False),
        (Reply(200, {}), False),
        (Reply(404, {"message": "Not Found"}), False),
    ],
)
def test_a_branch_has_a_commit_that_it_is_ahead_of(reply: Reply, has: bool) -> None:
    with ScriptedApi(reply) as api:
        assert branch_has(connect("t", "o/r", api_url=api.url), "main", COMMIT) is has
    assert api.calls == [f"GET /repos/o/r/compare/{COMMIT}...main?per_page=1"]


def test_what_github_does_not_say_does_not_count_as_no() -> None:
    with ScriptedApi(*[Reply(403, {"message": "no"})] * 2) as api, connect("t", "o/r", api_url=api.url) as client:
        with pytest.raises(GitHubError):
            branch_head(client, "main")
        with pytest.raises(GitHubError):
            branch_has(client, "main", COMMIT)
