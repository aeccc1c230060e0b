"""Python processes that begin with everything imported: forked from one that imported it, which takes seconds.

    nursery = Nursery("scripted_runs:warm_up")          # in that process, before the first fork
    child = nursery.start("mtor_bot.cli.main:entry", ["serve"], env=…, stderr=descriptor)
    child.kill(); child.wait()

A child is a process of its own: folder, environment, streams, session, exit code. It is stopped and killed like any
other. The nursery waits for it and tells how it ended.
"""

from __future__ import annotations

import fcntl
import gc
import hashlib
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
import uuid
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ROOT = Path(__file__).parents[1]
MTOR = "mtor_action.cli.main:entry"
_LONGEST_ORDER = 1 << 17
_RUN = uuid.uuid4().hex  # where xdist does not name it
_BEGUN: list[subprocess.Popen[bytes]] = []  # Python warns of a process that runs on when its object is gone
_ASKED = threading.Lock()
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
    _printed: Sequence[IO[bytes]] = ()  # stdout and stderr, where they are recorded
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

    def communicate(self, timeout: float | None = None) -> tuple[bytes, bytes]:
        """What a recorded child printed on stdout and stderr, once it has ended. Raises subprocess.TimeoutExpired."""
        self.wait(timeout)
        printed = []
        for stream in self._printed:
            with stream:
                stream.seek(0)
                printed.append(stream.read())
        out, err = printed
        return out, err

    def _line(self) -> int:
        digits = b""
        while not digits.endswith(b"\n"):
            more = os.read(self._told, 1)
            assert more, f"the nursery ended before {self.args}"
            digits += more
        return int(digits)


class Nursery:
    """One warm process; `warm_up` names the function that warms it, as MODULE:FUNCTION.

    The workers of one run of xdist share it: warming it takes seconds. It ends when the last of them has.
    """

    def __init__(self, warm_up: str) -> None:
        door = door_of(warm_up)
        self._orders = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with _alone():
            try:
                self._orders.connect(str(door))
            except OSError:  # there is none yet, or it has ended
                door.unlink(missing_ok=True)
                _BEGUN.append(_begun(warm_up, door))
                self._orders.connect(str(door))

    def close(self) -> None:
        """Order no more: it ends unless somebody else does, and children go on."""
        self._orders.close()

    def start(
        self,
        entry: str,
        arguments: Sequence[str] = (),
        *,
        env: Mapping[str, str],
        cwd: Path | None = None,
        stdin: int | None = None,
        stdout: int | None = None,
        stderr: int | None = None,
        new_session: bool = False,
        printed: Sequence[IO[bytes]] = (),
    ) -> Child:
        """Call MODULE:FUNCTION as a console script does; streams that are not given are /dev/null."""
        order = {"entry": entry, "argv": [entry, *arguments], "env": dict(env), "cwd": str(cwd or Path.cwd())}
        message = json.dumps({**order, "new_session": new_session}).encode()
        assert len(message) < _LONGEST_ORDER, "send large things by a file"
        told, tell = os.pipe()
        nothing = os.open(os.devnull, os.O_RDWR)
        streams = [nothing if given is None else given for given in (stdin, stdout, stderr)]
        try:
            socket.send_fds(self._orders, [message], [tell, *streams])
        finally:
            os.close(tell)
            os.close(nothing)
        return Child(order["argv"], told, printed)  # type: ignore[arg-type]  # the list above

    def record(
        self,
        entry: str,
        arguments: Sequence[str] = (),
        *,
        env: Mapping[str, str],
        cwd: Path | None = None,
        stdin: bytes = b"",
        new_session: bool = False,
    ) -> Child:
        """The same with stdin from these bytes; what it prints is what `Child.communicate` returns."""
        out, err = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115  the child's: closed when read
        with tempfile.TemporaryFile() as given:
            given.write(stdin)
            given.seek(0)
            streams = {"stdin": given.fileno(), "stdout": out.fileno(), "stderr": err.fileno()}
            return self.start(
                entry, arguments, env=env, cwd=cwd, new_session=new_session, printed=(out, err), **streams
            )

    def run(
        self,
        entry: str,
        arguments: Sequence[str] = (),
        *,
        timeout_seconds: float = 100,
        **how: Any,
    ) -> Ended:
        """`record` to its end."""
        child = self.record(entry, arguments, **how)
        out, err = child.communicate(timeout_seconds)
        return Ended(child.wait(), out, err)


