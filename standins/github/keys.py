"""RSA keys and JSON Web Tokens: the App's proof of itself, and the OIDC issuer's signature."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NamedTuple

from standins.github.call import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from standins.github.world import World

ALGORITHM = "RS256"
LEEWAY_SECONDS, LONGEST_SECONDS = 60, 600


class Key(NamedTuple):
    """A private key and its PEM text (PKCS #1)."""

    private: RSAPrivateKey
    pem: str


def _made() -> Key:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form, none = serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    return Key(private, private.private_bytes(serialization.Encoding.PEM, form, none).decode())


@functools.cache
def app_key() -> Key:
    """The App's, one a process: making one takes a tenth of a second."""
    return _made()


@functools.cache
def issuer_key() -> Key:
    """The OIDC issuer's."""
    return _made()


@functools.cache
def stranger_key() -> Key:
    """A key that belongs to nobody here, for forged tokens."""
    return _made()


def verify_app(world: World, headers: Mapping[str, str]) -> None:
    """401 unless the request bears a fresh JWT of the App: docs.github.com/apps/…/generating-a-json-web-token-jwt"""
    import jwt

    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise Refusal(401, "A JSON web token could not be decoded")
    options: Any = {"require": ["iat", "exp", "iss"], "verify_iss": False, "verify_iat": False, "verify_exp": False}
    try:
        claims = jwt.decode(value, app_key().private.public_key(), algorithms=[ALGORITHM], options=options)
    except jwt.PyJWTError as error:
        raise Refusal(401, "A JSON web token could not be decoded") from error
    now = world.clock.now().timestamp()
    if claims["exp"] <= now:
        raise Refusal(401, "'Expiration time' claim ('exp') must be a numeric value representing the future time")
    if claims["exp"] > now + LONGEST_SECONDS + LEEWAY_SECONDS:
        raise Refusal(401, "'Expiration time' claim ('exp') is too far in the future")
    if claims["iat"] > now + LEEWAY_SECONDS:
        raise Refusal(401, "'Issued at' claim ('iat') must be an Integer representing the past")
    if str(claims["iss"]) not in (str(world.app.id), world.app.json()["client_id"]):
        raise Refusal(404, "Integration not found")
