"""Who asks GitHub, and over which connection: tokens, an App's signature, one pool inside of a `with`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from mtor_action.github.api_server import ApiServer, as_app, as_nobody, with_bearer, with_token

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="module")
def key() -> RSAPrivateKey:
    return generate_private_key(65537, 2048)


@pytest.mark.parametrize(
    ("authorization", "header"),
    [(with_token("ghs_1"), "token ghs_1"), (with_bearer("oidc"), "Bearer oidc")],
)
def test_a_token_is_sent_in_the_form_that_its_server_takes(authorization: Callable[[], str], header: str) -> None:
    server = ApiServer("https://api.github.com", authorization)
    assert server.headers() == {"Accept": "application/vnd.github+json", "Authorization": header}
    assert header not in repr(server)


def test_nobody_sends_no_token() -> None:
    assert with_token("") is as_nobody
    assert "Authorization" not in ApiServer("https://api.github.com", as_nobody).headers()


def test_an_app_signs_once_for_some_minutes_and_never_for_more_than_ten(key: RSAPrivateKey) -> None:
    authorization = as_app("12", key)
    token = authorization().removeprefix("Bearer ")
    claims = jwt.decode(token, key.public_key(), algorithms=["RS256"])
    assert claims["iss"] == "12"
    assert claims["iat"] <= time.time() <= claims["exp"] <= claims["iat"] + 600
    assert authorization() == f"Bearer {token}"


def test_what_is_no_key_is_an_error_before_anything_is_sent() -> None:
    with pytest.raises(Exception, match="key"):
        as_app("12", "not a key")()


def test_inside_of_a_with_all_requests_share_one_pool_and_it_is_closed_after() -> None:
    server = ApiServer("https://api.github.com", as_nobody)
    with server:
        with server.http() as first, server.http() as second:
            assert first is second
        assert not first.is_closed
    assert first.is_closed
    with server.http() as alone:
        assert alone is not first
    assert alone.is_closed
