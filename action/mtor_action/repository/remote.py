"""git against a server: the token is in the environment of that one process, on no command line and in no file."""

from __future__ import annotations

import base64
import os
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from mtor_action.redaction.secret_names import PROXIES
from mtor_action.repository.git import Git

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# No helper of the machine is asked for another password, and no other server ever sees the token.
_SETTINGS = (("credential.helper", ""), ("http.followRedirects", "false"))


class Remote(NamedTuple):
    """A repository on a server, such as `https://github.com/o/r.git`; without a token, it is asked as anybody."""

    url: str
    token: str = ""

    def __repr__(self) -> str:
        return f"Remote(url={self.url!r})"

    def environ(self) -> dict[str, str]:
        """The settings as git takes them from its environment: https://git-scm.com/docs/git-config#ENVIRONMENT."""
        settings = list(_SETTINGS)
        if self.token:
            basic = base64.b64encode(f"x-access-token:{self.token}".encode()).decode("ascii")
            server = urlsplit(self.url)
            name = f"http.{server.scheme}://{server.netloc}/.extraheader"
            # The empty one first: it takes away what the machine's own configuration sends.
            settings += [(name, ""), (name, f"AUTHORIZATION: basic {basic}")]
        count_text = os.environ.get("GIT_CONFIG_COUNT", "")
        first = int(count_text) if count_text.isascii() and count_text.isdigit() else 0
        environ = {"GIT_CONFIG_COUNT": str(first + len(settings))}
        for number, (name, value) in enumerate(settings, first):
            environ |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
        return environ | {name: os.environ[name] for name in PROXIES if name in os.environ}


def empty_repository(folder: Path) -> Git:
    """Return a new repository with nothing in it, below `folder`. Nothing is ever checked out there."""
    Git(folder, folder / ".git").run("init", "--quiet", "--initial-branch=mtor-none", "--template=")
    return Git(folder, folder / ".git")


def fetch(git: Git, remote: Remote, refspecs: Sequence[str], *, depth: int | None = 1) -> None:
    """Fetch, each with its newest `depth` commits or (None) with its history. Raises GitError."""
    options = ["--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules"]
    options += [] if depth is None else [f"--depth={depth}"]
    git.run("fetch", *options, remote.url, *refspecs, environ=remote.environ())


def push(git: Git, remote: Remote, commit: str, branch: str, expected: str | None) -> None:
    """Set the server's `branch` to `commit` if it is at `expected` (None: if there is none). Raises GitError."""
    ref = f"refs/heads/{branch}"
    lease = f"--force-with-lease={ref}:{expected or ''}"
    git.run("push", "--quiet", "--no-verify", lease, remote.url, f"{commit}:{ref}", environ=remote.environ())


# For objects alone, until a commit that GitHub made of them is on a branch. Rules are for branches and tags, and so
# are the pushes that start workflows: https://docs.github.com/actions/reference/events-that-trigger-workflows#push
HIDDEN_REFS = "refs/mtor/publish/"


def push_hidden(git: Git, remote: Remote, commit: str, ref: str) -> None:
    """Bring the objects of `commit` to the server by a ref of HIDDEN_REFS, whatever it was at. Raises GitError."""
    git.run("push", "--quiet", "--no-verify", "--force", remote.url, f"{commit}:{ref}", environ=remote.environ())


def hidden_refs(git: Git, remote: Remote) -> list[str]:
    """Return the server's refs of HIDDEN_REFS, whole names. Raises GitError."""
    listed = git.run("ls-remote", "--quiet", remote.url, f"{HIDDEN_REFS}*", environ=remote.environ())
    return [line.partition("\t")[2] for line in listed.decode("utf-8", "surrogateescape").splitlines()]


def remove_hidden(git: Git, remote: Remote, *refs: str) -> None:
    """Delete them on the server. Raises GitError."""
    git.run("push", "--quiet", "--no-verify", remote.url, *(f":{ref}" for ref in refs), environ=remote.environ())
