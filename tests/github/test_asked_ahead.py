"""One query in place of five requests: the same answers, and where it is refused, the five."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mtor_action.coaching.note import BRANCH
from mtor_action.github.asked_ahead import ask_ahead
from mtor_action.github.client import connect
from mtor_action.github.comments import own_id, own_login
from mtor_action.github.remembering_client import RememberingClient, remembering
from mtor_action.github.repositories import branch_head, repository
from standins.github import GitHubSandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mtor_action.github.client import Client
    from standins.github import Repository

ASIDE = ("mtor/1-ä%2Fb", "mtor/2-none")
ACTIONS = "github-actions[bot]"


@pytest.fixture
def github(tmp_path: Path) -> Iterator[GitHubSandbox]:
    with GitHubSandbox(tmp_path) as sandbox:
        yield sandbox


def known_to(client: Client) -> list[object]:
    described = repository(client)
    heads = [branch_head(client, name) for name in (described.default_branch, BRANCH, *ASIDE)]
    return [own_login(client), own_id(client), described, client.node_id, *heads]


def client_of(here: Repository, owner: str = "") -> RememberingClient:
    token = here.token(ACTIONS, {"contents": "read"}).value
    return remembering(connect(token, here.full_name, api_url=here.world.api(""), login=owner))


@pytest.mark.parametrize("has_notes", [False, True])
@pytest.mark.parametrize("branch", ["main", "größer/ö"])
def test_one_query_answers_what_five_requests_do(github: GitHubSandbox, branch: str, *, has_notes: bool) -> None:
    here = github.repository("acme/widget", {"a.py": "a\n"}, roles={"ada": "write"})
    here.rename_default_branch(branch)
    if has_notes:
        here.commit({"notes.md": "x\n"}, "notes", branch=BRANCH, by="ada")
    here.commit({"b.py": "x\n"}, "aside", branch=ASIDE[0], by="ada")
    one_by_one = known_to(client_of(here))
    github.requests.clear()
    client = client_of(here)
    ask_ahead(client, *ASIDE)
    assert known_to(client) == one_by_one
    assert [(each.method, each.points) for each in github.requests] == [("POST", 1)]


@pytest.mark.parametrize(("status", "words"), [(403, "Resource not accessible by integration"), (404, "Not Found")])
def test_a_refused_query_leaves_everything_to_be_read_at_its_own_address(
    github: GitHubSandbox, status: int, words: str
) -> None:
    here = github.repository("acme/widget", {"a.py": "a\n"})
    github.faults.refuse("POST */graphql", status, words, times=1)
    client = client_of(here)
    ask_ahead(client)
    assert known_to(client) == known_to(client_of(here))


def test_a_fault_of_the_query_is_not_waited_for(github: GitHubSandbox) -> None:
    here = github.repository("acme/widget", {"a.py": "a\n"})
    github.faults.add("POST */graphql", 502)
    client = client_of(here)
    ask_ahead(client)
    assert client.patience_seconds == client_of(here).patience_seconds
    assert [each.method for each in github.requests] == ["POST"]
    assert known_to(client) == known_to(client_of(here))


def test_an_empty_repository_and_another_account_are_not_taken_for_known(github: GitHubSandbox) -> None:
    here = github.repository("acme/widget", {})
    client = client_of(here, "mtor[bot]")
    ask_ahead(client)
    assert (client.login, client.own_id) == ("mtor[bot]", 0)
    assert repository(client).default_branch == "main"
    assert branch_head(client, "main") is None
