from __future__ import annotations

import pytest

from github.scripted_api import LOST, FakeTime, Reply, ScriptedApi
from mtor_action.github.client import Client, connect
from mtor_action.github.failures import GitHubError, RequestFailureKind
from mtor_action.github.pulls.pulls import NewPull, find_pull, open_pull, request_review

ASKED = NewPull("Retry requests", "the body", "mtor/12-retry", "main")
NO_DRAFTS = Reply(422, {"message": "Draft pull requests are not supported in this repository."})
THERE = Reply(422, {"message": "Validation Failed", "errors": [{"message": "A pull request already exists for o:b."}]})


def pull(number: int = 7, ref: str = ASKED.head, head_repo: object = {"id": 5}, **more: object) -> dict[str, object]:
    head = {"ref": ref, "sha": "c" * 40, "repo": head_repo}
    base = {"ref": "main", "repo": {"id": 5}}
    return {
        "number": number,
        "html_url": f"https://x.test/{number}",
        "state": "open",
        "head": head,
        "base": base,
        **more,
    }


NONE = Reply(200, [])
SAME = Reply(200, [pull()])


def at(api: ScriptedApi) -> Client:
    return connect("t", "o/r", api_url=api.url, clock=FakeTime().clock())


def test_a_pull_request_is_opened_with_what_was_asked() -> None:
    with ScriptedApi(NONE, Reply(201, pull(draft=True))) as api:
        opened = open_pull(at(api), ASKED._replace(draft=True, title="Retry " + "r" * 400))
    assert (opened.pull.number, opened.pull.draft, opened.created, opened.warnings) == (7, True, True, ())
    sent = api.asked[1].json
    title = sent.pop("title")
    assert title.startswith("Retry rrr")
    assert len(title) <= 256
    assert sent == {"body": "the body", "head": ASKED.head, "base": "main", "draft": True}
    assert api.calls[0] == "GET /repos/o/r/pulls?per_page=100&state=open&head=o%3Amtor%2F12-retry&page=1"


def test_one_that_is_open_for_the_branch_is_updated_instead() -> None:
    with ScriptedApi(SAME, Reply(200, pull())) as api:
        opened = open_pull(at(api), ASKED)
    assert (opened.pull.number, opened.created) == (7, False)
    assert api.calls[1] == "PATCH /repos/o/r/pulls/7"
    assert api.asked[1].json == {"title": ASKED.title, "body": ASKED.body}


@pytest.mark.parametrize(
    "other",
    [
        pull(ref="mtor/12-retry-2"),
        pull(base={"ref": "release", "repo": {"id": 5}}),
        *(pull(head_repo=repo) for repo in ({"id": 6}, None, {})),
        {},
    ],
)
def test_another_branch_and_a_fork_of_the_same_branch_name_are_not_ours(other: dict[str, object]) -> None:
    with ScriptedApi(Reply(200, [other])) as api:
        assert find_pull(at(api), ASKED.head, ASKED.base) is None


def test_where_drafts_are_not_supported_it_is_ready_with_a_warning() -> None:
    with ScriptedApi(NONE, NO_DRAFTS, Reply(201, pull())) as api:
        opened = open_pull(at(api), ASKED._replace(draft=True))
    assert [asked.json["draft"] for asked in api.asked[1:]] == [True, False]
    assert "no draft pull requests" in opened.warnings[0]


@pytest.mark.parametrize("fault", [LOST, Reply(502, "<html>")])
def test_after_a_lost_answer_the_pull_request_is_looked_for_first(fault: Reply) -> None:
    with ScriptedApi(NONE, fault, SAME) as api:
        assert open_pull(at(api), ASKED).pull.number == 7
    assert [call.split()[0] for call in api.calls] == ["GET", "POST", "GET"]


def test_one_that_the_list_did_not_show_yet_is_found_when_github_says_that_it_exists() -> None:
    with ScriptedApi(NONE, LOST, NONE, THERE, SAME, Reply(200, pull())) as api:
        opened = open_pull(at(api), ASKED)
    assert (opened.pull.number, opened.created) == (7, False)
    with ScriptedApi(NONE, THERE, NONE) as api, pytest.raises(GitHubError) as caught:
        open_pull(at(api), ASKED)
    assert caught.value.kind is RequestFailureKind.PULL_EXISTS


def test_a_refusal_is_raised_with_the_setting_to_change() -> None:
    refusal = Reply(403, {"message": "GitHub Actions is not permitted to create or approve pull requests."})
    with ScriptedApi(NONE, refusal) as api, pytest.raises(GitHubError) as caught:
        open_pull(at(api), ASKED._replace(draft=True))
    assert caught.value.kind is RequestFailureKind.PULLS_NOT_ALLOWED
    assert "allow GitHub Actions to create pull requests" in caught.value.hint


def test_best_efforts_that_succeed_say_nothing() -> None:
    with ScriptedApi(Reply(201, pull())) as api, at(api) as client:
        assert request_review(client, 7, "ada") == []
    assert [request.json for request in api.asked] == [{"reviewers": ["ada"]}]


def test_best_efforts_that_fail_are_warnings_and_no_exceptions() -> None:
    refused = Reply(403, {"message": "Resource not accessible by integration"})
    by_author = Reply(422, {"message": "Review cannot be requested from pull request author."})
    with ScriptedApi(refused, by_author) as api, at(api) as client:
        warnings = [*request_review(client, 7, teams=["core"]), *request_review(client, 7, "ada")]
    assert [warning.partition(" is not asked for a review: ")[0] for warning in warnings] == ["core", "ada"]


def test_a_best_effort_is_repeated_after_a_lost_answer() -> None:
    with ScriptedApi(LOST, Reply(200, [])) as api:
        assert request_review(at(api), 7, "ada") == []
    assert len(api.asked) == 2
