"""The way to the repository on GitHub, with the token of the environment or of GitHub's own command line `gh`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.errors import MtorError
from mtor_action.setup.origin import SERVER, repository_of, server_of

if TYPE_CHECKING:
    from mtor_action.github.client import Client
    from mtor_action.setup.finding import DoctorSubject

_SECONDS = 30
_PATIENCE_SECONDS = 60.0  # for a person who waits


def token_of(subject: DoctorSubject) -> str:
    """Return the token that the environment has, "" if it has none."""
    return subject.environ.get("GITHUB_TOKEN") or subject.environ.get("GH_TOKEN") or ""


def connect_to(subject: DoctorSubject, repository: str, token: str, patience_seconds: float) -> Client:
    """Return a client for the repository. Raises MtorError if the library for it is not installed."""
    from importlib.util import find_spec

    from mtor_action.github.client import API_URL, connect

    if not find_spec("githubkit"):
        raise MtorError("asking GitHub needs githubkit, which is not installed", "install the extra `publish`")
    server = server_of(subject)
    # The token goes to the server that the environment names, never to one that the repository's files name.
    default = API_URL if server == SERVER else f"{server}/api/v3"
    api_url = subject.environ.get("GITHUB_API_URL") or default
    return connect(token, repository, api_url=api_url, patience_seconds=patience_seconds)


def connect_to_origin(subject: DoctorSubject) -> Client:
    """Return a client for the remote `origin`, as whoever is known here. Raises MtorError with the next step."""
    return connect_to(subject, origin_of(subject), token_or_gh(subject), _PATIENCE_SECONDS)


def origin_of(subject: DoctorSubject) -> str:
    """Return OWNER/REPO of the remote `origin`. Raises MtorError if it is not on the server that is talked to."""
    repository = repository_of(subject)
    if not repository:
        server = server_of(subject)
        raise MtorError(
            f"the remote `origin` is not a repository at {server}",
            f"add it: git remote add origin {server}/OWNER/REPO.git; for another server set GITHUB_SERVER_URL",
        )
    return repository


def token_or_gh(subject: DoctorSubject) -> str:
    """Return the token of the environment, else the one of whoever is logged in with `gh`. Raises MtorError.

    https://cli.github.com/manual/gh_auth_token
    """
    if token := token_of(subject):
        return token
    host = server_of(subject).partition("://")[2].partition("/")[0]
    token = _output_of_gh(subject, "auth", "token", "--hostname", host)
    if not token:
        raise MtorError(
            f"nobody is logged in at {host}: neither GITHUB_TOKEN nor GH_TOKEN is set, and `gh auth token` has none",
            f"gh auth login --hostname {host} --scopes workflow, or set GH_TOKEN",
        )
    return token


def gh_program(subject: DoctorSubject) -> str:
    """Return the path of `gh`, "" if it is not installed."""
    import shutil

    return shutil.which("gh", path=subject.environ.get("PATH", "")) or ""


def _output_of_gh(subject: DoctorSubject, *arguments: str) -> str:
    import subprocess

    program = gh_program(subject)
    if not program:
        return ""
    environment = {**subject.environ, "GH_PROMPT_DISABLED": "1"}
    try:
        completed = subprocess.run(
            [program, *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return completed.stdout.decode("utf-8", "replace").strip() if completed.returncode == 0 else ""