def door_of(warm_up: str) -> Path:
    """Where the one that is warmed so listens, in all processes of one run of tests."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", _RUN)
    return Path(tempfile.gettempdir(), f"nursery-{hashlib.sha256((run + warm_up).encode()).hexdigest()[:20]}")


def nursery(warm_up: str) -> Nursery:
    """The one of this process that is warmed so; threads that ask for it at once get the same."""
    with _ASKED:
        return _made(warm_up)


@cache
def _made(warm_up: str) -> Nursery:
    return Nursery(warm_up)


@contextmanager
def _alone() -> Iterator[None]:
    """No other process of this checkout is here."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _begun(warm_up: str, door: Path) -> subprocess.Popen[bytes]:
    """Start the process that listens at `door`; who connects before it is warm waits for it."""
    paths = os.pathsep.join(str(ROOT / name) for name in ("tests", "action", "bot", ""))
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(door))
        listener.listen(64)
        return subprocess.Popen(
            [sys.executable, "-P", __file__, str(listener.fileno()), warm_up],
            env={**kept, "PYTHONPATH": paths},
            stdin=subprocess.DEVNULL,
            pass_fds=[listener.fileno()],
            start_new_session=True,
        )


# in the nursery


def _serve(listener: socket.socket) -> None:
    """Fork what is ordered, and tell how each child ended, until nobody is left to order."""
    children: dict[int, int] = {}  # process id → where to tell its end
    customers = [listener.accept()[0]]
    ended, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)  # without a handler nothing is written
    while True:
        ready, _, _ = select.select([ended, listener.fileno(), *(each.fileno() for each in customers)], [], [])
        if ended in ready:
            os.read(ended, 4096)
            _tell_ends(children)
        if listener.fileno() in ready:
            customers.append(listener.accept()[0])
        for customer in [each for each in customers if each.fileno() in ready]:
            message, descriptors = _ordered(customer)
            if message:
                open_here = (ended, wake, listener.fileno(), *(each.fileno() for each in customers), *children.values())
                _fork(json.loads(message), descriptors, children, open_here)
            else:
                customers.remove(customer)
                customer.close()
        if not customers and _is_closed(listener):
            return


def _is_closed(listener: socket.socket) -> bool:
    """Whether nobody had come, and so the door is gone."""
    with _alone():
        if select.select([listener], [], [], 0)[0]:
            return False
        Path(listener.getsockname()).unlink(missing_ok=True)
        return True


def _ordered(customer: socket.socket) -> tuple[bytes, list[int]]:
    """The next order and where to tell and print; nothing from a customer that has ended."""
    try:
        message, descriptors, _, _ = socket.recv_fds(customer, _LONGEST_ORDER, 4)
    except ConnectionResetError:
        return b"", []
    return message, descriptors


def _fork(order: dict[str, Any], descriptors: list[int], children: dict[int, int], open_here: Sequence[int]) -> None:
    """Start a child, which keeps nothing of what is `open_here`."""
    tell, *streams = descriptors
    pid = os.fork()
    if pid == 0:
        for each in (tell, *open_here):
            os.close(each)
        os._exit(_child(order, streams))
    children[pid] = tell
    with suppress(BrokenPipeError):
        os.write(tell, b"%d\n" % pid)
    for each in streams:
        os.close(each)


def _tell_ends(children: dict[int, int]) -> None:
    for pid in list(children):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            tell = children.pop(pid)
            with suppress(BrokenPipeError):
                os.write(tell, b"%d\n" % os.waitstatus_to_exitcode(status))
            os.close(tell)


def _child(order: dict[str, Any], streams: list[int]) -> int:
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        if order["new_session"]:
            os.setsid()
        for number, given in enumerate(streams):
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
    gc.freeze()  # or every child goes through all of it when it collects garbage, and so copies the memory
    with socket.socket(fileno=int(number)) as listener:
        _serve(listener)


if __name__ == "__main__":
    main()
