"""What GitHub answers, over real HTTP, and what becomes of it."""

from __future__ import annotations

import httpx
import pytest

from github.scripted_api import LOST, NOW, FakeTime, Reply, ScriptedApi
from mtor_action.github.client import connect
from mtor_action.github.failures import (
    TABLE,
    WORDS,
    Again,
    GitHubError,
    RequestFailureKind,
    Tolerance,
    failed_transport,
)

SECRET = "ghs_" + "A1b2." * 12
NO_REQUESTS_LEFT = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW) + 300)}


def said(status: int, message: str, *errors: object, **headers: str) -> Reply:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, {"message": message, "errors": list(errors)} if errors else {"message": message}, names)


FAILURES = [
    (said(401, "Bad credentials"), RequestFailureKind.BAD_TOKEN),
    (said(401, "Requires authentication"), RequestFailureKind.BAD_TOKEN),
    (said(403, "Resource not accessible by integration"), RequestFailureKind.MISSING_PERMISSION),
    (said(403, "Resource not accessible by personal access token"), RequestFailureKind.MISSING_PERMISSION),
    (said(403, "Must have admin rights to Repository."), RequestFailureKind.MISSING_PERMISSION),
    (
        said(403, "GitHub Actions is not permitted to create or approve pull requests."),
        RequestFailureKind.PULLS_NOT_ALLOWED,
    ),
    (said(403, "Resource protected by organization SAML enforcement."), RequestFailureKind.SINGLE_SIGN_ON),
    (
        said(403, "`o` has an IP allow list enabled, and your IP is not permitted"),
        RequestFailureKind.ADDRESS_NOT_ALLOWED,
    ),
    (said(403, "Repository was archived so is read-only."), RequestFailureKind.ARCHIVED),
    (said(403, "Unable to create comment because issue is locked."), RequestFailureKind.LOCKED),
    (said(403, "something new"), RequestFailureKind.FORBIDDEN),
    (said(451, "Repository access blocked"), RequestFailureKind.FORBIDDEN),
    (said(404, "Not Found"), RequestFailureKind.NOT_FOUND),
    (said(410, "This issue was deleted"), RequestFailureKind.GONE),
    (said(410, "Issues are disabled for this repo"), RequestFailureKind.ISSUES_OFF),
    (said(410, "Issues has been disabled in this repository."), RequestFailureKind.ISSUES_OFF),
    (
        said(301, "Moved Permanently", location="https://api.github.com/repositories/7/issues/1"),
        RequestFailureKind.MOVED,
    ),
    (said(307, "Temporary Redirect", location="/elsewhere"), RequestFailureKind.MOVED),
    (said(409, "Git Repository is empty."), RequestFailureKind.EMPTY_REPOSITORY),
    (said(409, "Conflict"), RequestFailureKind.CONFLICT),
    (said(422, "Cannot update this protected branch"), RequestFailureKind.PROTECTED),
    (said(422, "Repository rule violations found"), RequestFailureKind.PROTECTED),
    (said(422, "Reference update failed"), RequestFailureKind.PROTECTED),
    (said(422, "Update is not a fast forward"), RequestFailureKind.NOT_FAST_FORWARD),
    (said(422, "Reference already exists"), RequestFailureKind.REFERENCE_EXISTS),
    (said(422, "Reference does not exist"), RequestFailureKind.NO_REFERENCE),
    (said(422, "Draft pull requests are not supported in this repository."), RequestFailureKind.DRAFTS_UNSUPPORTED),
    (
        said(422, "Validation Failed", {"message": "A pull request already exists for o:b."}),
        RequestFailureKind.PULL_EXISTS,
    ),
    (said(422, "Validation Failed", {"message": "No commits between main and b"}), RequestFailureKind.NO_COMMITS),
    (said(422, "Review cannot be requested from pull request author."), RequestFailureKind.NOT_A_REVIEWER),
    (said(422, "Reviews may only be requested from collaborators."), RequestFailureKind.NOT_A_REVIEWER),
    (
        said(422, "Validation Failed", {"message": "body is too long (maximum is 65536 characters)"}),
        RequestFailureKind.TOO_LONG,
    ),
    (said(413, ""), RequestFailureKind.TOO_LONG),
    (said(422, "Validation Failed", {"code": "missing_field"}), RequestFailureKind.INVALID),
    (said(400, "Problems parsing JSON"), RequestFailureKind.INVALID),
    (said(403, "You have exceeded a secondary rate limit."), RequestFailureKind.SECONDARY_LIMIT),
    (said(403, "You have triggered an abuse detection mechanism."), RequestFailureKind.SECONDARY_LIMIT),
    (said(403, "Slow down", retry_after="7"), RequestFailureKind.SECONDARY_LIMIT),
    (said(429, "Too many requests"), RequestFailureKind.SECONDARY_LIMIT),
    (said(422, "Validation Failed", {"message": "was submitted too quickly"}), RequestFailureKind.SECONDARY_LIMIT),
    (said(403, "API rate limit exceeded for installation ID 7."), RequestFailureKind.RATE_LIMITED),
    (Reply(403, {"message": "no"}, NO_REQUESTS_LEFT), RequestFailureKind.RATE_LIMITED),
    (said(500, "Server Error"), RequestFailureKind.SERVER_ERROR),
    (Reply(502, "<html><body>Bad Gateway</body></html>"), RequestFailureKind.SERVER_ERROR),
    (said(503, ""), RequestFailureKind.SERVER_ERROR),
    (said(504, "We couldn't respond to your request in time."), RequestFailureKind.SERVER_ERROR),
    (said(599, ""), RequestFailureKind.SERVER_ERROR),
    (LOST, RequestFailureKind.CONNECTION_LOST),
    (Reply(200, "<html>Please sign in to the network</html>"), RequestFailureKind.GARBAGE),
    (Reply(200, "[" * 100_000), RequestFailureKind.GARBAGE),
    (Reply(202, "{"), RequestFailureKind.GARBAGE),
    (Reply(403, "[" * 100_000), RequestFailureKind.FORBIDDEN),
    (Reply(403, ["no", "object"]), RequestFailureKind.FORBIDDEN),
    (Reply(403, {"message": None, "errors": [None, 7, "words"]}), RequestFailureKind.FORBIDDEN),
]


