"""The inputs of the publish job, read from its environment. Secrets leave the environment as they are read."""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import NamedTuple

from mtor_action.errors import UsageError
from mtor_action.github.actions.dispatched_runs import workflow_file
from mtor_action.github.issues.comments import ACTIONS_LOGIN
from mtor_action.github.sources.review_words import CHECK
from mtor_action.github.texts.pins import Pin, decode

_JOB = re.compile(r"(?!\.+\Z)[A-Za-z0-9._-]{1,80}")
_LOGIN = re.compile(r"[A-Za-z0-9_.-]{1,80}(?:\[bot\])?")
_NUMBER = re.compile(r"[1-9][0-9]{0,17}")
_ADDRESS = re.compile(r"https?://[^\s<>()\\]+")


class Order(NamedTuple):
    """One job to publish: `job` is the queue's id, "" if a person started the workflow; `pins` may be empty then."""

    repository: str  # OWNER/REPO
    number: int  # of the issue or pull request
    job: str  # the queue's id
    pins: tuple[Pin, ...]  # the texts of the spec, as they were when the job was asked for
    requester: str  # login of the person who asked
    handover: Path  # folder of the artifact
    result: Path | None  # file for `result.json`, if one is wanted
    run_id: int  # of this workflow run
    server_url: str  # such as https://github.com
    api_url: str  # such as https://api.github.com
    workflow: str = "mtor.yml"  # the file's name
    run_attempt: int = 1  # from 1; higher if the run was started again
    paused: bool = False  # no job is to start, so that there may be no work job
    night: Path | None = None  # folder for the page of the night, if one is wanted

    @property
    def name(self) -> str:
        """The name of the job in markers and trailers."""
        return self.job or f"run-{self.run_id}"

    @property
    def remade_head(self) -> str:
        """The head of the pull request that the job remakes, "" for any other job."""
        return self.pins[0].commit if self.pins and self.pins[0].kind == "pull" else ""

    @property
    def is_of_checks(self) -> bool:
        """Whether the implementer gets what failing checks printed."""
        return bool(self.pins) and self.pins[0].kind == CHECK

    def is_unasked(self, *own_logins: str) -> bool:
        """Return whether mtor, whose accounts are these and GITHUB_TOKEN's, does by itself what people can ask for.

        It remakes the pull request, or has its failing checks dealt with.
        """
        ours = {ACTIONS_LOGIN, *(login.casefold() for login in own_logins)}
        return bool(self.remade_head or self.is_of_checks) and self.requester.casefold() in ours

    @property
    def run_url(self) -> str:
        """The address of the workflow run, which has the artifacts."""
        return f"{self.server_url}/{self.repository}/actions/runs/{self.run_id}"


class Secrets(NamedTuple):
    """The secrets that tokens are made of; "" where one was not given."""

    github_token: str  # the run's own
    bot_url: str = ""  # where the bot gives tokens
    oidc_url: str = ""  # where the runner gives OIDC tokens
    oidc_token: str = ""  # for asking there
    app_id: str = ""  # of the App, if the workflow signs itself
    app_private_key: str = ""  # PEM

    def __repr__(self) -> str:
        return "Secrets()"


def read_order(environ: Mapping[str, str]) -> Order:
    """Return the order. Raises UsageError that names the variable, MtorError for pins that cannot be read."""
    result = environ.get("MTOR_RESULT", "")
    return Order(
        repository=_required(environ, "GITHUB_REPOSITORY"),
        number=int(_checked(environ, "MTOR_ISSUE", _NUMBER, "the number of an issue")),
        job=_checked(environ, "MTOR_JOB", _JOB, "letters, digits, dots, dashes", or_nothing=True),
        pins=decode(environ.get("MTOR_SPEC", "")),
        requester=_checked(environ, "MTOR_REQUESTER", _LOGIN, "a login", or_nothing=True)
        or environ.get("GITHUB_ACTOR", ""),
        handover=Path(_required(environ, "MTOR_HANDOVER")),
        result=Path(result) if result else None,
        run_id=int(_checked(environ, "GITHUB_RUN_ID", _NUMBER, "a number")),
        server_url=_checked(environ, "GITHUB_SERVER_URL", _ADDRESS, "an address").rstrip("/"),
        api_url=_checked(environ, "GITHUB_API_URL", _ADDRESS, "an address").rstrip("/"),
        workflow=workflow_file(environ),
        run_attempt=int(_checked(environ, "GITHUB_RUN_ATTEMPT", _NUMBER, "a number", or_nothing=True) or 1),
        paused=bool(environ.get("MTOR_PAUSED", "").strip()),
        night=Path(environ["MTOR_NIGHT"]) if environ.get("MTOR_NIGHT") else None,
    )


def take_secrets(environ: MutableMapping[str, str]) -> Secrets:
    """Read the secrets and remove them, so that no process started from here inherits one. Raises UsageError."""
    names = (
        "MTOR_GITHUB_TOKEN",
        "MTOR_BOT_URL",
        "ACTIONS_ID_TOKEN_REQUEST_URL",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
        "MTOR_APP_ID",
        "MTOR_APP_PRIVATE_KEY",
    )
    secrets = Secrets(*(environ.pop(name, "").strip() for name in names))
    if not secrets.github_token:
        raise UsageError("MTOR_GITHUB_TOKEN is not set", "the action sets it from its input `github-token`")
    return secrets


def _required(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name, "").strip()
    if not value:
        raise UsageError(f"{name} is not set", "`mtor publish` is for the publish job of the workflow that mtor wrote")
    return value


def _checked(
    environ: Mapping[str, str], name: str, form: re.Pattern[str], expected: str, *, or_nothing: bool = False
) -> str:
    value = environ.get(name, "").strip() if or_nothing else _required(environ, name)
    if not form.fullmatch(value) and not (or_nothing and not value):
        raise UsageError(f"{name} is {value[:80]!r}, expected {expected}", "start the workflow again")
    return value
