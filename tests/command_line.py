"""mtor as a person meets it: a process in a git repository, its exit code, stdout and stderr."""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import pkgutil
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from standins import forked_pytest
from standins.nursery import MTOR, door_of, nursery

if TYPE_CHECKING:
    import signal
    from collections.abc import Callable, Mapping, Sequence

    from standins.nursery import Child

    Process = Child | subprocess.Popen[bytes]

WARM_UP = "command_line:warm_up"
# The plugins that are installed here take longer to import than these tests to run.
PYTEST = f"PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 {sys.executable} -m pytest -q -p no:cacheprovider"
# The same from the fixture `warm_pytest`, where it does not matter that addresses in its output may repeat.
FORKED_PYTEST = f"{forked_pytest.command(str(door_of(forked_pytest.WARM_UP)))} -q -p no:cacheprovider"
# Each commit would start another git that looks whether there is something to tidy up.
_GIT = ("git", "-c", "maintenance.auto=false")
FILES = {
    "a.py": "def f():\n    return 1\n",
    "lib.py": "x = 1\n",
    "old.txt": "old\n",
    "sub/deep.txt": "deep\n",
    ".gitignore": "*.ignored\n",
}
EDIT = "```python edit=a.py\n<<<<<<< SEARCH\n    return 1\n=======\n    return 2\n>>>>>>> REPLACE\n```\n"


@dataclass(frozen=True, slots=True)
class Ended:
    """A process that has ended."""

    code: int
    out: str
    err: str

    @property
    def report(self) -> dict[str, Any]:
        """The one object on stdout."""
        said = json.loads(self.out)
        assert isinstance(said, dict)
        return said


@dataclass(frozen=True, slots=True)
class State:
    """All of a repository that a run must leave as it was."""

    files: dict[str, tuple[int, bytes]]
    head: str
    index: str
    status: str
    refs: str
    stash: str
    config: bytes


def environment(**extra: str) -> dict[str, str]:
    """What every process of a test sees: nobody's git configuration."""
    # litellm, once it is imported, sets the third.
    others = ("GIT_", "MTOR", "TIKTOKEN", "PYTEST")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(others)}
    return {**kept, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "COLUMNS": "200", **extra}


def git(root: Path, *arguments: str) -> str:
    """What `git ARGUMENTS` prints; it must succeed."""
    done = subprocess.run([*_GIT, *arguments], cwd=root, env=environment(), capture_output=True, check=False)
    assert done.returncode == 0, (arguments, done.stderr)
    return done.stdout.decode("utf-8", "surrogateescape")


def repository(root: Path, files: Mapping[str, str | bytes] = FILES) -> Path:
    """A repository at `root` with `files`, committed on main."""
    shutil.copytree(_empty_repository(), root, dirs_exist_ok=True)
    put(root, files)
    git(root, "add", "-A")
    git(root, "commit", "-q", "--allow-empty", "-m", "first")
    return root


@cache
def _empty_repository() -> Path:
    """What `git init` makes, and who commits there: a copy takes a fifth of the time of these four processes."""
    folder = Path(tempfile.mkdtemp(prefix="mtor-repository-"))
    atexit.register(shutil.rmtree, folder)
    root = folder / "repository"
    git(folder, "init", "-q", "-b", "main", str(root))
    for setting in ("user.name=Ada", "user.email=ada@example.org", "commit.gpgsign=false"):
        git(root, "config", *setting.split("="))
    for sample in (root / ".git/hooks").glob("*.sample"):
        sample.unlink()
    return root