@pytest.mark.parametrize(("reply", "kind"), FAILURES)
def test_an_answer_is_its_kind_and_only_what_passes_is_asked_again(reply: Reply, kind: RequestFailureKind) -> None:
    time = FakeTime()
    with ScriptedApi(*[reply] * 9) as api, connect("t", "o/r", api_url=api.url, clock=time.clock()) as client:
        with pytest.raises(GitHubError) as caught:
            client.call("GET", "issues/1")
        posts = len(api.asked)
        with pytest.raises(GitHubError):
            client.call("POST", "issues", {})
    assert (caught.value.kind, caught.value.status) == (kind, reply.status)
    assert caught.value.message.startswith(f"GET o/r/issues/1: {TABLE[kind].sentence}")
    assert caught.value.hint == TABLE[kind].next_step
    assert posts == (1 if TABLE[kind].again is Again.NEVER else 4)
    assert len(api.asked) - posts == (4 if TABLE[kind].again is Again.SAFE else 1)


def test_every_line_and_every_kind_of_the_tables_is_shown_by_an_answer() -> None:
    bodies = [str(reply.body).lower() for reply, _ in FAILURES]
    assert [line for line in WORDS if not any(line.words in body for body in bodies)] == []
    assert set(RequestFailureKind) - {kind for _, kind in FAILURES} == {
        RequestFailureKind.TIMEOUT,
        RequestFailureKind.UNREACHABLE,
    }
    assert set(TABLE) == set(RequestFailureKind)


