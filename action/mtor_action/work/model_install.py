"""The extra `model`, installed the moment a model is needed: a green run never downloads it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping, Sequence

from mtor_action.errors import MtorError
from mtor_action.processes.output import last_lines, plain_text
from mtor_action.redaction.secret_names import PROXIES, without_secrets

_MOST_CHARACTERS = 2_000


def installer(
    command: Sequence[str], environ: Mapping[str, str], packages: str = "the model's packages"
) -> Callable[[], None]:
    """Return a function that runs `command`, in the environment as it is now and without its keys; it raises MtorError.

    `packages` is what a message calls them.
    Commands of the repository cannot reach into it: it starts in the root folder, in an environment that they never
    saw.
    """
    # An index or a proxy may ask for a password.
    addresses = {name: value for name, value in environ.items() if name in PROXIES or name.startswith("PIP_")}
    environment = {**without_secrets(environ), **addresses}

    def install() -> None:
        try:
            completed = subprocess.run(
                command,
                cwd="/",
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                check=False,
            )
        except OSError as error:
            raise MtorError(f"{packages} cannot be installed: {error}", "run the job again") from error
        if completed.returncode:
            tail = last_lines(plain_text(completed.stdout), _MOST_CHARACTERS)
            raise MtorError(f"{packages} cannot be installed: {tail}", "fix that and run the job again")

    return install
