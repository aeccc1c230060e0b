"""Threads resolved on the stand-in: those that are meant, as far as the token may, and never a failure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from github.scripted_api import FakeTime, Reply, ScriptedApi
from mtor_action.github.client import connect
from mtor_action.github.pulls.review_threads import resolve_threads
from standins.github import GitHubSandbox
from standins.github.people import node_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from standins.github.pulls import Pull

MAY = {"contents": "write", "pull_requests": "write"}


@pytest.fixture(scope="module")
def pull(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pull]:
    folder: Path = tmp_path_factory.mktemp("threads")
    with GitHubSandbox(folder) as github:
        repository = github.repository("acme/widget", {"a.py": "a = 1\n"})
        repository.commit({"b.py": "b = 1\n"}, "b", branch="mtor/1-b", by="github-actions[bot]")
        made = repository.pull_request("mtor/1-b", "Change", "", by="github-actions[bot]")
        for _ in range(103):
            made.remark("Why?", "b.py", 1, by="alice")
        made.remark("Because.", "b.py", 1, by="alice", reply_to=made.comments[0].id)
        yield made


def resolve(pull: Pull, ids: set[int], rights: Mapping[str, str]) -> set[int]:
    pull.resolved.clear()
    repository = pull.repository
    token = repository.token("github-actions[bot]", rights).value
    address = repository.api("").partition("/repos/")[0]
    with connect(token, repository.full_name, api_url=address) as client:
        for _ in range(2):
            resolve_threads(client, pull.number, {node_id("PRRC", each) for each in ids})
    return pull.resolved


def test_the_threads_that_are_meant_are_resolved_on_any_page_and_no_others(pull: Pull) -> None:
    ids = {pull.comments[0].id, pull.comments[102].id}
    assert resolve(pull, ids, MAY) == ids
    # A reply begins no thread.
    assert resolve(pull, {pull.comments[103].id}, MAY) == set()


def test_without_the_right_nothing_is_resolved_and_nothing_fails(pull: Pull) -> None:
    assert resolve(pull, {pull.comments[0].id}, {**MAY, "contents": "read"}) == set()
    assert resolve(pull, {pull.comments[0].id}, {"contents": "write", "pull_requests": "read"}) == set()


@pytest.mark.parametrize(
    "reply", [Reply(502), Reply(200, {"data": None}), Reply(404, {}), Reply(200, {"errors": [{}]})]
)
def test_a_failure_of_github_is_not_one_of_the_job(reply: Reply) -> None:
    with ScriptedApi(*[reply] * 20) as api:
        client = connect("t", "o/r", api_url=api.url, clock=FakeTime().clock(), patience_seconds=30.0)
        resolve_threads(client, 1, {"PRRC_1"})