@pytest.mark.parametrize(
    "reply", [said(404, "Not Found"), said(410, "This issue was deleted"), said(409, "Git Repository is empty.")]
)
def test_what_github_does_not_have_is_found_to_be_absent(reply: Reply) -> None:
    with ScriptedApi(reply) as api, connect("t", "o/r", api_url=api.url) as client:
        assert client.find("git/ref/heads/main", params={"page": 2}) is None
    assert api.calls == ["GET /repos/o/r/git/ref/heads/main?page=2"]


def test_only_the_kinds_that_are_named_end_the_block_quietly() -> None:
    with ScriptedApi(said(409, "Conflict"), said(404, "Not Found")) as api:
        with connect("t", "o/r", api_url=api.url) as client, Tolerance(RequestFailureKind.CONFLICT):
            client.call("DELETE", "labels/a")
            pytest.fail("the block went on")
        with (
            connect("t", "o/r", api_url=api.url) as client,
            pytest.raises(GitHubError, match="does not exist"),
            Tolerance(RequestFailureKind.CONFLICT),
        ):
            client.call("DELETE", "labels/a")


def refused(reply: Reply) -> str:
    with ScriptedApi(reply) as api, connect("t", "o/r", api_url=api.url) as client:
        with pytest.raises(GitHubError) as caught:
            client.call("POST", "pulls", {})
        return caught.value.message


def test_the_message_has_githubs_words_the_status_and_the_missing_permission() -> None:
    asked = {"x-accepted-github-permissions": "pull_requests=write"}
    message = refused(Reply(403, {"message": "Resource not accessible by integration"}, asked))
    assert message == (
        "POST o/r/pulls: the token lacks a permission (HTTP 403); it needs pull_requests=write; "
        "GitHub says: Resource not accessible by integration"
    )


def test_a_move_names_the_new_address() -> None:
    assert "now at https://x.test/repositories/7" in refused(
        Reply(301, {"message": "Moved"}, {"Location": "https://x.test/repositories/7"})
    )


@pytest.mark.parametrize(
    "body",
    [
        {"message": f"no: {SECRET}"},
        {"message": "Validation Failed", "errors": [{"message": f"body {SECRET}"}]},
        f"<html>{SECRET}</html>",
    ],
)
def test_words_are_one_short_line_without_tokens(body: object) -> None:
    message = refused(Reply(422, body))
    assert "[redacted]" in message
    assert SECRET[:12] not in message


def test_hostile_words_stay_short_and_on_one_line() -> None:
    message = refused(Reply(422, {"message": "\x1b[31mred\n::error::x\u202e" + "y" * 100_000}))
    assert "\n" not in message
    assert "\x1b" not in message
    assert "\u202e" not in message
    assert len(message) < 600


def test_a_server_that_is_not_there_is_tried_again_since_nothing_was_carried_out() -> None:
    time = FakeTime()
    with ScriptedApi() as gone:
        pass
    with pytest.raises(GitHubError) as caught, connect("t", "o/r", api_url=gone.url, clock=time.clock()) as client:
        client.call("POST", "issues", {})
    assert caught.value.kind is RequestFailureKind.UNREACHABLE
    assert time.waits == [2.0, 8.0, 32.0]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (httpx.ReadTimeout("slow"), RequestFailureKind.TIMEOUT),
        (httpx.WriteTimeout("slow"), RequestFailureKind.TIMEOUT),
        (httpx.ConnectTimeout("slow"), RequestFailureKind.UNREACHABLE),
        (httpx.ProxyError("407"), RequestFailureKind.UNREACHABLE),
        (httpx.RemoteProtocolError("cut"), RequestFailureKind.CONNECTION_LOST),
        (httpx.UnsupportedProtocol("ftp"), RequestFailureKind.GARBAGE),
        (httpx.LocalProtocolError("Illegal header value"), RequestFailureKind.INVALID),
    ],
)
def test_a_fault_of_the_connection_is_known_by_its_class(error: Exception, kind: RequestFailureKind) -> None:
    assert failed_transport(error).kind is kind
