"""The room against a GitHub that keeps state, refuses what a token may not, and loses answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jwt
import pytest

from github.scripted_api import FakeTime, Reply, ScriptedApi
from mtor_action.errors import SpecChanged, TokenError
from mtor_action.github.actions.twin_runs import earlier_twin
from mtor_action.github.branches.repositories import branch_has, branch_head, repository
from mtor_action.github.client import Client, connect
from mtor_action.github.failures import GitHubError, RequestFailureKind
from mtor_action.github.issues.comments import create_comment, marker, own_id, upsert_comment
from mtor_action.github.permissions import permission
from mtor_action.github.pulls.pulls import NewPull, find_pull, open_pull, request_review
from mtor_action.github.sources.spec_source import PullRequestRef, fetch_spec
from mtor_action.github.texts.pins import pin_file
from mtor_action.github.tokens import App, OidcRequest, exchange, installation_token
from standins.github import GitHubSandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from standins.github.repositories import Repository

READS = dict.fromkeys(("contents", "issues", "pull_requests", "actions"), "read")
WRITES = dict.fromkeys(("contents", "issues", "pull_requests"), "write")
MARKER = marker("report", "J-1")
WORKFLOW = """\
on:
  workflow_dispatch:
    inputs: {issue: {required: true}, job: {default: ""}, attempt: {default: "1"}}