def put(root: Path, files: Mapping[str, str | bytes]) -> None:
    """Write `files` below `root`."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def spec(path: Path, *blocks: str, **settings: Any) -> str:
    """A spec file with `settings` (JSON is YAML); its name as an argument."""
    said = "\n".join(f"{key}: {json.dumps(value)}" for key, value in settings.items())
    block = f"```yaml mtor\n{said}\n```\n" if settings else ""
    path.write_text("\n".join(["# Return two\n", *blocks, block]), encoding="utf-8")
    return str(path)


def start(
    root: Path, *arguments: str, env: Mapping[str, str] | None = None, stdin: bytes = b"", warm_up: str = WARM_UP
) -> Process:
    """`mtor ARGUMENTS` in `root`, in a session of its own, forked unless `env` has what an interpreter reads first."""
    given = env or environment()
    if _read_first(given) != _read_first(os.environ):
        assert not stdin
        return start_anew(root, *arguments, env=given)
    return nursery(warm_up).record(MTOR, arguments, env=given, cwd=root, stdin=stdin, new_session=True)


def start_anew(
    root: Path, *arguments: str, env: Mapping[str, str] | None = None, **how: Any
) -> subprocess.Popen[bytes]:
    """The same by an interpreter of its own, with these streams."""
    return subprocess.Popen(
        [sys.executable, "-m", "mtor_action", *arguments],
        cwd=root,
        env=env or environment(),
        **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **how},
        start_new_session=True,
    )


def _read_first(env: Mapping[str, str]) -> dict[str, str]:
    """The variables that count before the first line of Python."""
    return {name: value for name, value in env.items() if name.startswith(("PYTHON", "LC_", "LANG"))}


def ended(process: Process) -> Ended:
    """Wait for it."""
    out, err = process.communicate(timeout=100)
    return Ended(process.wait(), out.decode("utf-8", "replace"), err.decode("utf-8", "replace"))


def mtor(
    root: Path, *arguments: str, env: Mapping[str, str] | None = None, stdin: bytes = b"", warm_up: str = WARM_UP
) -> Ended:
    """The same to its end."""
    return ended(start(root, *arguments, env=env, stdin=stdin, warm_up=warm_up))


def forked(warm_up: str, root: Path, arguments: Sequence[str], env: Mapping[str, str]) -> Ended:
    """`mtor ARGUMENTS` in `root`, to its end, forked from the nursery that is warmed so."""
    return mtor(root, *arguments, env=env, warm_up=warm_up)


def warm_up() -> None:
    """Let all modules be there, without the libraries that few of them load."""
    import ctypes  # noqa: F401  of the process that adopts what commands leave
    import pwd  # noqa: F401  of the commands' user

    import mtor_action
    from mtor_action.report.report import SCHEMA
    from mtor_action.report.report_json import report_from_json

    for module in pkgutil.walk_packages(mtor_action.__path__, "mtor_action."):
        if not module.name.endswith(".__main__"):
            importlib.import_module(module.name)
    _compile_patterns()
    _make_methods()
    report_from_json({"schema": SCHEMA})  # what reads its records is made once, from all of their fields


def _compile_patterns() -> None:
    """Every run uses a hundred of them, and compiling these takes as long as the rest of a short one."""
    from mtor_action.lazy_patterns import LazyPattern

    for pattern in [each for each in gc.get_objects() if type(each) is LazyPattern]:
        for name in ("search", "match", "fullmatch", "sub", "subn", "split", "findall", "finditer"):
            getattr(pattern, name)


def _make_methods() -> None:
    """Data classes make theirs at their first instance, in every run again."""
    from mtor_action.lazy_dataclasses import Later

    for kind in [each for each in gc.get_objects() if isinstance(each, type)]:
        if isinstance(vars(kind).get("__init__"), Later):
            getattr(kind, "__init__")  # noqa: B009  a look at it makes it


def state(root: Path) -> State:
    """Everything below `root` and what git says about it."""
    files, stashes = {}, root / ".git/logs/refs/stash"
    for folder, folders, names in os.walk(root):
        if ".git" in folders:
            folders.remove(".git")
        for name in [*folders, *names]:
            path = Path(folder) / name
            content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
            files[str(path.relative_to(root))] = (path.lstat().st_mode, content)
    return State(
        files,
        (root / ".git/HEAD").read_text(),
        git(root, "ls-files", "--stage"),
        git(root, "status", "--porcelain", "--ignored"),
        "".join(line for line in git(root, "for-each-ref").splitlines(keepends=True) if "refs/heads/mtor/" not in line),
        stashes.read_text() if stashes.exists() else "",
        (root / ".git/config").read_bytes(),
    )


def branches(root: Path) -> list[str]:
    """The branches that jobs made."""
    return git(root, "for-each-ref", "--format=%(refname:short)", "refs/heads/mtor/").split()


def wait_until(is_true: Callable[[], bool], process: Process | None = None) -> None:
    """Look until it is true, the process ends or half a minute is over."""
    deadline = time.monotonic() + 30
    while not is_true():
        assert process is None or process.poll() is None, "it ended before"
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.005)


def stop(process: Process, signum: signal.Signals) -> Ended:
    """Send `signum` to it, as to a process of its own, and wait for its end."""
    process.send_signal(signum)
    return ended(process)
