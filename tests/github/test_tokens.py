from __future__ import annotations

from typing import TYPE_CHECKING

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from github.scripted_api import LOST, FakeTime, Reply, ScriptedApi
from mtor_action.errors import MtorError, TokenError
from mtor_action.github.tokens import App, OidcRequest, Token, exchange, github_token, installation_token

if TYPE_CHECKING:
    from collections.abc import Iterable

RUNNER_SECRET = "eyJrunner.s3cret"
OIDC = "eyJoidc.s3cret"
GIVEN = Reply(200, {"token": "ghs_given", "expires_at": "2026-01-01T00:00:00Z", "login": "mtor[bot]"})
PRIVATE = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = PRIVATE.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
).decode()


def oidc_of(api: ScriptedApi) -> OidcRequest:
    return OidcRequest(f"{api.url}/token/1/idtoken?api-version=2.0", RUNNER_SECRET)


def test_the_bot_is_shown_an_oidc_token_made_for_it_alone() -> None:
    with ScriptedApi(Reply(200, {"value": OIDC})) as runner, ScriptedApi(GIVEN) as bot:
        token = exchange(f"{bot.url}/", "J-1", oidc_of(runner))
    assert token == Token("ghs_given", "bot", "mtor[bot]")
    asked, shown = runner.asked[0], bot.asked[0]
    audience = bot.url.replace(":", "%3A").replace("/", "%2F")
    assert asked.path == f"/api/v3/token/1/idtoken?api-version=2.0&audience={audience}"
    assert asked.headers["authorization"] == f"Bearer {RUNNER_SECRET}"
    assert asked.headers["accept"] == "application/json"
    assert (shown.method, shown.path, shown.json) == ("POST", "/api/v3/token", {"job": "J-1"})
    assert shown.headers["authorization"] == f"Bearer {OIDC}"


@pytest.mark.parametrize(("told", "known"), [(41, 41), ("41", 0), (None, 0)])
def test_the_bot_may_say_which_account_it_is_so_that_github_is_not_asked(told: object, known: int) -> None:
    given = Reply(200, {**GIVEN.body, "account_id": told})
    with ScriptedApi(Reply(200, {"value": OIDC})) as runner, ScriptedApi(given) as bot:
        assert exchange(bot.url, "J-1", oidc_of(runner)).account_id == known


def test_the_mask_is_told_each_token_before_it_is_used() -> None:
    told: list[tuple[str, int, int]] = []
    with ScriptedApi(Reply(200, {"value": OIDC})) as runner, ScriptedApi(GIVEN) as bot:

        def mask(secrets: Iterable[str]) -> None:
            told.extend((secret, len(runner.asked), len(bot.asked)) for secret in secrets)

        exchange(bot.url, "J-1", oidc_of(runner), mask=mask)
    assert told == [(OIDC, 1, 0), ("ghs_given", 1, 1)]


@pytest.mark.parametrize("fault", [LOST, Reply(502, "<html>"), Reply(500, {"error": "a bug", "hint": "look"})])
def test_a_bot_that_is_started_again_is_waited_for_and_shown_a_fresh_oidc_token_each_time(fault: Reply) -> None:
    time = FakeTime()
    fresh = [Reply(200, {"value": f"eyJ{number}"}) for number in range(4)]
    with ScriptedApi(*fresh) as runner, ScriptedApi(*[fault] * 3, GIVEN) as bot:
        assert exchange(bot.url, "J", oidc_of(runner), time.clock()).value == "ghs_given"
    assert [asked.headers["authorization"] for asked in bot.asked] == [f"Bearer eyJ{number}" for number in range(4)]
    assert time.waits == [2, 8, 32]


@pytest.mark.parametrize(
    ("runner_reply", "bot_replies", "message"),
    [
        (
            Reply(200, {"value": OIDC}),
            [Reply(403, {"error": "this run is not one that I dispatched", "hint": "start it from the issue"})],
            "this run is not one that I dispatched; start it from the issue (HTTP 403)",
        ),
        (Reply(200, {"value": OIDC}), [Reply(409, {"error": f"the token was shown before: {OIDC}"})], "409"),
        (Reply(200, {"value": OIDC}), [Reply(502, "<html>")] * 4, "<html> (HTTP 502)"),
        (Reply(200, {"value": OIDC}), [Reply(200, {"token": "ghs_x"})], "contains no token or no login"),
        (Reply(200, {"value": OIDC}), [Reply(200, ["ghs_x"])], "contains no token or no login"),
        (Reply(200, {"value": OIDC}), [Reply(200, "<html>it works</html>")], "garbage (HTTP 200)"),
        (Reply(200, {}), [], "GitHub's answer contains no OIDC token"),
        (Reply(403, {"message": "no"}), [], "GitHub gives no OIDC token: no (HTTP 403)"),
    ],
)
def test_no_token_says_why_and_what_to_do_without_any_secret(
    runner_reply: Reply, bot_replies: list[Reply], message: str
) -> None:
    with ScriptedApi(*[runner_reply] * 4) as runner, ScriptedApi(*bot_replies) as bot:
        with pytest.raises(TokenError) as caught:
            exchange(bot.url, "J", oidc_of(runner), FakeTime().clock())
        assert len(bot.asked) == len(bot_replies)
    assert message in caught.value.message
    assert caught.value.hint
    assert "s3cret" not in caught.value.message + caught.value.hint


