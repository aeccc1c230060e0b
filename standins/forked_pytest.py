"""pytest as a test command of runs, forked from a process that has imported it: that alone takes a fifth of a second.

    spec(…, test=[f"{command(door)} -q"])

The command is this file. It asks the nursery for a child with its own streams, and ends as that child does. The child
is pytest itself, in the folder, with the arguments and the environment that the command got. Without a nursery, and
with variables that an interpreter reads at its start, the command becomes `python -m pytest`.

One thing is different: two children may have the same object at the same address.
"""

# No other imports here: they would take longer than pytest's tests.
import _socket
import os
import sys

WARM_UP = "standins.forked_pytest:warm_up"
_ENTRY = "standins.forked_pytest:entry"
_ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120  pathlib is slow to import
_TAKEN = {"PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"}
_LOOK_SECONDS = 1


def command(door: str) -> str:
    """The command that asks the nursery which listens at `door`, for any shell and any folder."""
    # The plugins that are installed here take longer to import than these tests to run.
    return f"PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 {sys.executable} -IS {__file__} {door}"


# the command


def main() -> int:
    door, *arguments = sys.argv[1:]
    orders = _socket.socket(_socket.AF_UNIX, _socket.SOCK_SEQPACKET)
    if orders.connect_ex(door) or any(name.startswith("PYTHON") and name not in _TAKEN for name in os.environ):
        os.execv(sys.executable, [sys.executable, "-m", "pytest", *arguments])
    told, tell = os.pipe()
    order = (
        f'{{"entry": "{_ENTRY}", "argv": ["pytest", "{os.getpid()}"], "env": {{}}, "cwd": "/", "new_session": false}}'
    )
    streams = b"".join(number.to_bytes(4, sys.byteorder) for number in (tell, 0, 1, 2))
    orders.sendmsg([order.encode()], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, streams)])
    os.close(tell)
    ending = b""
    while more := os.read(told, 64):
        ending += more
    _, code = map(int, ending.split())
    if code < 0:
        os.kill(os.getpid(), -code)
    return code


# in the nursery


def warm_up() -> None:
    """Let everything be imported that pytest imports by itself, the last of these when it runs."""
    import faulthandler  # noqa: F401
    import importlib
    import pdb  # noqa: F401
    import resource  # noqa: F401
    from contextlib import suppress

    import _pytest._argcomplete  # noqa: F401
    from _pytest.config import default_plugins

    with suppress(ImportError):  # not every Python has it
        import readline  # noqa: F401
    for name in default_plugins:
        importlib.import_module(f"_pytest.{name}")


def entry() -> None:
    """Be `python -m pytest` as the command's process, whose id is the argument, was to be it."""
    import atexit
    import runpy

    client = int(sys.argv[1])
    _become(client)
    _end_with(client)
    try:
        runpy.run_module("pytest", run_name="__main__", alter_sys=True)
    finally:
        atexit._run_exitfuncs()  # a child of the nursery ends without them


def _become(client: int) -> None:
    """Take over its arguments, folder, environment, and what an interpreter makes of them."""
    from pathlib import Path

    process = Path("/proc", str(client))
    words = [os.fsdecode(word) for word in (process / "cmdline").read_bytes().split(b"\0")[:-1]]
    sys.argv[:] = ["pytest", *words[words.index(__file__) + 2 :]]
    os.chdir(process / "cwd")
    os.environb.clear()
    for variable in (process / "environ").read_bytes().split(b"\0")[:-1]:
        name, _, value = variable.partition(b"=")
        os.environb[name] = value
    sys.dont_write_bytecode = bool(os.environ.get("PYTHONDONTWRITEBYTECODE"))
    given = [Path(each).absolute() for each in os.environ.get("PYTHONPATH", "").split(os.pathsep) if each]
    others = [each for each in sys.path if Path(each) != Path(_ROOT) and Path(each).parent != Path(_ROOT)]
    sys.path[:] = [str(each) for each in (Path.cwd(), *given, *others)]


def _end_with(client: int) -> None:
    """Look every second whether the command has been killed."""
    import signal

    def look(*_: object) -> None:
        try:
            os.kill(client, 0)
        except ProcessLookupError:
            os._exit(1)

    signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, _LOOK_SECONDS, _LOOK_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
