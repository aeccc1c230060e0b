from __future__ import annotations

import subprocess
import sys

import pytest

from github.scripted_api import FakeTime, Reply, ScriptedApi
from mtor_action import __version__
from mtor_action.errors import MtorError
from mtor_action.github.answers import Answer
from mtor_action.github.client import connect
from mtor_action.github.downloads import stored_chunks
from mtor_action.github.failures import GitHubError

TOKEN = "s3cret-of-no-known-shape"


def page(*numbers: int, more: bool = False) -> Reply:
    link = {"Link": '<http://elsewhere.test/?page=2>; rel="next"'} if more else {}
    return Reply(200, [{"id": number} for number in numbers], link)


def test_a_request_names_the_api_version_the_token_and_mtor() -> None:
    with ScriptedApi(Reply(200, {}), Reply(200, {})) as api, connect(TOKEN, "o/r.js", api_url=api.url) as client:
        client.call("GET", "")
        client.call("POST", "issues", {"title": "é"}, params={"a": "b c"})
    assert [asked.path for asked in api.asked] == ["/api/v3/repos/o/r.js", "/api/v3/repos/o/r.js/issues?a=b+c"]
    assert api.asked[1].json == {"title": "é"}
    headers = api.asked[0].headers
    assert headers["x-github-api-version"] == "2022-11-28"
    assert headers["accept"] == "application/vnd.github+json"
    assert headers["user-agent"] == f"mtor/{__version__}"
    assert headers["authorization"].split()[1] == TOKEN


def test_requests_share_a_connection_inside_the_context() -> None:
    with ScriptedApi(*[Reply(200, {})] * 3) as api, connect(TOKEN, "o/r", api_url=api.url) as client:
        for _ in range(3):
            client.call("GET", "issues/1")
    assert (len(api.asked), api.connections) == (3, 1)


def test_an_answer_without_a_body_is_an_answer() -> None:
    with ScriptedApi(Reply(204)) as api, connect(TOKEN, "o/r", api_url=api.url) as client:
        assert client.call("DELETE", "git/refs/heads/x").value is None


def test_pages_are_read_to_the_end_from_the_api_alone() -> None:
    with ScriptedApi(page(1, 2, more=True), page(3, more=True), page(4)) as api:
        found = connect(TOKEN, "o/r", api_url=api.url).pages("issues", params={"state": "all"})
        assert [item.number("id") for item in found] == [1, 2, 3, 4]
    assert [asked.path.partition("?")[2] for asked in api.asked] == [
        f"per_page=100&state=all&page={number}" for number in (1, 2, 3)
    ]


def test_pages_are_bounded_and_lazy() -> None:
    with ScriptedApi(*[page(1, 2, more=True)] * 9) as api, connect(TOKEN, "o/r", api_url=api.url) as client:
        assert len(list(client.pages("issues", most=3))) == 6
        assert len(api.asked) == 3
        next(client.pages("issues"))
        assert len(api.asked) == 4


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed_with_the_token(status: int) -> None:
    with ScriptedApi() as other, ScriptedApi(Reply(status, None, {"Location": f"{other.url}/x"})) as api:
        with connect(TOKEN, "o/r", api_url=api.url) as client, pytest.raises(GitHubError):
            client.call("GET", "issues/1")
        assert other.asked == []


def test_what_is_stored_elsewhere_is_fetched_from_there_without_the_token_also_after_a_fault() -> None:
    with ScriptedApi(Reply(200, "red")) as other:
        answers = (Reply(502, None), Reply(302, None, {"Location": f"{other.url}/x?sig=1"}))
        with ScriptedApi(*answers) as api, connect(TOKEN, "o/r", api_url=api.url, clock=FakeTime().clock()) as client:
            assert b"".join(stored_chunks(client, "actions/jobs/1/logs")) == b"red"
        (asked,) = other.asked
        assert "authorization" not in {name.lower() for name in asked.headers}


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, {}),
        Reply(301, None, {"Location": "https://x.test/repositories/7"}),
        Reply(302, None),
        Reply(302, None, {"Location": "file:///etc/passwd"}),
        Reply(302, None, {"Location": "/relative"}),
        Reply(404, {"message": "Not Found"}),
    ],
)
def test_what_leads_nowhere_is_a_failure_of_github(reply: Reply) -> None:
    with ScriptedApi(reply) as api, connect(TOKEN, "o/r", api_url=api.url) as client, pytest.raises(GitHubError):
        list(stored_chunks(client, "actions/jobs/1/logs"))


