"""The read token and the keys taken out of what this process was started with, for good.

What a process was started with stays in /proc/PID/environ whatever it does to its own variables, and there everybody of
the same user reads it (proc_pid_environ(5)); elsewhere `ps` shows it. So mtor starts itself anew without them: they
come through a pipe that is closed once it is read. MTOR_JOB goes with them: whoever carries that variable is taken for
a process that a command left behind. The keys return to our own variables, of which that place shows nothing.
"""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, NoReturn

from mtor_action.errors import UsageError
from mtor_action.model.redaction import SECRET_NAME

if TYPE_CHECKING:
    from collections.abc import MutableMapping, Sequence

_TOKEN = "MTOR_TOKEN"  # noqa: S105  its name
_HIDDEN = (_TOKEN, "MTOR_JOB")
_PIPE = "MTOR_PIPE"
_MOST_BYTES = 32 * 1024  # a pipe holds twice that before it blocks


def is_exposed(environ: MutableMapping[str, str]) -> bool:
    """Whether the token is in the environment that this process was started with."""
    return _TOKEN in environ


def start_anew(environ: MutableMapping[str, str], arguments: Sequence[str]) -> NoReturn:
    """Replace this process by `mtor ARGUMENTS`, in Python's isolated mode. Raises UsageError."""
    told = {name: value for name, value in environ.items() if name in _HIDDEN or _is_key(name)}
    data = json.dumps(told).encode()
    if len(data) > _MOST_BYTES:
        message = f"{_TOKEN} and the keys have more than {_MOST_BYTES} bytes"
        raise UsageError(message, "give the step only what it needs")
    reading, writing = os.pipe()
    os.write(writing, data)
    os.close(writing)
    os.set_inheritable(reading, True)
    kept = {name: value for name, value in environ.items() if name not in told}
    command = [sys.executable, "-I", "-m", "mtor_action", *arguments]
    os.execve(sys.executable, command, {**kept, _PIPE: str(reading)})  # noqa: S606  no shell is what is wanted


def hidden(environ: MutableMapping[str, str]) -> dict[str, str]:
    """The token and MTOR_JOB, as they came through the pipe, which is closed; none if there is no pipe.

    The keys are put into `environ`. Raises UsageError.
    """
    descriptor = environ.pop(_PIPE, "")
    if not descriptor:
        return {}
    try:
        with os.fdopen(int(descriptor), "rb") as pipe:
            found = json.loads(pipe.read(_MOST_BYTES))
        environ.update({name: str(value) for name, value in found.items() if name not in _HIDDEN})
        return {name: str(found[name]) for name in _HIDDEN if name in found}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise UsageError(f"{_PIPE} is no pipe from mtor itself: {error}", "leave that variable unset") from error


def _is_key(name: str) -> bool:
    # GIT_CONFIG_KEY_0 names a setting of git's.
    return SECRET_NAME.search(name) is not None and not name.startswith("GIT_")
