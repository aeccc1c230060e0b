"""A client that asks for nothing twice: what it keeps, and what a write makes it forget."""

from __future__ import annotations

import pytest

from github.scripted_api import LOST, FakeTime, Reply, ScriptedApi
from mtor_action.github.client import connect
from mtor_action.github.failures import GitHubError
from mtor_action.github.remembering_client import RememberingClient, remembering

READS = ("", "git/ref/heads/main", "issues/1", "issues/1/comments", "issues", "pulls/2", "actions/runs/3")


def client_of(api: ScriptedApi) -> RememberingClient:
    return remembering(connect("t", "o/r", api_url=api.url, login="mtor[bot]", clock=FakeTime().clock()))


def test_what_was_read_is_not_asked_again_until_it_is_forgotten() -> None:
    with ScriptedApi(Reply(200, {"id": 1}), Reply(200, {"id": 2}), Reply(404), Reply(200, {"id": 3})) as api:
        client = client_of(api)
        first = [client.call("GET", "issues/1").number("id") for _ in range(3)]
        other = [client.call("GET", "issues/1", params={"page": 2}).number("id") for _ in range(2)]
        missing = [client.find("pulls/1") for _ in range(2)]
        client.forget_reads()
        assert (first, other, missing) == ([1, 1, 1], [2, 2], [None, None])
        assert client.call("GET", "issues/1").number("id") == 3
    assert len(api.calls) == 4


def test_a_failure_but_not_found_is_asked_again() -> None:
    with ScriptedApi(Reply(403, {"message": "Resource not accessible"}), Reply(200, {"id": 1})) as api:
        client = client_of(api)
        with pytest.raises(GitHubError):
            client.call("GET", "issues/1")
        assert client.call("GET", "issues/1").number("id") == 1


@pytest.mark.parametrize(
    ("method", "path", "json", "kept"),
    [
        ("POST", "issues/1/reactions", {}, set(READS)),
        ("POST", "issues/comments/7/reactions", {}, set(READS)),
        ("POST", "git/commits", {}, set(READS)),
        ("POST", "actions/workflows/mtor.yml/dispatches", {}, set(READS) - {"actions/runs/3"}),
        ("POST", "issues/1/comments", {}, {"", "git/ref/heads/main", "actions/runs/3"}),
        ("PATCH", "issues/comments/7", {}, {"", "git/ref/heads/main", "actions/runs/3"}),
        ("PUT", "issues/1/labels", {}, {"", "git/ref/heads/main", "actions/runs/3"}),
        ("DELETE", "issues/1/labels/mtor", None, {"", "git/ref/heads/main", "actions/runs/3"}),
        ("PATCH", "labels/mtor", {}, {"", "git/ref/heads/main", "actions/runs/3"}),
        ("PATCH", "issues/1", {}, set()),
        ("POST", "pulls", {}, set()),
        ("PATCH", "git/refs/heads/main", {}, set()),
        ("POST", "/graphql", {"query": "mutation { updateRefs }"}, set()),
        ("POST", "/graphql", {"query": "query { viewer { login } }"}, set(READS)),
    ],
)
def test_a_write_makes_it_forget_what_it_may_change(method: str, path: str, json: object, kept: set[str]) -> None:
    replies = [Reply(200, {"id": number}) for number in range(2 * len(READS) + 1)]
    with ScriptedApi(*replies) as api:
        client = client_of(api)
        before = {read: client.call("GET", read).number("id") for read in READS}
        client.call(method, path, json)
        assert {read for read in READS if client.call("GET", read).number("id") == before[read]} == kept


def test_a_write_whose_answer_is_lost_makes_it_forget_too() -> None:
    moved = Reply(200, {"object": {"sha": "b"}})
    with ScriptedApi(Reply(200, {"object": {"sha": "a"}}), LOST, moved) as api:
        client = client_of(api)
        client.call("GET", "git/ref/heads/main")
        with pytest.raises(GitHubError):
            client.call("POST", "merges", {})
        assert client.call("GET", "git/ref/heads/main").text("object", "sha") == "b"


def test_comments_of_an_issue_without_any_are_asked_for_only_with_a_time() -> None:
    with ScriptedApi(Reply(200, {"comments": 0}), Reply(200, [{"id": 5}]), Reply(200, [{"id": 6}])) as api:
        client = client_of(api)
        client.call("GET", "issues/1")
        assert list(client.pages("issues/1/comments")) == []
        (since,) = client.pages("issues/1/comments", params={"since": "2026-11-30T00:00:00Z"})
        assert since.number("id") == 5
        client.forget_reads()
        (after,) = client.pages("issues/1/comments")
        assert after.number("id") == 6


def test_a_write_in_the_newest_version_makes_it_forget_too() -> None:
    replies = [Reply(200, {"base": "main"}), Reply(201, {"number": 1}), Reply(200, {"base": "mtor/1-a"})]
    with ScriptedApi(*replies) as api:
        client = client_of(api)
        client.call("GET", "pulls/2")
        client.call_newest("POST", "stacks", {"pull_requests": [1, 2]})
        assert client.call("GET", "pulls/2").text("base") == "mtor/1-a"
