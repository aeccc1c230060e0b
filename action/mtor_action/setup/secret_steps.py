"""Secrets of the repository: `gh` encrypts and stores them, so that mtor needs no cryptography of its own.

A value comes from the environment or from standard input, never from the command line, where every process could read
it; it goes to `gh` by its standard input. https://cli.github.com/manual/gh_secret_set
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from mtor_action.errors import MtorError, UsageError
from mtor_action.setup.connection import gh_program
from mtor_action.setup.github_steps import PlannedStep, SetupStep, already, todo
from mtor_action.setup.origin import server_of
from mtor_action.setup.provider_keys import SECRET_NAME

if TYPE_CHECKING:
    from collections.abc import Callable

    from mtor_action.github.client import Client
    from mtor_action.setup.finding import DoctorSubject

_SECONDS = 60
_MOST_BYTES = 48 * 1024  # https://docs.github.com/actions/reference/security/secrets
_RIGHT = "write access (a fine-grained token: Secrets: write)"


def checked_name(name: str) -> str:
    """Return the name of a secret. Raises UsageError for what GitHub does not take, or for a value in its place."""
    if not SECRET_NAME.fullmatch(name) or name.startswith("GITHUB_"):
        # It may be the value itself, which is not printed.
        raise UsageError(
            "--secret takes the name of a secret: capital letters, digits and _, not beginning with GITHUB_",
            "put its value into the environment variable of that name, or on standard input",
        )
    return name


def set_secret_step(
    client: Client, subject: DoctorSubject, name: str, value: Callable[[], str], *, replace: bool
) -> SetupStep:
    """Return the step that stores a secret; an existing one is replaced only with `replace`."""
    repository = f"{server_of(subject).partition('://')[2].partition('/')[0]}/{client.full_name}"
    command = f"gh secret set {name} --repo {repository}"

    def look() -> PlannedStep:
        exists = client.find(f"actions/secrets/{name}") is not None
        if exists and not replace:
            return already("secret", f"{name} is there", "--force replaces it")
        return todo("secret", f"{'replace' if exists else 'store'} {name}", (command,), store)

    def store() -> str:
        program = gh_program(subject)
        if not program:
            raise MtorError(f"{name} is not stored: `gh`, which encrypts it for GitHub, is not installed", command)
        _run(subject, program, [*command.split()[1:]], value(), command)
        return f"stored {name}"

    return SetupStep("secret", look, _RIGHT, "--no-secrets")


def remove_secret_step(client: Client, name: str) -> SetupStep:
    """Return the step that deletes a secret.

    https://docs.github.com/rest/actions/secrets#delete-a-repository-secret
    """

    def look() -> PlannedStep:
        if not client.find(f"actions/secrets/{name}"):
            return already("secret", f"there is no {name}")
        request = f"DELETE /repos/{client.full_name}/actions/secrets/{name}"
        return todo("secret", f"delete {name}", (request,), delete)

    def delete() -> str:
        client.call("DELETE", f"actions/secrets/{name}")
        return f"deleted {name}"

    return SetupStep("secret", look, _RIGHT, "--no-secrets")


def _run(subject: DoctorSubject, program: str, arguments: list[str], value: str, command: str) -> None:
    if len(value.encode("utf-8", "surrogateescape")) > _MOST_BYTES:
        raise MtorError("the value has more than 48 KB, which GitHub does not store", "name another value")
    try:
        completed = subprocess.run(
            [program, *arguments],
            env={**subject.environ, "GH_PROMPT_DISABLED": "1"},
            input=value.encode("utf-8", "surrogateescape"),
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MtorError(f"gh failed: {type(error).__name__}", command) from error
    if completed.returncode:
        words = completed.stderr.decode("utf-8", "replace").strip().splitlines()
        reason = (words[-1] if words else f"it ended with {completed.returncode}").replace(value, "…")
        raise MtorError(f"gh refused: {reason}", f"by hand: {command}")
