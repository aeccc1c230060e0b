"""Start a stage of mtor: `env -i python3 -I start.py work|publish|event < <(env -0)`, by action.yml.

The environment comes on stdin: a variable given at the start of a process stays in its /proc/PID/environ, where
commands of the same user could read a token.

1. Start again as a child, which gets the environment through a pipe. When the pipe closes, the child stops, so
   whatever ends this process ends the stage. For work on Linux, if sudo needs no password, the child is root: then the
   repository's commands can run as a user who can neither read the model's key nor change what root runs. A pipe needs
   neither sudo's policy nor a key on a command line, and works where a runner may not send a signal.
2. Install mtor (install.py) into a folder that is removed at the end; MTOR_INSTALL_DIR names one to keep.
3. Run `mtor STAGE`.

GitHub's images leave /opt, /usr/local/bin, /usr/share and the tool cache writable for everybody
(https://github.com/actions/runner-images, configure-system.sh), so root must not look up anything there. `mtor` gets
`TRUSTED_PATH`, and its commands get MTOR_COMMAND_PATH and MTOR_COMMAND_LD_LIBRARY_PATH instead.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

HERE = Path(__file__).resolve().parent
TRUSTED_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
FOLDER_OF_ROOT = "/var/lib"
OF_A_PERSON = ("HOME", "USER", "LOGNAME", "SHELL", "MAIL", "XDG_", "SUDO_")  # under sudo, of root instead
EXIT_ERROR = 3
EXIT_CANCELLED = 130


class StartError(Exception):
    """A start that cannot go on: what is wrong, and the next step as `hint`."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def main(arguments: list[str]) -> int:
    """Run the stage; its exit code, or 3 after GitHub's annotation that says why it could not be started."""
    stage = arguments[0]
    _close_memory()
    try:
        if arguments[1:]:
            return _run(stage) if _take_environment() else EXIT_CANCELLED
        for pair in sys.stdin.buffer.read().split(b"\0")[:-1]:
            name, _, value = pair.partition(b"=")
            os.environb[name] = value
        return _start_child(stage)
    except (StartError, OSError) as error:
        hint = getattr(error, "hint", "free space, or fix permissions, on the runner")
        print(f"::error title=mtor::{error}; next: {hint}", flush=True)
        return EXIT_ERROR


def _close_memory() -> None:
    """As mtor does (processes/shield.py), which is not installed yet: keys are in here until the stage has ended."""
    if sys.platform == "linux":
        with suppress(ImportError, OSError, AttributeError):
            import ctypes

            ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE


def _start_child(stage: str) -> int:
    if stage not in ("work", "publish", "event"):
        raise StartError(f"there is no stage {stage!r}", "write `stage: work`, `stage: publish` or `stage: event`")
    as_root = ["sudo", "-n", "--"] if stage == "work" and _can_become_root() else []
    reading, writing = os.pipe()
    pipe = os.fdopen(writing, "w")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: pipe.close())
    with os.fdopen(reading) as stdin:
        # In a session of its own, so that it is asked once, however a terminal or a runner asks.
        command = [*as_root, sys.executable, "-I", __file__, stage, "environment-in-pipe"]
        child = subprocess.Popen(command, stdin=stdin, env=_path_alone(), start_new_session=True)
    left_out = OF_A_PERSON if as_root else ()
    sent = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    with suppress(BrokenPipeError, ValueError):  # the child has ended, or this was asked to end
        print(json.dumps(sent), file=pipe, flush=True)
    return _exit_code(child)


def _can_become_root() -> bool:
    if sys.platform != "linux" or os.geteuid() == 0 or not shutil.which("sudo"):
        return False
    command = ["sudo", "-n", "true"]
    return subprocess.run(command, env=_path_alone(), stderr=subprocess.DEVNULL, check=False).returncode == 0


def _path_alone() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", TRUSTED_PATH)}


def _take_environment() -> bool:
    line = sys.stdin.readline()
    sent = json.loads(line) if line.endswith("\n") else {}
    os.environ.update(sent)
    return bool(sent)


def _run(stage: str) -> int:
    with _folder(stage) as folder:
        installer = [sys.executable, "-I", str(HERE / "install.py"), stage, str(folder)]
        if subprocess.run(installer, stdin=subprocess.DEVNULL, check=False).returncode:
            return EXIT_ERROR
        mtor = [str(folder / "bin" / "python"), "-I", "-m", "mtor_action", stage]
        if stage == "work":
            mtor += ["--repo", os.environ.get("GITHUB_WORKSPACE", ".")]
        child = subprocess.Popen(mtor, stdin=subprocess.DEVNULL, env=_environment(folder))
        threading.Thread(target=_terminate_at_end_of_pipe, args=(child,), daemon=True).start()
        return _exit_code(child)


def _terminate_at_end_of_pipe(child: subprocess.Popen[bytes]) -> None:
    sys.stdin.read()
    child.terminate()


def _exit_code(child: subprocess.Popen[bytes]) -> int:
    code = child.wait()
    return code if code >= 0 else 128 - code


def _environment(folder: Path) -> dict[str, str]:
    environment = dict(os.environ)
    # Not before: whoever carries MTOR_JOB is taken for a process that a command left behind.
    environment["MTOR_JOB"] = environment.pop("MTOR_ASKED_JOB", "")
    model = [sys.executable, "-I", str(folder / "install.py"), "model", str(folder)]
    environment["MTOR_MODEL_INSTALL"] = json.dumps(model)
    environment["MTOR_SYMBOLS_INSTALL"] = json.dumps([*model[:3], "symbols", str(folder)])
    if os.geteuid() == 0:
        for name in [name for name in environment if name.startswith("LD_") or name == "PATH"]:
            environment[f"MTOR_COMMAND_{name}"] = environment.pop(name)
        environment["PATH"] = TRUSTED_PATH
    return environment


@contextmanager
def _folder(stage: str) -> Iterator[Path]:
    """Return the folder to install into: outside the workspace, and as root one that only root can write."""
    given_folder, is_root = os.environ.get("MTOR_INSTALL_DIR"), os.geteuid() == 0
    above = Path(given_folder or (FOLDER_OF_ROOT if is_root else os.environ.get("RUNNER_TEMP", "/tmp")))  # noqa: S108  mkdtemp
    above.mkdir(mode=0o755, parents=True, exist_ok=True)
    if is_root:
        _refuse_open(Path(sys.executable), "run on ubuntu-24.04 or later, where /usr/bin/python3 is new enough")
        _refuse_open(above, "name another folder in MTOR_INSTALL_DIR")
    if given_folder:
        yield above / f"{stage}-{_digest()}"
        return
    temporary = tempfile.mkdtemp(prefix="mtor-", dir=above)
    try:
        yield Path(temporary, "mtor")
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _refuse_open(path: Path, hint: str) -> None:
    path = path.resolve()
    for part in (path, *path.parents):
        state = part.stat()
        others_write = state.st_mode & 0o022 and not (part.is_dir() and state.st_mode & stat.S_ISVTX)
        if state.st_uid != 0 or others_write:
            raise StartError(f"mtor runs as root here, and others can change {part}, which it would rely on", hint)


def _digest() -> str:
    """Of this version of mtor and of Python: what is kept for one is not used for another."""
    digest = hashlib.sha256(sys.version.encode())
    for path in sorted(HERE.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(f"{path.relative_to(HERE)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
