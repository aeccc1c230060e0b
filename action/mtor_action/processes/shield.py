"""Keep the keys of this process out of reach of commands that run as the same user.

1. /proc/PID/environ keeps what a process was started with, whatever it does to its variables, and every process of the
   same user can read it (proc_pid_environ(5)); elsewhere `ps` shows it. So mtor starts itself anew without its
   keys and reads them from memory that only it has a descriptor of (outside of Linux, from a pipe), closed once read.
   They return to our own variables, which environ does not show.
2. On Linux the process is made not dumpable (PR_SET_DUMPABLE(2const)): environ, mem, ptrace and core dumps then belong
   to root. A program that is started from here is dumpable again.

Both happen before the first command. Without a key nothing is done, which costs one look at the environment.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Container, Mapping, MutableMapping, Sequence

from mtor_action.errors import UsageError
from mtor_action.redaction.secret_names import is_secret

_DESCRIPTOR = "MTOR_PIPE"
_MOST_PIPE_BYTES = 16 * 1024  # what the smallest pipe holds before it blocks
_PR_SET_DUMPABLE = 4  # linux/prctl.h


def shield_keys(
    environ: MutableMapping[str, str], also: Container[str] = (), module: str = "", arguments: Sequence[str] = ()
) -> None:
    """Hide the keys, and the variables named in `also`; returns in the process that continues. Raises UsageError.

    To be called before anything is read from stdin: the process may be another one afterwards, started by the same
    command line, or with `module` as that with `arguments`, in Python's isolated mode.
    """
    if _DESCRIPTOR in environ:
        environ.update(_taken_back(environ.pop(_DESCRIPTOR)))
        close_memory()
        return
    hidden = {name: value for name, value in environ.items() if name in also or is_secret(name, value)}
    if hidden:
        isolated = ["-I", "-m", module, *arguments]
        _start_anew(isolated if module else sys.orig_argv[1:], environ, hidden)


def close_memory() -> None:
    """Keep the memory of this process from others of the same user, on Linux. Where that cannot be, nothing happens."""
    if sys.platform != "linux":
        return
    try:
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        return  # a Python without ctypes; the environment is hidden all the same


def _start_anew(command: Sequence[str], environ: Mapping[str, str], hidden: Mapping[str, str]) -> None:
    if not sys.executable:
        return  # embedded: there is no program to start
    anew = passed_on(environ, hidden)
    os.execve(sys.executable, [sys.executable, *command], anew)  # noqa: S606  no shell is what is wanted


def passed_on(environ: Mapping[str, str], hidden: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for a process that finds `hidden` where `shield_keys` looks. Raises UsageError."""
    import json

    descriptor = _stored(json.dumps(dict(hidden)).encode())
    os.set_inheritable(descriptor, True)
    visible = {name: value for name, value in environ.items() if name not in hidden}
    return {**visible, _DESCRIPTOR: str(descriptor)}


def _stored(data: bytes) -> int:
    """Return a descriptor to read `data` from, of no file."""
    if hasattr(os, "memfd_create"):
        try:
            descriptor = os.memfd_create("mtor")
        except OSError:  # some sandboxes have it not
            pass
        else:
            with os.fdopen(os.dup(descriptor), "wb") as file:
                file.write(data)
            os.lseek(descriptor, 0, os.SEEK_SET)
            return descriptor
    if len(data) > _MOST_PIPE_BYTES:
        message = f"the keys in the environment have more than {_MOST_PIPE_BYTES} bytes"
        raise UsageError(message, "start mtor with only what it needs")
    reading, writing = os.pipe()
    os.write(writing, data)
    os.close(writing)
    return reading


def _taken_back(descriptor: str) -> dict[str, str]:
    import json

    try:
        with os.fdopen(int(descriptor), "rb") as file:
            hidden = json.loads(file.read())
        return {name: str(value) for name, value in hidden.items()}
    except (OSError, ValueError, TypeError, AttributeError, OverflowError) as error:
        raise UsageError(
            f"{_DESCRIPTOR} is not a pipe from mtor itself: {error}", "leave that variable unset"
        ) from error
