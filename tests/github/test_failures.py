"""What GitHub answers, over real HTTP, and what becomes of it."""

from __future__ import annotations

import httpx
import pytest

from github.scripted_api import LOST, NOW, FakeTime, Reply, ScriptedApi
from mtor_action.github.client import connect
from mtor_action.github.failures import TABLE, WORDS, Again, GitHubError, Kind, failed_transport

SECRET = "ghs_" + "A1b2." * 12
NO_REQUESTS_LEFT = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW) + 300)}


def said(status: int, message: str, *errors: object, **headers: str) -> Reply:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, {"message": message, "errors": list(errors)} if errors else {"message": message}, names)


FAILURES = [
    (said(401, "Bad credentials"), Kind.BAD_TOKEN),
    (said(401, "Requires authentication"), Kind.BAD_TOKEN),
    (said(403, "Resource not accessible by integration"), Kind.MISSING_PERMISSION),
    (said(403, "Resource not accessible by personal access token"), Kind.MISSING_PERMISSION),
    (said(403, "Must have admin rights to Repository."), Kind.MISSING_PERMISSION),
    (said(403, "GitHub Actions is not permitted to create or approve pull requests."), Kind.PULLS_NOT_ALLOWED),
    (said(403, "Resource protected by organization SAML enforcement."), Kind.SINGLE_SIGN_ON),
    (said(403, "`o` has an IP allow list enabled, and your IP is not permitted"), Kind.ADDRESS_NOT_ALLOWED),
    (said(403, "Repository was archived so is read-only."), Kind.ARCHIVED),
    (said(403, "Unable to create comment because issue is locked."), Kind.LOCKED),
    (said(403, "something new"), Kind.FORBIDDEN),
    (said(451, "Repository access blocked"), Kind.FORBIDDEN),
    (said(404, "Not Found"), Kind.NOT_FOUND),
    (said(410, "This issue was deleted"), Kind.GONE),
    (said(410, "Issues are disabled for this repo"), Kind.ISSUES_OFF),
    (said(410, "Issues has been disabled in this repository."), Kind.ISSUES_OFF),
    (said(301, "Moved Permanently", location="https://api.github.com/repositories/7/issues/1"), Kind.MOVED),
    (said(307, "Temporary Redirect", location="/elsewhere"), Kind.MOVED),
    (said(409, "Git Repository is empty."), Kind.EMPTY_REPOSITORY),
    (said(409, "Conflict"), Kind.CONFLICT),
    (said(422, "Cannot update this protected branch"), Kind.PROTECTED),
    (said(422, "Repository rule violations found"), Kind.PROTECTED),
    (said(422, "Reference update failed"), Kind.PROTECTED),
    (said(422, "Update is not a fast forward"), Kind.NOT_FAST_FORWARD),
    (said(422, "Reference already exists"), Kind.REFERENCE_EXISTS),
    (said(422, "Reference does not exist"), Kind.NO_REFERENCE),
    (said(422, "Draft pull requests are not supported in this repository."), Kind.DRAFTS_UNSUPPORTED),
    (said(422, "Validation Failed", {"message": "A pull request already exists for o:b."}), Kind.PULL_EXISTS),
    (said(422, "Validation Failed", {"message": "No commits between main and b"}), Kind.NO_COMMITS),
    (said(422, "Review cannot be requested from pull request author."), Kind.NOT_A_REVIEWER),
    (said(422, "Reviews may only be requested from collaborators."), Kind.NOT_A_REVIEWER),
    (said(422, "Validation Failed", {"message": "body is too long (maximum is 65536 characters)"}), Kind.TOO_LONG),
    (said(413, ""), Kind.TOO_LONG),
    (said(422, "Validation Failed", {"code": "missing_field"}), Kind.INVALID),
    (said(400, "Problems parsing JSON"), Kind.INVALID),
    (said(403, "You have exceeded a secondary rate limit."), Kind.SECONDARY_LIMIT),
    (said(403, "You have triggered an abuse detection mechanism."), Kind.SECONDARY_LIMIT),
    (said(403, "Slow down", retry_after="7"), Kind.SECONDARY_LIMIT),
    (said(429, "Too many requests"), Kind.SECONDARY_LIMIT),
    (said(422, "Validation Failed", {"message": "was submitted too quickly"}), Kind.SECONDARY_LIMIT),
    (said(403, "API rate limit exceeded for installation ID 7."), Kind.RATE_LIMITED),
    (Reply(403, {"message": "no"}, NO_REQUESTS_LEFT), Kind.RATE_LIMITED),
    (said(500, "Server Error"), Kind.SERVER_ERROR),
    (Reply(502, "<html><body>Bad Gateway</body></html>"), Kind.SERVER_ERROR),
    (said(503, ""), Kind.SERVER_ERROR),
    (said(504, "We couldn't respond to your request in time."), Kind.SERVER_ERROR),
    (said(599, ""), Kind.SERVER_ERROR),
    (LOST, Kind.CONNECTION_LOST),
    (Reply(200, "<html>Please sign in to the network</html>"), Kind.GARBAGE),
    (Reply(200, "[" * 100_000), Kind.GARBAGE),
    (Reply(202, "{"), Kind.GARBAGE),
    (Reply(403, "[" * 100_000), Kind.FORBIDDEN),
    (Reply(403, ["no", "object"]), Kind.FORBIDDEN),
    (Reply(403, {"message": None, "errors": [None, 7, "words"]}), Kind.FORBIDDEN),
]


@pytest.mark.parametrize(("reply", "kind"), FAILURES)
def test_an_answer_is_its_kind_and_only_what_passes_is_asked_again(reply: Reply, kind: Kind) -> None:
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
    assert set(Kind) - {kind for _, kind in FAILURES} == {Kind.TIMEOUT, Kind.UNREACHABLE}
    assert set(TABLE) == set(Kind)


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
    assert caught.value.kind is Kind.UNREACHABLE
    assert time.waits == [2.0, 8.0, 32.0]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (httpx.ReadTimeout("slow"), Kind.TIMEOUT),
        (httpx.WriteTimeout("slow"), Kind.TIMEOUT),
        (httpx.ConnectTimeout("slow"), Kind.UNREACHABLE),
        (httpx.ProxyError("407"), Kind.UNREACHABLE),
        (httpx.RemoteProtocolError("cut"), Kind.CONNECTION_LOST),
        (httpx.UnsupportedProtocol("ftp"), Kind.GARBAGE),
        (httpx.LocalProtocolError("Illegal header value"), Kind.INVALID),
    ],
)
def test_a_fault_of_the_connection_is_known_by_its_class(error: Exception, kind: Kind) -> None:
    assert failed_transport(error).kind is kind