def test_a_redirect_of_the_store_is_not_followed() -> None:
    with ScriptedApi() as third, ScriptedApi(Reply(302, None, {"Location": f"{third.url}/y"})) as other:
        address = {"Location": f"{other.url}/x"}
        with ScriptedApi(Reply(302, None, address)) as api, connect(TOKEN, "o/r", api_url=api.url) as client:
            chunks = stored_chunks(client, "actions/jobs/1/logs")
            with pytest.raises(GitHubError):
                next(chunks)
        assert third.asked == []


@pytest.mark.parametrize(
    "name", ["", "o", "o/", "/r", "o/r/x", "o/..", "../r", "o/r?x", "o/r#x", "o r/x", "o/r\n", "o/%2e", "ö/r"]
)
def test_what_is_no_repository_is_refused_before_any_request(name: str) -> None:
    with pytest.raises(MtorError, match="is not a repository's name"):
        connect(TOKEN, name)


def test_the_token_shows_in_no_representation_and_no_error() -> None:
    refusal = Reply(401, {"message": f"Bad credentials {TOKEN}"})
    with ScriptedApi(refusal) as api, connect(TOKEN, "o/r", api_url=api.url) as client:
        with pytest.raises(GitHubError) as caught:
            client.call("GET", "issues/1")
        shown = f"{client!r} {caught.value!r} {caught.value.message} {caught.value.hint} {caught.value.words}"
    assert "s3cret" not in shown


def test_a_token_pasted_with_a_line_break_is_used_and_what_is_none_is_refused_unseen() -> None:
    with ScriptedApi(Reply(200, {})) as api, connect(f"{TOKEN}\n", "o/r", api_url=api.url) as client:
        client.call("GET", "")
    assert api.asked[0].headers["authorization"].split()[1] == TOKEN
    for wrong in (f"{TOKEN}\nX-Evil: 1", f"{TOKEN} x", f"{TOKEN}é", f"{TOKEN}\x00"):
        with pytest.raises(MtorError, match="that GitHub's tokens never have") as caught:
            connect(wrong, "o/r")
        assert "s3cret" not in caught.value.message


def test_text_that_is_no_unicode_is_sent_for_github_to_refuse() -> None:
    with ScriptedApi(Reply(200, {})) as api, connect(TOKEN, "o/r", api_url=api.url) as client:
        client.call("POST", "issues", {"title": "\ud800"})
    assert api.asked[0].json == {"title": "\ud800"}
    assert api.asked[0].headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "value", [None, [], {}, "x", 7, {"user": None}, {"user": []}, {"user": {"id": "7", "login": 7, "site_admin": 1}}]
)
def test_a_field_that_is_missing_null_or_of_another_kind_is_empty(value: object) -> None:
    answer = Answer(value)
    found = (answer.text("user", "login"), answer.number("user", "id"), answer.flag("user", "site_admin"))
    assert found == ("", 0, False)
    assert answer.items("labels") == []


def test_true_is_no_number() -> None:
    assert Answer({"id": True}).number("id") == 0


def test_importing_the_room_loads_no_network_code() -> None:
    code = """
import importlib, pkgutil, sys, mtor_action.github as room
for module in pkgutil.iter_modules(room.__path__):
    importlib.import_module(f"mtor_action.github.{module.name}")
print(sorted({"githubkit", "httpx", "jwt", "markdown_it", "yaml"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
