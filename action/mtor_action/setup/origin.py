"""The repository on GitHub that the remote `origin` names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mtor_action.errors import GitError

if TYPE_CHECKING:
    from mtor_action.setup.finding import DoctorSubject

SERVER = "https://github.com"
# git@HOST:OWNER/REPO.git, and URLs: https://git-scm.com/docs/git-clone#_git_urls
_SCP_LIKE = re.compile(r"(?:[\w.-]+@)?(?P<host>[\w.-]+):(?!/)(?P<path>.+)")
_NAME = re.compile(r"/?([\w.-]+/[\w.-]+?)(?:\.git)?/?", re.ASCII)


def server_of(subject: DoctorSubject) -> str:
    """Return the address of the GitHub server that the environment names, github.com by default."""
    return subject.environ.get("GITHUB_SERVER_URL") or SERVER


def repository_of(subject: DoctorSubject) -> str:
    """Return OWNER/REPO of the remote `origin` if it is on that GitHub server, else ""."""
    try:
        url = subject.git().run("remote", "get-url", "origin").decode("utf-8", "replace").strip()
    except GitError:
        return ""
    scp = None if "://" in url else _SCP_LIKE.fullmatch(url)
    try:
        host, path = (scp["host"], scp["path"]) if scp else (urlsplit(url).hostname or "", urlsplit(url).path)
    except ValueError:
        return ""
    name = _NAME.fullmatch(path)
    return name[1] if name and host.lower() == urlsplit(server_of(subject)).hostname else ""