run-name: "mtor #${{ inputs.issue }} ${{ inputs.job }}.${{ inputs.attempt }}"
jobs: {work: {runs-on: ubuntu-latest, steps: [{run: "true"}]}}
"""


@pytest.fixture
def github(tmp_path: Path) -> Iterator[GitHubSandbox]:
    with GitHubSandbox(tmp_path, scale=0.01) as running:
        yield running


@pytest.fixture
def repo(github: GitHubSandbox) -> Repository:
    files = {"a.py": "x = 1\n", "specs/retry.md": "# Retry\r\n", ".github/workflows/mtor.yml": WORKFLOW}
    return github.repository("acme/widget", files, roles={"alice": "write", "tom": "triage"})


def client_of(github: GitHubSandbox, repo: Repository, who: str, permissions: dict[str, str] | None = None) -> Client:
    value = repo.token(who, permissions).value
    return connect(value, "acme/widget", api_url=github.api_url, clock=FakeTime().clock())


def test_a_spec_is_fetched_over_many_comments_and_again_by_its_pins(github: GitHubSandbox, repo: Repository) -> None:
    issue = repo.issue("Retry requests", "first\nsecond", by="alice")
    for number in range(120):
        issue.comment(f"talk {number}", by="mallory")
    issue.comment("/mtor spec\nevil", by="mallory")
    issue.comment("/mtor spec\nevil", by="tom")
    last = issue.comment("/mtor spec\nmore", by="alice")
    with client_of(github, repo, "github-actions[bot]", READS) as client:
        made = fetch_spec(client, issue.number)
        assert fetch_spec(client, issue.number, made.pins) == made
        assert [part.data for part in made.parts] == [b"first\nsecond", b"\nmore"]
        github.clock.advance(5)
        last.edit("/mtor spec\nmore!", by="alice")
        with pytest.raises(SpecChanged, match="#1 comment 1"):
            fetch_spec(client, issue.number, made.pins)
        with pytest.raises(SpecChanged, match="edited"):
            fetch_spec(client, issue.number)
        last.delete()
        with pytest.raises(SpecChanged, match="was deleted"):
            fetch_spec(client, issue.number, made.pins)
        issue.edit("mallory", title="Retry everything")
        with pytest.raises(SpecChanged, match="#1: the text"):
            fetch_spec(client, issue.number, made.pins)


def test_a_file_is_fetched_as_it_was_at_its_commit(github: GitHubSandbox, repo: Repository) -> None:
    issue = repo.issue("From a file", "", by="alice")
    commit = repo.commit({"specs/retry.md": "# Retry\r\n", "b.py": "y\n"}, "before")
    pin = pin_file("specs/retry.md", commit, b"# Retry\n")
    changed = repo.commit({"specs/retry.md": "# Other\n"}, "change it")
    with client_of(github, repo, "github-actions[bot]", READS) as client:
        assert fetch_spec(client, issue.number, (pin,)).parts[0].data == b"# Retry\n"
        with pytest.raises(SpecChanged, match="not what it was"):
            fetch_spec(client, issue.number, (pin._replace(commit=changed),))


def test_an_issue_that_went_away_says_so(github: GitHubSandbox, repo: Repository) -> None:
    deleted, moved = repo.issue("one", "x", by="alice"), repo.issue("two", "x", by="alice")
    deleted.delete()
    moved.transfer(github.repository("acme/other", {"a": "b"}))
    with client_of(github, repo, "alice") as client:
        found = []
        for number in (deleted.number, moved.number, 99):
            with pytest.raises(GitHubError) as caught:
                fetch_spec(client, number)
            found.append(caught.value.kind)
    assert found == [RequestFailureKind.GONE, RequestFailureKind.MOVED, RequestFailureKind.NOT_FOUND]


def test_a_report_is_one_comment_of_ours_whoever_forges_its_marker(github: GitHubSandbox, repo: Repository) -> None:
    issue = repo.issue("Retry", "x", by="alice")
    issue.comment(f"{MARKER}\nforged", by="mallory")
    with client_of(github, repo, "github-actions[bot]", WRITES) as client:
        first = upsert_comment(client, issue.number, MARKER, "running")
        assert upsert_comment(client, issue.number, MARKER, "done").id == first.id
        assert own_id(client) == first.author_id
    with client_of(github, repo, "github-actions[bot]", WRITES) as client:
        assert upsert_comment(client, issue.number, MARKER, "done").id == first.id
    assert [comment.body for comment in issue.comments] == [f"{MARKER}\r\nforged", f"{MARKER}\ndone"]


@pytest.mark.parametrize("carried_out", [True, False])
def test_a_comment_whose_answer_was_lost_appears_once(
    github: GitHubSandbox, repo: Repository, carried_out: bool
) -> None:
    issue = repo.issue("Retry", "x", by="alice")
    github.faults.add("POST */comments", 502, after_effect=carried_out)
    with client_of(github, repo, "github-actions[bot]", WRITES) as client:
        create_comment(client, issue.number, MARKER, "done")
    assert len(issue.comments) == 1


@pytest.mark.parametrize("carried_out", [True, False])
def test_a_pull_request_whose_answer_was_lost_is_opened_once(
    github: GitHubSandbox, repo: Repository, carried_out: bool
) -> None:
    repo.actions_may_create_pulls = True
    repo.commit({"a.py": "x = 2\n"}, "change", branch="mtor/1-x")
    github.faults.add("POST */pulls", 502, after_effect=carried_out)
    with client_of(github, repo, "github-actions[bot]", WRITES) as client:
        opened = open_pull(client, NewPull("Change", "body", "mtor/1-x", "main", draft=True))
        assert opened.pull.draft
        assert find_pull(client, "mtor/1-x", "main") == opened.pull
        again = open_pull(client, NewPull("Change more", "body", "mtor/1-x", "main"))
    assert (again.created, again.pull.number) == (False, opened.pull.number)
    assert opened.pull.head_sha == repo.head("mtor/1-x")


def test_a_pull_request_that_github_refuses_says_why(github: GitHubSandbox, repo: Repository) -> None:
    repo.commit({"a.py": "x = 2\n"}, "change", branch="mtor/1-x")
    asked = NewPull("Change", "body", "mtor/1-x", "main", draft=True)
    with client_of(github, repo, "github-actions[bot]", WRITES) as client:
        with pytest.raises(GitHubError) as caught:
            open_pull(client, asked)
        assert caught.value.kind is RequestFailureKind.PULLS_NOT_ALLOWED
        repo.actions_may_create_pulls, repo.supports_drafts = True, False
        opened = open_pull(client, asked)
        with pytest.raises(GitHubError) as empty:
            open_pull(client, asked._replace(head="main"))
    assert (opened.pull.draft, len(opened.warnings)) == (False, 1)
    assert empty.value.kind is RequestFailureKind.NO_COMMITS
    with client_of(github, repo, "github-actions[bot]", READS) as reader, pytest.raises(GitHubError) as refused:
        open_pull(reader, asked._replace(head="mtor/2-y"))
    assert refused.value.kind is RequestFailureKind.MISSING_PERMISSION


def test_reviewers_are_set_or_warned_about(github: GitHubSandbox, repo: Repository) -> None:
    repo.actions_may_create_pulls = True
    repo.commit({"a.py": "x = 2\n"}, "change", branch="mtor/1-x")
    with client_of(github, repo, "github-actions[bot]", WRITES) as client:
        number = open_pull(client, NewPull("Change", "body", "mtor/1-x", "main")).pull.number
        assert request_review(client, number, "alice") == []
        warnings = request_review(client, number, "github-actions[bot]")
    assert len(warnings) == 1


def test_a_pull_request_is_named_with_its_branch_also_from_a_fork(github: GitHubSandbox, repo: Repository) -> None:
    sha = repo.commit({"a.py": "x = 2\n"}, "change", branch="topic")
    fork = github.repository("eve/widget", {}, fork_of=repo)
    fork.commit({"a.py": "evil\n"}, "change", branch="topic2")
    repo.grant("eve", "read")
    with client_of(github, repo, "eve") as eve:
        theirs = eve.call("POST", "pulls", {"title": "Evil", "head": "eve:topic2", "base": "main"}).number("number")
    with client_of(github, repo, "alice") as client:
        number = open_pull(client, NewPull("Change", "the body", "topic", "main")).pull.number
        spec = fetch_spec(client, number)
        found = fetch_spec(client, theirs).pull_request
        assert find_pull(client, "topic2", "main") is None
    assert found is not None
    assert not found.same_repository
    assert spec.pull_request == PullRequestRef(number, "topic", sha, "main", same_repository=True)
    assert spec.parts[0].name == f"#{number}"


def test_what_people_may_do_and_what_branches_hold(github: GitHubSandbox, repo: Repository) -> None:
    first = repo.commit({"a.py": "x = 2\n"}, "first")
    second = repo.commit({"a.py": "x = 3\n"}, "next")
    aside = repo.commit({"b.py": "y\n"}, "aside", branch="mtor/9-aside")
    with client_of(github, repo, "github-actions[bot]", READS) as client:
        who = ("acme", "alice", "tom", "mallory", "nobody-at-all", "renovate[bot]")
        assert [permission(client, login) for login in who] == ["admin", "write", "triage", *["none"] * 3]
        assert repository(client).default_branch == "main"
        assert branch_head(client, "main") == second
        assert (branch_head(client, "mtor/9-aside"), branch_head(client, "mtor")) == (aside, None)
        held = [branch_has(client, "main", commit) for commit in (first, second, aside, "0" * 40)]
    assert held == [True, True, False, False]


def test_the_second_run_of_a_name_has_an_earlier_twin(github: GitHubSandbox, repo: Repository) -> None:
    path = "actions/workflows/mtor.yml/dispatches"
    with client_of(github, repo, "mtor[bot]", {**WRITES, "actions": "write"}) as client:
        for job in ("J-1", "J-2", "J-1"):
            client.call("POST", path, {"ref": "main", "inputs": {"issue": "1", "job": job}})
        runs = sorted(found.number("id") for found in client.pages("actions/runs", key="workflow_runs"))
        assert [earlier_twin(client, run, "mtor.yml") for run in runs] == [None, None, runs[0]]


def test_an_installed_app_gets_a_token_that_writes_here_and_comments_as_itself(
    github: GitHubSandbox, repo: Repository
) -> None:
    app = App(str(github.app.id), github.app.private_key)
    with pytest.raises(TokenError, match="installation") as caught:
        installation_token(app, "acme/widget", api_url=github.api_url)
    assert "install the App mtor on acme/widget" in caught.value.hint
    github.app.install(repo)
    token = installation_token(app, "acme/widget", api_url=github.api_url)
    issue = repo.issue("Retry", "x", by="alice")
    with connect(token.value, "acme/widget", api_url=github.api_url, login=token.login) as client:
        posted = upsert_comment(client, issue.number, MARKER, "done")
        assert (posted.author, own_id(client)) == (token.login, posted.author_id)
        with pytest.raises(GitHubError):
            client.call("GET", "actions/runs")


def test_a_run_shows_the_bot_an_oidc_token_of_its_own(github: GitHubSandbox, repo: Repository) -> None:
    with client_of(github, repo, "mtor[bot]", {"actions": "write"}) as client:
        client.call("POST", "actions/workflows/mtor.yml/dispatches", {"ref": "main", "inputs": {"issue": "1"}})
    ((number, run),) = repo.runs.items()
    environment = github.issuer.environment(run)
    oidc = OidcRequest(environment["ACTIONS_ID_TOKEN_REQUEST_URL"], environment["ACTIONS_ID_TOKEN_REQUEST_TOKEN"])
    with ScriptedApi(Reply(200, {"token": "ghs_given", "login": "mtor[bot]"})) as bot:
        exchange(bot.url, "J-1", oidc)
    shown = bot.asked[0].headers["authorization"].removeprefix("Bearer ")
    claims = jwt.decode(shown, options={"verify_signature": False})
    assert (claims["aud"], claims["repository"], claims["run_id"]) == (bot.url, "acme/widget", str(number))
