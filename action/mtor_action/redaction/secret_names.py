"""Environment variables that hold a secret: told by the name, and by what the value cannot be.

Importing this costs next to nothing: every start of mtor asks, before anything else is loaded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

# Anywhere in a name: APIKEY and MYTOKEN are written together as often as apart.
_WORDS = ("KEY", "TOKEN", "SECRET", "PASSW", "PASSPHRASE", "CREDENTIAL", "PRIVATE", "WEBHOOK", "COOKIE", "DATABASE_URL")
# Only as a whole part of a name, between underscores: PATH is not PAT, PWD is the current folder, AUTHOR is not AUTH.
_PARTS = frozenset(("AUTH", "AUTHORIZATION", "BEARER", "CREDS", "DSN", "JWT", "PASS", "PAT", "OAUTH"))
_ENDS = ("PGPASS", "_AUTH", "_PWD", "CONNECTION_STRING", "CONNSTR")
# Names that say so and hold none.
_OPEN = frozenset(
    (
        "GPG_KEY",  # the public fingerprint of a release: https://github.com/docker-library/python
        "XAUTHORITY",  # a file
        "SSH_AUTH_SOCK",  # a socket
    )
)
_OF_PLACES = ("_FILE", "_PATH", "_DIR", "_HOME", "_SOCK")
_ADDRESSES = ("_URL", "_URI", "_ENDPOINT", "URL")
# Shorter ones are flags: TOKENIZERS_PARALLELISM=false.
SHORTEST_HIDDEN = 6
_MOST_REMEMBERED = 1_000  # of the environment's variables, about which every git process asks


# With a password in it the address of a proxy is a secret that whoever speaks to a network needs.
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


def secrets_in(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of `environ` that hold a secret."""
    return {name: value for name, value in environ.items() if is_secret(name, value)}


def without_secrets(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that hold no secret: what a process that needs no key is given."""
    return {name: value for name, value in environ.items() if not is_secret(name, value)}


@lru_cache(_MOST_REMEMBERED)
def is_secret(name: str, value: str) -> bool:
    """Return whether a variable of this name and value is kept from commands, and its value from what is shown."""
    if len(value.strip()) < SHORTEST_HIDDEN:
        return False
    name = name.upper()
    if name in _OPEN or name.startswith("GIT_"):  # GIT_CONFIG_KEY_0 names a setting of git's
        return False
    if has_userinfo(value):
        return True
    if not _names_a_secret(name):
        return False
    return not _is_place(name, value) and not _is_open_address(name, value)


def has_userinfo(value: str) -> bool:
    """Return whether the value is an address with a name or a password in it, `scheme://user:password@host`."""
    _, separator, remainder = value.partition("://")
    return bool(separator) and "@" in remainder.partition("/")[0]


def _names_a_secret(name: str) -> bool:
    parts = name.split("_")
    is_secret = _any_in(_WORDS, name) or name.endswith(_ENDS) or not _PARTS.isdisjoint(parts)
    return is_secret and "PUBLIC" not in parts


def _any_in(words: Iterable[str], name: str) -> bool:
    return any(word in name for word in words)


def _is_place(name: str, value: str) -> bool:
    """A file, such as GOOGLE_APPLICATION_CREDENTIALS: the secret is in it."""
    if not value.startswith(("/", "./", "../", "~/")) or "\n" in value:
        return False
    return name.endswith(_OF_PLACES) or not _any_in(("KEY", "TOKEN", "SECRET", "PASS"), name)


def _is_open_address(name: str, value: str) -> bool:
    # The address of a webhook is its password; TOKEN_URL is where tokens come from.
    return name.endswith(_ADDRESSES) and "://" in value and "?" not in value and "WEBHOOK" not in name
