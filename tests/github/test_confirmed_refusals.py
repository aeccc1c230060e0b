"""Nothing is refused because of GraphQL's words: REST is asked once, and nobody pays for it whose text is accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mtor_action.errors import MtorError, SpecChanged
from mtor_action.github.client import connect
from mtor_action.github.confirmed_refusals import refuse_by_rest
from mtor_action.github.failures import GitHubError
from mtor_action.github.prefetch import ask_ahead
from mtor_action.github.remembering_client import RememberingClient, remembering
from mtor_action.github.sources.spec_source import are_unchanged, fetch_spec
from mtor_action.github.texts.pins import pin_issue
from other_words import OTHER_WORDS, let_graphql_differ
from standins.github import GitHubSandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from standins.github import Issue, Repository

BODY = "one\r\ntwo 🦀  \n\n```python create=b.py\nb = 1\n```\n\n"


@pytest.fixture
def github(tmp_path: Path) -> Iterator[GitHubSandbox]:
    with GitHubSandbox(tmp_path) as sandbox:
        yield sandbox


@pytest.fixture
def here(github: GitHubSandbox) -> Repository:
    return github.repository("acme/widget", {"a.py": "a\n"}, roles={"ada": "write"})


def client_of(issue: Issue) -> RememberingClient:
    here = issue.repository
    token = here.token("github-actions[bot]", {"contents": "read", "issues": "read"}).value
    client = remembering(connect(token, here.full_name, api_url=here.world.api("")))
    ask_ahead(client, issue=issue.number)
    return client


def asked(github: GitHubSandbox) -> list[str]:
    return [f"{each.method} {each.path}" for each in github.requests]


@pytest.mark.parametrize("name", sorted(OTHER_WORDS))
def test_a_text_of_other_bytes_is_read_by_rest_before_it_is_refused(
    github: GitHubSandbox, here: Repository, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    issue = here.issue("Title", BODY, by="ada")
    pins = [pin_issue(issue.number, "Title", BODY)]
    let_graphql_differ(monkeypatch, OTHER_WORDS[name])
    client = client_of(issue)
    github.requests.clear()
    fetched = fetch_spec(client, issue.number, pins)
    assert (fetched.title, list(fetched.pins)) == ("Title", pins)
    assert fetched.parts[0].data == BODY.replace("\r\n", "\n").encode()
    assert asked(github) == ["GET /repos/acme/widget/issues/1"]
    assert are_unchanged(client_of(issue), [pins[0]._replace(of=issue.number)])


def test_an_accepted_text_costs_nothing_and_an_edited_one_is_refused_after_one_look(
    github: GitHubSandbox, here: Repository
) -> None:
    issue = here.issue("Title", BODY, by="ada")
    pins = [pin_issue(issue.number, "Title", BODY)]
    client = client_of(issue)
    github.requests.clear()
    assert fetch_spec(client, issue.number, pins).pins == tuple(pins)
    assert not asked(github)
    issue.edit(by="ada", body="other")
    client = client_of(issue)
    github.requests.clear()
    for _ in range(2):
        with pytest.raises(SpecChanged):
            fetch_spec(client, issue.number, pins)
    assert asked(github) == ["GET /repos/acme/widget/issues/1"]


def test_what_graphql_missed_is_refused_no_more_and_what_rest_says_is_not_asked_again(
    github: GitHubSandbox, here: Repository
) -> None:
    issue = here.issue("Title", BODY, by="ada")
    client, calls = client_of(issue), []

    def read() -> str:
        calls.append(client.call("GET", "issues/1").text("title"))
        return calls[-1]

    github.requests.clear()
    assert refuse_by_rest(client, read, lambda _title: True) == "Title"
    assert (len(calls), asked(github)) == (1, [])
    assert refuse_by_rest(client, read, lambda _title: False) == "Title"
    assert (len(calls), len(asked(github))) == (3, 1)
    assert refuse_by_rest(client, read, lambda _title: False) == "Title"
    assert (len(calls), len(asked(github))) == (4, 1)


def test_a_failure_of_githubs_is_not_one_of_the_text(here: Repository) -> None:
    issue = here.issue("Title", BODY, by="ada")
    client, calls = client_of(issue), []

    def read() -> None:
        calls.append(client.call("GET", "issues/9").text("title"))

    with pytest.raises(GitHubError):
        refuse_by_rest(client, read)
    assert client.forget_presumed()

    def refuse() -> None:
        raise MtorError("no")

    with pytest.raises(MtorError, match="no"):
        refuse_by_rest(client, refuse)
