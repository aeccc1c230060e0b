"""The address of mtor's action: a repository at a full commit id."""

from __future__ import annotations

import re

from mtor_action.errors import UsageError

_REPOSITORY = r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/(?!\.{1,2}[@\s])[A-Za-z0-9._-]{1,100}"
_ADDRESS = re.compile(rf"(?P<repository>{_REPOSITORY})@(?P<commit>[0-9a-f]{{40}})")
_MOVABLE = re.compile(rf"(?P<repository>{_REPOSITORY})@(?P<name>[^\s@]+)")
_URL = re.compile(rf"(?:https?|ssh)://[^\s/]+/(?P<repository>{_REPOSITORY}?)(?:\.git)?/?")
_DISTRIBUTION = "mtor-bot"


def is_address(text: str) -> bool:
    """Return whether the text is OWNER/REPO@COMMIT."""
    return _ADDRESS.fullmatch(text) is not None


def checked(address: str) -> str:
    """Return the address, if it is OWNER/REPO@COMMIT. Raises UsageError with the way to find the commit."""
    if is_address(address):
        return address
    movable = _MOVABLE.fullmatch(address)
    if movable is None:
        raise UsageError(
            f"--action {address}: expected OWNER/REPO@COMMIT",
            "for example: --action ada/mtor@ followed by the 40 hexadecimal digits of a commit",
        )
    repository, name = movable["repository"], movable["name"]
    raise UsageError(
        f"--action {address}: {name} is not a full commit id (40 lower-case hexadecimal digits), and the owner of "
        f"{repository} could point a tag or branch at other code, which would get your keys",
        f"find the commit with: git ls-remote https://github.com/{repository} '{name}^{{}}' '{name}'",
    )


def installed_from() -> str | None:
    """Return the address that this program was installed from, if that was a commit of a repository on the network.

    https://packaging.python.org/en/latest/specifications/direct-url/
    """
    import json
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        text = distribution(_DISTRIBUTION).read_text("direct_url.json")
        origin = json.loads(text) if text else {}
        url, commit = origin["url"], origin["vcs_info"]["commit_id"]
    except (PackageNotFoundError, ValueError, KeyError, TypeError):
        return None
    match = _URL.fullmatch(url)
    address = f"{match['repository']}@{commit}" if match else ""
    return address if is_address(address) else None
