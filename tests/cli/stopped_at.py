"""Runs of mtor that are stopped in the middle, forked from a child of the nursery, which has imported everything.

Each line of stdin is `[step, signal, [argument…]]`: mtor gets the signal before that step (0: never). A step is what
changes a file or starts a process, seen by an audit hook. Each line of stdout is `[exit code, steps taken, stderr]`.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

from mtor_action.cli.main import main

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_STEPS = {
    "os.rename",
    "os.remove",
    "os.mkdir",
    "os.rmdir",
    "os.truncate",
    "os.symlink",
    "shutil.move",
    "subprocess.Popen",
}


class Steps:
    """Counts, and strikes once."""

    def __init__(self, strike_at: int, signum: int) -> None:
        self.done = 0
        self._strike_at = strike_at
        self._signum = signum

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        if event in _STEPS or (event == "open" and _is_write(arguments)):
            self.done += 1
            if self.done == self._strike_at:
                os.kill(os.getpid(), self._signum)


def _is_write(arguments: tuple[object, ...]) -> bool:
    path, _, flags = arguments
    return isinstance(flags, int) and bool(flags & _WRITES) and path != os.devnull


def _child(strike_at: int, signum: int, arguments: list[str], said: Path) -> NoReturn:
    os.setsid()
    for descriptor, name in ((0, os.devnull), (1, os.devnull), (2, str(said))):
        os.dup2(os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC), descriptor)
    steps = Steps(strike_at, signum)
    sys.addaudithook(steps)
    try:
        code = main(arguments)
    except KeyboardInterrupt:
        code = 130  # as the interpreter's own last words would have it
    sys.stderr.flush()
    done = steps.done
    said.with_suffix(".steps").write_text(str(done))
    os._exit(code)


def serve() -> None:
    """Do what the lines of stdin say, until there are no more."""
    with tempfile.TemporaryDirectory() as name:
        _serve(Path(name))


def _serve(folder: Path) -> None:
    said, steps = folder / "said", folder / "said.steps"
    for line in sys.stdin:
        strike_at, signum, arguments = json.loads(line)
        steps.write_text("0")
        pid = os.fork()
        if pid == 0:
            _child(strike_at, signum, arguments, said)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        sys.stdout.write(json.dumps([code, int(steps.read_text()), said.read_text(errors="replace")]) + "\n")
        sys.stdout.flush()
