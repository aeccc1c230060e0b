"""One query in place of five requests: the same answers, and where it is refused, the five."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mtor_action.coaching.note import BRANCH
from mtor_action.github.branches.repositories import branch_head, repository
from mtor_action.github.client import connect
from mtor_action.github.failures import GitHubError
from mtor_action.github.issues.comments import own_id, own_login
from mtor_action.github.issues.issue_dependencies import is_blocked
from mtor_action.github.prefetch import ask_ahead
from mtor_action.github.remembering_client import RememberingClient, remembering
from mtor_action.github.texts.authors import author_of
from other_words import let_graphql_differ
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
    token = here.token(ACTIONS, {"contents": "read", "issues": "read"}).value
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


def test_an_empty_repository_and_another_account_do_not_count_as_known(github: GitHubSandbox) -> None:
    here = github.repository("acme/widget", {})
    client = client_of(here, "mtor[bot]")
    ask_ahead(client)
    assert (client.login, client.own_id) == ("mtor[bot]", 0)
    assert repository(client).default_branch == "main"
    assert branch_head(client, "main") is None


def as_rest_says_it(client: Client, number: int) -> object:
    """An issue's part that anybody here reads."""
    issue = client.call("GET", f"issues/{number}")
    names = ("node_id", "number", "title", "body", "html_url", "state", "created_at", "updated_at", "closed_at")
    author = author_of(issue)
    labels = [label.text("name") for label in issue.items("labels")]
    return [issue.at(name).value or "" for name in names], author, labels, issue.number("comments"), is_blocked(issue)


@pytest.mark.parametrize("by", ["ada", "renovate[bot]"])
@pytest.mark.parametrize("body", ["", "one\r\ntwo\r\n", "`ä` 🦀 \u202e\n\n```\n~~~"])
def test_the_issue_is_the_one_that_rest_shows(github: GitHubSandbox, by: str, body: str) -> None:
    here = github.repository("acme/widget", {"a.py": "a\n"}, roles={"ada": "write"})
    blocking = here.issue("first", "x", by="ada")
    issue = here.issue('say "hi" \\ ü', body, by=by)
    issue.label("mtor")
    issue.comment("more", by="ada")
    issue.blocked_by.append(blocking)
    for _ in range(2):
        client = client_of(here)
        ask_ahead(client, issue=issue.number)
        github.requests.clear()
        told = as_rest_says_it(client, issue.number)
        assert not github.requests
        assert told == as_rest_says_it(client_of(here), issue.number)
        blocking.close("ada")
        issue.close("ada")


def test_an_issue_that_graphql_says_less_of_is_read_by_rest(github: GitHubSandbox) -> None:
    here = github.repository("acme/widget", {"a.py": "a\n"}, roles={"ada": "write"})
    here.commit({"b.py": "x\n"}, "aside", branch="aside", by="ada")
    pull = here.pull_request("aside", by="ada").issue.number
    ghost, crowded = here.issue("theirs", "x", by="gone"), here.issue("labelled", "x", by="ada")
    github.world.user("gone").deleted = True
    for number in range(101):
        crowded.label(f"label {number}")
    for number in (pull, ghost.number, crowded.number):
        client = client_of(here)
        ask_ahead(client, issue=number)
        github.requests.clear()
        assert as_rest_says_it(client, number) == as_rest_says_it(client_of(here), number)
        assert [each.path for each in github.requests] == [f"/repos/acme/widget/issues/{number}"] * 2
        assert repository(client).default_branch == "main"


def test_a_missing_issue_is_reported_by_rest(github: GitHubSandbox) -> None:
    here = github.repository("acme/widget", {"a.py": "a\n"})
    client = client_of(here)
    ask_ahead(client, issue=7)
    with pytest.raises(GitHubError) as refused:
        client.call("GET", "issues/7")
    assert refused.value.status == 404


@pytest.mark.parametrize(
    ("name", "value"), [("number", 8), ("url", "https://github.example/acme/other/issues/1"), ("url", "")]
)
def test_another_repositorys_issue_is_not_mistaken_for_this_ones(
    github: GitHubSandbox, name: str, value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    issue = github.repository("acme/widget", {"a.py": "a\n"}, roles={"ada": "write"}).issue("one", "x", by="ada")
    let_graphql_differ(monkeypatch, lambda shown: {**shown, name: value})
    client = client_of(issue.repository)
    ask_ahead(client, issue=issue.number)
    assert client.recall("issues/1") is None
    assert repository(client).default_branch == "main"


def test_an_issue_of_a_repository_that_was_renamed_is_still_its_own(github: GitHubSandbox) -> None:
    here = github.repository("acme/widget", {"a.py": "a\n"}, roles={"ada": "write"})
    issue = here.issue("one", "x", by="ada")
    here.rename("acme/Gadget")
    client = client_of(here)
    client.repo = "gadget"
    ask_ahead(client, issue=issue.number)
    assert client.recall("issues/1") is not None
