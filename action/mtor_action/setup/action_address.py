"""The address of mtor's action: a repository at a full commit id, and the tag that named it.

It comes from the command line, from the release that is installed, from the commit that was installed, or from the
workflow that is there already, in this order; each says where it was taken from.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from mtor_action.errors import MtorError, UsageError

_REPOSITORY = r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/(?!\.{1,2}[@\s])[A-Za-z0-9._-]{1,100}"
_ADDRESS = re.compile(rf"(?P<repository>{_REPOSITORY})@(?P<commit>[0-9a-f]{{40}})")
# A tag that needs no quoting in YAML or for a shell; what git refuses in a name is refused here too.
_TAG = re.compile(r"(?!-)(?!.*(?:\.\.|//|\.lock$|\.$|/$))[A-Za-z0-9_][A-Za-z0-9._/+-]{0,99}")
_NAMED = re.compile(rf"(?P<repository>{_REPOSITORY})@(?P<name>[^\s@]+)")
_URL = re.compile(rf"(?:https?|ssh)://[^\s/]+/(?P<repository>{_REPOSITORY}?)(?:\.git)?/?")
_DISTRIBUTION = "mtor-bot"
# One line, `OWNER/REPO@COMMIT # TAG`, which the release workflow writes before it builds the wheel.
RELEASE_FILE = "release.txt"
_SECONDS = 60
_EXAMPLE = "for example: --action ada/mtor@v1.2.3, or ada/mtor@ followed by the 40 hexadecimal digits of a commit"


@dataclass(frozen=True, slots=True)
class ActionAddress:
    """The action at `commit`; `tag` is "" where none named it, `source` says in a few words where it was taken from."""

    repository: str
    commit: str
    tag: str
    source: str

    @property
    def uses(self) -> str:
        """Return the value for `uses:`, with the tag as a comment."""
        return f"{self.repository}@{self.commit}" + (f" # {self.tag}" if self.tag else "")


def is_address(text: str) -> bool:
    """Return whether the text is OWNER/REPO@COMMIT."""
    return _ADDRESS.fullmatch(text) is not None


def is_tag(text: str) -> bool:
    """Return whether the text can be a tag beside an address."""
    return _TAG.fullmatch(text) is not None


def requested(address: str, environ: Mapping[str, str]) -> ActionAddress:
    """Return what `--action` names, a tag as the commit that it is now. Raises UsageError, or MtorError of the look-up.

    GitHub is asked for a tag, at the server that the environment names.
    """
    if match := _ADDRESS.fullmatch(address):
        return ActionAddress(match["repository"], match["commit"], "", "--action")
    match = _NAMED.fullmatch(address)
    if match is None:
        raise UsageError(f"--action {address}: expected OWNER/REPO@COMMIT or OWNER/REPO@TAG", _EXAMPLE)
    if re.fullmatch(r"[0-9A-Fa-f]{7,64}", match["name"]):
        raise UsageError(
            f"--action {address}: {match['name']} is not a full commit id (40 lower-case hexadecimal digits)", _EXAMPLE
        )
    if not is_tag(match["name"]):
        raise UsageError(f"--action {address}: {match['name']} is not the name of a tag", _EXAMPLE)
    commit = _commit_of(match["repository"], match["name"], environ)
    return ActionAddress(match["repository"], commit, match["name"], f"--action, the tag {match['name']} as it is now")


def parsed(uses: str, source: str) -> ActionAddress | None:
    """Return the address of a line `OWNER/REPO@COMMIT # TAG`, None if it is not one."""
    text, _, tag = uses.strip().partition(" # ")
    match = _ADDRESS.fullmatch(text)
    if match is None or not (tag == "" or is_tag(tag)):
        return None
    return ActionAddress(match["repository"], match["commit"], tag, source)


def installed() -> ActionAddress | None:
    """Return the address of the release that is installed, else of the commit that was; None if neither is known."""
    release = parsed(_release_line(), "the release that is installed")
    if release:
        return release
    return parsed(installed_from() or "", "the commit that is installed")


def installed_from() -> str | None:
    """Return the value for `uses:` of the installed release or commit, None if neither is known.

    https://packaging.python.org/en/latest/specifications/direct-url/
    """
    import json
    from importlib.metadata import PackageNotFoundError, distribution

    if release := parsed(_release_line(), ""):
        return release.uses
    try:
        text = distribution(_DISTRIBUTION).read_text("direct_url.json")
        origin = json.loads(text) if text else {}
        url, commit = origin["url"], origin["vcs_info"]["commit_id"]
    except (PackageNotFoundError, ValueError, KeyError, TypeError):
        return None
    match = _URL.fullmatch(url)
    address = f"{match['repository']}@{commit}" if match else ""
    return address if is_address(address) else None


def _release_line() -> str:
    from importlib.resources import files

    try:
        return files("mtor_action.setup").joinpath(RELEASE_FILE).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""


def _commit_of(repository: str, tag: str, environ: Mapping[str, str]) -> str:
    """Return the commit of a tag; one of an annotated tag is listed with `^{}` behind its name."""
    url = f"{environ.get('GITHUB_SERVER_URL') or 'https://github.com'}/{repository}"
    names = {f"refs/tags/{tag}^{{}}": "", f"refs/tags/{tag}": ""}
    for line in _remote_lines(url, list(names), environ):
        commit, _, name = line.partition("\t")
        if name in names and re.fullmatch(r"[0-9a-f]{40}", commit):
            names[name] = commit
    commit = next(filter(None, names.values()), "")
    if not commit:
        hint = "a branch moves, so name a tag or a full commit id; the tags are listed by: git ls-remote --tags "
        raise UsageError(f"--action: {repository} has no tag {tag}", hint + url)
    return commit


def _remote_lines(url: str, names: list[str], environ: Mapping[str, str]) -> list[str]:
    import subprocess
    from tempfile import gettempdir

    command = ["git", "-c", "core.askPass=", "-c", "protocol.ext.allow=never", "ls-remote", "--", url, *names]
    try:
        # Outside of the repository, whose own configuration must not say where the name leads.
        completed = subprocess.run(
            command,
            cwd=gettempdir(),
            env={**environ, "GIT_TERMINAL_PROMPT": "0"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MtorError(f"{url} could not be asked: {error}", "try again, or name a full commit id") from error
    if completed.returncode:
        words = completed.stderr.decode("utf-8", "replace").strip().splitlines()
        reason = words[-1] if words else f"git ended with {completed.returncode}"
        raise MtorError(
            f"{url} could not be asked for its tags: {reason}",
            "check the name and that git may read it, or name a full commit id",
        )
    return completed.stdout.decode("utf-8", "replace").splitlines()
