"""Python processes that begin with everything imported: forked from one that imported it, which takes seconds.

    nursery = Nursery("scripted_runs:warm_up")          # in that process, before the first fork
    child = nursery.start("mtor_bot.cli.main:entry", ["serve"], env=…, stderr=descriptor)
    child.kill(); child.wait()

A child is a process of its own: folder, environment, streams, session, exit code. It is stopped and killed like any
other. Between it and the nursery stands a keeper that waits for it and tells how it ended.
"""

from __future__ import annotations

import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).parents[1]
MTOR = "mtor_action.cli.main:entry"
_LONGEST_ORDER = 1 << 17
_BROKEN = 99  # the exit code of a child that could not even begin


class Ended(NamedTuple):
    """Exit code (below 0: the signal), stdout, stderr."""

    code: int
    out: bytes
    err: bytes


@dataclass(slots=True)
class Child:
    """A process; the names are those of `subprocess.Popen`."""

    args: Sequence[str]
    _told: int  # a pipe: the process id, and in the end the exit code
    pid: int = field(init=False)
    returncode: int | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.pid = self._line()

    def poll(self) -> int | None:
        """The exit code, None while it runs."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, once it has ended. Raises subprocess.TimeoutExpired."""
        if self.returncode is None:
            if not select.select([self._told], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(list(self.args), timeout or 0)
            self.returncode = self._line()
            os.close(self._told)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Nothing happens once it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def _line(self) -> int:
        digits = b""
        while not digits.endswith(b"\n"):
            more = os.read(self._told, 1)
            assert more, f"the nursery ended before {self.args}"
            digits += more
        return int(digits)


class Nursery:
    """One warm process; `warm_up` names the function that warms it, as MODULE:FUNCTION. It ends with this process."""

    def __init__(self, warm_up: str) -> None:
        self._orders, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        paths = os.pathsep.join(str(ROOT / name) for name in ("tests", "action", "bot", ""))
        kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", __file__, str(theirs.fileno()), warm_up],
                env={**kept, "PYTHONPATH": paths},
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )

    def close(self) -> None:
        """End it; children go on."""
        self._orders.close()
        self._process.wait()

    def start(
        self,
        entry: str,
        arguments: Sequence[str] = (),
        *,
        env: Mapping[str, str],
        cwd: Path | None = None,
        stdout: int | None = None,
        stderr: int | None = None,
        new_session: bool = False,
    ) -> Child:
        """Call MODULE:FUNCTION as a console script does; streams that are not given are /dev/null."""
        order = {"entry": entry, "argv": [entry, *arguments], "env": dict(env), "cwd": str(cwd or Path.cwd())}
        message = json.dumps({**order, "new_session": new_session}).encode()
        assert len(message) < _LONGEST_ORDER, "send large things by a file"
        told, tell = os.pipe()
        nothing = os.open(os.devnull, os.O_RDWR)
        streams = [nothing if given is None else given for given in (stdout, stderr)]
        try:
            socket.send_fds(self._orders, [message], [tell, *streams])
        finally:
            os.close(tell)
            os.close(nothing)
        return Child(order["argv"], told)  # type: ignore[arg-type]  # the list above

    def run(
        self,
        entry: str,
        arguments: Sequence[str] = (),
        *,
        env: Mapping[str, str],
        cwd: Path | None = None,
        new_session: bool = False,
        timeout_seconds: float = 100,
    ) -> Ended:
        """The same to its end."""
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            streams = {"stdout": out.fileno(), "stderr": err.fileno()}
            child = self.start(entry, arguments, env=env, cwd=cwd, new_session=new_session, **streams)
            code = child.wait(timeout_seconds)
            out.seek(0)
            err.seek(0)
            return Ended(code, out.read(), err.read())


@cache
def nursery(warm_up: str) -> Nursery:
    """The one of this process that is warmed so."""
    return Nursery(warm_up)


# in the nursery


def _serve(orders: socket.socket) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # keepers
    while True:
        message, descriptors, _, _ = socket.recv_fds(orders, _LONGEST_ORDER, 3)
        if not message:
            return
        if os.fork() == 0:
            orders.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _keep(json.loads(message), descriptors)
        for each in descriptors:
            os.close(each)


def _keep(order: dict[str, Any], descriptors: list[int]) -> None:
    """Start the child and wait for it; does not return."""
    tell, out, err = descriptors
    child = os.fork()
    if child == 0:
        os.close(tell)
        os._exit(_child(order, out, err))
    os.close(out)
    os.close(err)
    os.write(tell, b"%d\n" % child)
    _, status = os.waitpid(child, 0)
    with suppress(BrokenPipeError):
        os.write(tell, b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def _child(order: dict[str, Any], out: int, err: int) -> int:
    try:
        if order["new_session"]:
            os.setsid()
        for given, number in ((out, 1), (err, 2)):
            os.dup2(given, number)
            os.close(given)
        os.chdir(order["cwd"])
        os.environ.clear()
        os.environ.update(order["env"])
        sys.argv[:] = order["argv"]
        if order["entry"] == MTOR:
            _hide_keys()
        tempfile.tempdir = None  # it is remembered from the nursery's environment
        code = _called(order["entry"])
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:  # noqa: BLE001  a child must never go on as the nursery
        traceback.print_exc()
        return _BROKEN
    return code


def _hide_keys() -> None:
    """As if it were the process that mtor starts anew without its keys: that one would import everything again."""
    from mtor_action.cli.main import HIDDEN
    from mtor_action.processes.shield import passed_on
    from mtor_action.redaction.secret_names import secrets_in

    also = HIDDEN.get(sys.argv[1], ()) if sys.argv[1:] else ()
    hidden = {**secrets_in(os.environ), **{name: os.environ[name] for name in also if name in os.environ}}
    if hidden and sys.argv[1] in HIDDEN:
        environ = passed_on(os.environ, hidden)
        os.environ.clear()
        os.environ.update(environ)


def _called(entry: str) -> int:
    try:
        return int(_named(entry)() or 0)
    except SystemExit as ended:
        return int(ended.code or 0)


def _named(entry: str) -> Any:
    module, _, name = entry.partition(":")
    return getattr(importlib.import_module(module), name)


def main() -> None:
    number, warm_up = sys.argv[1:]
    _named(warm_up)()
    with socket.socket(fileno=int(number)) as orders:
        _serve(orders)


if __name__ == "__main__":
    main()
