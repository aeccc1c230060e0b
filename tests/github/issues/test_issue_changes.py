"""A comment, labels and a reaction by one request; what of it GitHub does not do is left to REST."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mtor_action.github.client import connect
from mtor_action.github.failures import GitHubError, RequestFailureKind
from mtor_action.github.issues.comments import marker, own_comments
from mtor_action.github.issues.issue_changes import ChangeMade, IssueChange, change_at_once
from mtor_action.github.prefetch import ask_ahead
from mtor_action.github.remembering_client import RememberingClient, remembering
from mtor_action.on_issues.shown_state import show_state
from mtor_action.on_issues.state_labels import ALL, DONE, QUEUED, RUNNING, others_than, take_off
from mtor_action.on_issues.status_memory import StatusMemory
from mtor_action.retrying import Clock
from standins.github import GitHubSandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from standins.github import Issue

ACTIONS = "github-actions[bot]"
NAME = marker("status", "1")
WRITES = {"contents": "read", "issues": "write"}
FORBIDDEN = {"type": "FORBIDDEN", "message": "Resource not accessible by integration"}


@pytest.fixture
def github(tmp_path: Path) -> Iterator[GitHubSandbox]:
    with GitHubSandbox(tmp_path) as sandbox:
        yield sandbox


@pytest.fixture
def issue(github: GitHubSandbox) -> Issue:
    here = github.repository("acme/widget", {"a.py": "a\n"}, roles={"ada": "write"})
    made = here.issue("one", "x", by="ada")
    for name in (*ALL, "mtor", "bug"):
        made.label(name)
    for name in ALL:
        made.unlabel(name)
    return made


def client_of(issue: Issue, *, labels: tuple[str, ...] = (*ALL, "mtor")) -> RememberingClient:
    here = issue.repository
    token, clock = here.token(ACTIONS, WRITES).value, Clock(sleep=lambda _seconds: None)
    client = remembering(connect(token, here.full_name, api_url=here.world.api(""), clock=clock))
    ask_ahead(client, issue=issue.number, labels=labels)
    here.world.faults.clear()
    return client


def change(comment_id: int = 0, text: str = "queued") -> IssueChange:
    return IssueChange(NAME, text, comment_id, QUEUED.name, others_than(QUEUED, "mtor"), "eyes")


def lines(github: GitHubSandbox) -> list[str]:
    return [f"{each.method} {each.template}" for each in github.requests]


def test_all_of_it_is_one_request_of_five_points(github: GitHubSandbox, issue: Issue) -> None:
    client = client_of(issue)
    github.requests.clear()
    made = change_at_once(client, issue.number, change())
    assert [(line, each.points) for line, each in zip(lines(github), github.requests, strict=True)] == [
        ("POST /api/graphql", 5)
    ]
    assert made.comment is not None
    (comment,) = issue.comments
    assert (made.comment.id, made.comment.author, made.comment.author_id) == (comment.id, ACTIONS, comment.user.id)
    assert made.comment.html_url == comment.json()["html_url"]
    assert comment.body == f"{NAME}\nqueued"
    assert sorted(issue.label_names) == ["bug", "mtor:queued"]
    assert issue.reactions.contents == ["eyes"]
    assert made == ChangeMade(made.comment, labels=True, reaction=True)


def test_the_comment_that_it_made_is_edited_by_its_id(github: GitHubSandbox, issue: Issue) -> None:
    client = client_of(issue)
    first = change_at_once(client, issue.number, change()).comment
    assert first is not None
    github.requests.clear()
    second = change_at_once(client, issue.number, change(first.id, "running")).comment
    assert (second and second.id, [each.body for each in issue.comments]) == (first.id, [f"{NAME}\nrunning"])
    assert lines(github) == ["POST /api/graphql"]
    assert issue.reactions.contents == ["eyes"]  # once


def test_an_issue_under_way_has_a_state_at_every_moment(issue: Issue) -> None:
    client = client_of(issue)
    change_at_once(client, issue.number, change())
    running = IssueChange(label=RUNNING.name, others=others_than(RUNNING))
    assert change_at_once(client, issue.number, running).labels
    events = [(each.event, each.parts["label"]["name"]) for each in issue.timeline.events if "label" in each.parts][-2:]
    assert events == [("labeled", "mtor:running"), ("unlabeled", "mtor:queued")]


@pytest.mark.parametrize("alias", ["posted", "added", "taken", "reacted"])
def test_a_part_that_fails_is_told_apart_from_the_others(
    issue: Issue, alias: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from standins.github import graphql_writes

    field = {"posted": "addComment", "added": "addLabelsToLabelable", "reacted": "addReaction"}
    name = field.get(alias, "removeLabelsFromLabelable")

    def refuse(*_: object) -> dict[str, object]:
        raise graphql_writes.Failed(FORBIDDEN["message"], FORBIDDEN["type"])

    monkeypatch.setitem(graphql_writes._FIELDS, name, refuse)
    client = client_of(issue)
    made = change_at_once(client, issue.number, change())
    assert (made.comment is None, made.reaction) == (alias == "posted", alias != "reacted")
    assert made.labels is (alias not in ("added", "taken"))
    assert ("mtor:queued" in issue.label_names, "mtor" in issue.label_names) == (alias != "added", alias == "taken")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (403, {"message": "Resource not accessible by integration"}),
        (404, {"message": "Not Found"}),
        (200, {"errors": [{"message": "Field 'addComment' doesn't exist on type 'Mutation'"}]}),
        (200, {"data": None, "errors": [{"message": "Something went wrong while executing your query."}]}),
        (200, []),
    ],
)
def test_where_graphql_is_refused_all_of_it_is_done_by_rest(
    github: GitHubSandbox, issue: Issue, status: int, body: object
) -> None:
    client = client_of(issue)
    github.faults.add("POST */graphql", status, body=body)
    reacted = show_state(client, issue.number, StatusMemory(state="- queued"), QUEUED, consumed="mtor", reaction="eyes")
    assert not reacted
    assert sorted(issue.label_names) == ["bug", "mtor:queued"]
    assert len(issue.comments) == 1


@pytest.mark.parametrize("has_comment", [False, True])
@pytest.mark.parametrize("after_effect", [False, True])
@pytest.mark.parametrize("manner", ["502", "reset", "refused"])
def test_nothing_is_done_twice_when_an_answer_is_lost(
    github: GitHubSandbox, issue: Issue, manner: str, *, after_effect: bool, has_comment: bool
) -> None:
    if has_comment:
        show_state(client_of(issue), issue.number, StatusMemory(state="- before"), RUNNING)
    client = client_of(issue)
    if manner == "502":
        github.faults.add("POST */graphql", 502, after_effect=after_effect)
    elif manner == "reset":
        github.faults.reset("POST */graphql", after_effect=after_effect)
    else:
        nothing = {"data": None, "errors": [{"message": "Something went wrong while executing your query."}]}
        github.faults.add("POST */graphql", 200, body=nothing, after_effect=after_effect)
    show_state(client, issue.number, StatusMemory(state="- queued"), QUEUED, consumed="mtor", reaction="eyes")
    assert len([each for each in issue.comments if each.body.startswith(NAME)]) == 1
    assert "- queued" in issue.comments[0].body
    assert sorted(issue.label_names) == ["bug", "mtor:queued"]
    assert len(issue.reactions.contents) <= 1


@pytest.mark.parametrize(
    ("kind", "errors"),
    [
        (RequestFailureKind.RATE_LIMITED, [{"type": "RATE_LIMITED", "message": "API rate limit exceeded for user."}]),
        (RequestFailureKind.SECONDARY_LIMIT, [{"message": "You have exceeded a secondary rate limit."}]),
    ],
)
def test_a_limit_that_graphql_answers_with_status_200_is_a_limit(
    github: GitHubSandbox, issue: Issue, kind: RequestFailureKind, errors: list[dict[str, str]]
) -> None:
    client = client_of(issue)
    client.patience_seconds = 0.0
    github.faults.add("POST */graphql", 200, body={"errors": errors}, times=-1)
    with pytest.raises(GitHubError) as refused:
        change_at_once(client, issue.number, change())
    assert refused.value.kind is kind
    assert not issue.comments


def test_labels_whose_ids_are_not_known_are_left_to_rest(github: GitHubSandbox, issue: Issue) -> None:
    issue.label("mtor:stalled")
    client = client_of(issue, labels=())  # the issue's own are known, the wanted one is not
    github.requests.clear()
    assert change_at_once(client, issue.number, change()).labels is False
    assert "mtor:queued" not in issue.label_names
    show_state(client, issue.number, StatusMemory(state="- queued"), QUEUED, consumed="mtor")
    assert sorted(issue.label_names) == ["bug", "mtor:queued"]


def test_a_label_that_was_deleted_and_made_anew_is_found_again(github: GitHubSandbox, issue: Issue) -> None:
    client, here = client_of(issue), issue.repository
    del here.labels["mtor:queued"]
    issue.label("mtor:queued")
    issue.unlabel("mtor:queued")
    assert change_at_once(client, issue.number, change()).labels is False
    show_state(client, issue.number, StatusMemory(state="- queued"), QUEUED, consumed="mtor")
    assert sorted(issue.label_names) == ["bug", "mtor:queued"]
    github.requests.clear()
    done = IssueChange(label=DONE.name, others=others_than(DONE))
    assert not change_at_once(client, issue.number, done).labels  # its id was dropped with the other one's
    assert client.node_ids.get(0, "labels/mtor:queued")


def test_one_more_state_that_nobody_knew_of_is_taken_off_by_rest(issue: Issue) -> None:
    client = client_of(issue, labels=("mtor:queued", "mtor"))
    issue.label("MTOR:Failed")
    show_state(client, issue.number, StatusMemory(state="- queued"), QUEUED, consumed="mtor")
    assert sorted(issue.label_names) == ["bug", "mtor:queued"]


def test_of_two_comments_that_were_posted_at_once_the_oldest_stays(github: GitHubSandbox, issue: Issue) -> None:
    other, client = client_of(issue), client_of(issue)
    github.faults.before(
        "POST */graphql", lambda: show_state(other, issue.number, StatusMemory(state="- first"), QUEUED)
    )
    show_state(client, issue.number, StatusMemory(state="- second"), QUEUED)
    assert len(own_comments(client, issue.number, NAME)) == 1
    assert "- second" in issue.comments[0].body


def test_what_was_read_of_the_repository_is_still_known_and_the_issue_is_not(
    github: GitHubSandbox, issue: Issue
) -> None:
    client = client_of(issue)
    change_at_once(client, issue.number, change())
    github.requests.clear()
    client.call("GET", "")
    client.call("GET", f"issues/{issue.number}")
    assert lines(github) == ["GET /repos/{owner}/{repo}/issues/{number}"]


def test_a_label_that_went_with_it_is_not_taken_off_again(github: GitHubSandbox, issue: Issue) -> None:
    client = client_of(issue)
    show_state(client, issue.number, StatusMemory(state="- queued"), QUEUED, consumed="mtor")
    github.requests.clear()
    take_off(client, issue.number, "mtor")
    assert lines(github) == []


@pytest.mark.parametrize("alias", ["addLabelsToLabelable", "removeLabelsFromLabelable", "addReaction"])
@pytest.mark.parametrize("words", ["You have exceeded a secondary rate limit.", "API rate limit exceeded for user."])
def test_a_limit_that_is_met_after_the_comment_does_not_post_it_twice(
    github: GitHubSandbox, issue: Issue, alias: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from standins.github import graphql_writes

    def refuse(*_: object) -> dict[str, object]:
        raise graphql_writes.Failed(words, "RATE_LIMITED")

    monkeypatch.setitem(graphql_writes._FIELDS, alias, refuse)
    client = client_of(issue)
    show_state(client, issue.number, StatusMemory(state="- queued"), QUEUED, consumed="mtor", reaction="eyes")
    assert [each.body.startswith(NAME) for each in issue.comments] == [True]
    assert lines(github).count("POST /repos/{owner}/{repo}/issues/{number}/comments") == 0
    assert sum(line.endswith("/graphql") for line in lines(github)) == 2  # the query, and the mutation once
    assert sorted(issue.label_names) == ["bug", "mtor:queued"]


def test_who_wrote_a_comment_that_is_edited_is_not_mistaken_for_ourselves(issue: Issue) -> None:
    theirs = issue.comment(f"{NAME}\nof an earlier App", by="ada")
    client = client_of(issue)
    own, theirs_id = client.own_id, client.call("GET", f"issues/comments/{theirs.id}")
    assert own
    client.keep_id(f"issues/comments/{theirs.id}", theirs_id)
    made = change_at_once(client, issue.number, change(theirs.id))
    assert made.comment is not None
    assert (made.comment.author, client.own_id) == ("ada", own)
    assert theirs.body == f"{NAME}\nqueued"