def test_a_bot_that_cannot_be_reached_is_named() -> None:
    with ScriptedApi() as gone:
        pass
    with ScriptedApi(Reply(200, {"value": OIDC})) as runner, pytest.raises(TokenError) as caught:
        exchange(gone.url, "J", oidc_of(runner), FakeTime().clock())
    assert caught.value.message.startswith(f"the bot at {gone.url} gives no token: ")


@pytest.mark.parametrize(
    "url",
    [
        "http://bot.test",
        "bot.test",
        "",
        "file:///etc/passwd",
        "ftp://bot.test",
        "http://me:s3cret@x.test",
        "http://127.0.0.1.evil.test",
        "http://localhost@evil.test",
        "https://",
    ],
)
def test_an_oidc_token_is_not_sent_in_clear(url: str) -> None:
    with ScriptedApi() as runner, pytest.raises(TokenError, match="expected an https:// address") as caught:
        exchange(url, "J", oidc_of(runner))
    assert runner.asked == []
    assert "s3cret" not in caught.value.message


@pytest.mark.parametrize(
    "url", ["https://bot.test:port", "https://bot..test", "https://bot\n.test", "https://me:s3cret@x.test"]
)
def test_what_is_no_address_is_named(url: str) -> None:
    with (
        ScriptedApi(Reply(200, {"value": OIDC})) as runner,
        pytest.raises(MtorError, match="is not the address") as caught,
    ):
        exchange(url, "J", oidc_of(runner))
    assert "s3cret" not in caught.value.message


def test_a_job_without_the_permission_for_oidc_is_told_so() -> None:
    with pytest.raises(TokenError, match="may not ask") as caught:
        exchange("https://bot.test", "J", OidcRequest("", ""))
    assert "id-token: write" in caught.value.hint


@pytest.mark.parametrize("key", [PEM, PEM.replace("\n", "\\n"), f"\n{PEM}\n\n"])
def test_an_app_gets_a_token_for_one_repository_and_what_publishing_writes(key: str) -> None:
    replies = (
        Reply(200, {"slug": "our-mtor"}),
        Reply(200, {"id": 77}),
        Reply(201, {"token": "ghs_app", "expires_at": "2026-01-01T00:00:00Z"}),
    )
    with ScriptedApi(*replies) as api:
        token = installation_token(App("123", key), "o/r", api_url=api.url)
    assert token == Token("ghs_app", "app", "our-mtor[bot]")
    assert api.calls == [
        "GET /app",
        "GET /repos/o/r/installation",
        "POST /app/installations/77/access_tokens",
    ]
    assert api.asked[2].json == {
        "repositories": ["r"],
        "permissions": {"contents": "write", "issues": "write", "pull_requests": "write"},
    }
    for asked in api.asked:
        shown = asked.headers["authorization"].removeprefix("Bearer ")
        assert jwt.decode(shown, PRIVATE.public_key(), algorithms=["RS256"])["iss"] == "123"


@pytest.mark.parametrize(
    ("replies", "message", "hint"),
    [
        ([Reply(401, {"message": "A JSON web token could not be decoded"})], "does not accept", "MTOR_APP_ID"),
        ([Reply(200, {"slug": "a"}), Reply(404, {"message": "Not Found"})], "installation", "install the App a on o/r"),
        (
            [Reply(200, {"slug": "a"}), Reply(200, {"id": 7}), Reply(422, {"message": "permissions not granted"})],
            "permissions not granted",
            "grant the App",
        ),
        ([Reply(200, {"slug": "a"}), Reply(200, {"id": 7}), Reply(201, {})], "contains no token", "try again"),
        ([Reply(200, {}), Reply(200, {}), Reply(201, {"token": "ghs_s3cret"})], "no name", "try again"),
        ([Reply(502, "<html>")] * 4, "GitHub failed", "githubstatus.com"),
    ],
)
def test_an_app_without_a_token_says_why_and_what_to_do(replies: list[Reply], message: str, hint: str) -> None:
    with ScriptedApi(*replies) as api, pytest.raises(TokenError) as caught:
        installation_token(App("123", PEM), "o/r", api_url=api.url, clock=FakeTime().clock())
    assert message in caught.value.message
    assert hint in caught.value.hint
    assert "s3cret" not in caught.value.message


@pytest.mark.parametrize(
    "key", ["", "s3cret", "-----BEGIN RSA PRIVATE KEY-----\ns3cret\n-----END RSA PRIVATE KEY-----"]
)
def test_a_key_that_is_none_is_refused_before_any_request(key: str) -> None:
    with ScriptedApi() as api, pytest.raises(TokenError, match="private key cannot be used") as caught:
        installation_token(App("123", key), "o/r", api_url=api.url)
    assert api.asked == []
    assert "s3cret" not in f"{caught.value!r} {caught.value.__cause__!r}"


def test_a_plain_token_is_from_github_actions() -> None:
    assert github_token("ghs_x") == Token("ghs_x", "github", "github-actions[bot]")
    with pytest.raises(MtorError, match="there is no token") as caught:
        github_token("")
    assert "MTOR_GITHUB_TOKEN" in caught.value.hint


def test_no_representation_shows_a_secret() -> None:
    shown = f"{github_token('s3cret')} {OidcRequest('https://x.test', 's3cret')} {App('1', 's3cret')}"
    assert "s3cret" not in shown
    assert "App(app_id='1')" in shown
