"""What was moved aside for the last run comes back: after a kill, after Ctrl-C, and where another user had the tree."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from command_line import branches, forked, mtor, put, repository, spec, start, state, stop, wait_until
from scripted_runs import WARM_UP, without_keys
from standins.model import ModelServer, call, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from command_line import Process

_IS_ROOT = os.geteuid() == 0
_NOBODY = "65534"
FILES = {"a.txt": "a\n", ".gitignore": "ignored/\n__pycache__/\n.venv/\n"}
LOCAL = {"ignored/deep/x": "mine\n", "untracked.txt": "mine too\n", ".venv/lib/site-packages/y.py": "y = 1\n"}
BLOCK = "```text create=b.txt\n3\n```\n"
FIX = call("write", path="b.txt", content="2\n")
REFLECTION = say("{}")


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that others may enter."""
    folder = Path(tempfile.mkdtemp(prefix="mtor-test-")).resolve()
    folder.chmod(0o755)
    yield folder
    subprocess.run(["rm", "-rf", folder], check=True)


@pytest.fixture
def repo(place: Path) -> Path:
    root = repository(place / "repo", FILES)
    put(root, LOCAL)
    return root


@contextmanager
def in_the_last_run(repo: Path, place: Path, *options: str) -> Iterator[tuple[Process, ModelServer]]:
    """A run that waits in its last run, where nothing untracked is."""
    door, ready = place / "door", place / "ready"
    os.mkfifo(door)
    door.chmod(0o666)
    ready.mkdir()
    ready.chmod(0o777)
    test = "grep -q 2 b.txt && { test -e untracked.txt || { echo made > made.txt; mkdir -p ignored/deep; "
    test += f"echo other > ignored/deep/x; touch {ready}/yes; cat {door}; }}; }}"
    argument = spec(place / "s.md", BLOCK, setup=["true"], test=[test], implementer=["openai/scripted"])
    with ModelServer([FIX, REFLECTION]) as server:
        arguments = ["run", argument, "--json", "--api-base", server.api_base, *options]
        process = start(repo, *arguments, env=without_keys(), warm_up=WARM_UP)
        wait_until((ready / "yes").exists, process)
        assert not (repo / "untracked.txt").exists()
        assert (repo / ".git/mtor/aside.json").exists()
        yield process, server


@pytest.mark.parametrize("options", [(), ("--as-user", _NOBODY)] if _IS_ROOT else [()], ids=str)
def test_after_a_kill_the_next_command_brings_everything_back(
    repo: Path, place: Path, options: tuple[str, ...]
) -> None:
    before = state(repo)
    with in_the_last_run(repo, place, *options) as (process, _):
        stop(process, signal.SIGKILL)
    done = mtor(repo, "run", "--abort")
    assert done.code == 0, done.err
    after = state(repo)
    assert {name: after.files[name] for name in before.files} == before.files
    assert (after.head, after.index, after.refs, branches(repo)) == (before.head, before.index, before.refs, [])
    assert not (repo / ".git/mtor/aside.json").exists()
    assert not list((repo / ".git/mtor/jobs").glob("*/aside"))
    for path in LOCAL:
        assert (repo / path).stat().st_uid == os.geteuid()


def test_what_somebody_wrote_into_the_tree_that_a_kill_left_is_saved(repo: Path, place: Path) -> None:
    with in_the_last_run(repo, place) as (process, _):
        stop(process, signal.SIGKILL)
    typed = {
        "untracked.txt": "typed since\n",
        "ignored/new/notes": "typed since\n",
        ".venv/pyvenv.cfg": "typed since\n",
    }
    put(repo, typed)
    done = mtor(repo, "run", "--abort")
    assert done.code == 0, done.err
    assert {path: (repo / path).read_text() for path in LOCAL} == LOCAL
    (saved,) = (repo / ".git/mtor/jobs").glob("*/saved")
    assert {path: (saved / path).read_text() for path in typed} == typed


def test_after_an_interrupt_everything_is_back_at_once(repo: Path, place: Path) -> None:
    before = state(repo)
    with in_the_last_run(repo, place) as (process, _):
        done = stop(process, signal.SIGINT)
    assert done.code == 130, done.err
    after = state(repo)
    assert {name: after.files[name] for name in before.files} == before.files
    assert not (repo / ".git/mtor/aside.json").exists()


def test_a_run_killed_in_its_last_run_is_taken_up_and_verified_again(repo: Path, place: Path) -> None:
    with in_the_last_run(repo, place) as (process, _):
        stop(process, signal.SIGKILL)
    (place / "door").unlink()
    (place / "door").write_text("open\n")
    with ModelServer([REFLECTION]) as server:
        arguments = ("run", "--resume", "--json", "--api-base", server.api_base)
        done = forked(WARM_UP, repo, arguments, without_keys())
    assert (done.code, done.report["outcome"], done.report["verified"]) == (0, "fixed", "fresh"), done.report["reason"]
    assert (repo / "untracked.txt").read_text() == LOCAL["untracked.txt"]


# Runs b.txt without a name that the scope could read: a file that a command names is closed to the implementer.
_UNNAMED = "test $(echo Yi50eHQ= | base64 -d | xargs sh -e) = 2"


@pytest.mark.skipif(not _IS_ROOT, reason="only root can become another user")
@pytest.mark.parametrize("setup", [["true"], []], ids=["fresh", "in place"])
@pytest.mark.parametrize("plant", ["$HOME/.seen", "ignored/seen", "$TMPDIR/seen"])
def test_another_users_home_and_tree_are_as_before(repo: Path, place: Path, plant: str, setup: list[str]) -> None:
    before = state(repo)
    # What the model writes runs, and is right from the second time on.
    code = f"if test -e {plant}; then echo 2; else mkdir -p $(dirname {plant}); touch {plant}; echo 3; fi\n"
    argument = spec(
        place / "s.md", "```text create=b.txt\necho 3\n```\n", setup=setup, test=[_UNNAMED],
        implementer=["openai/scripted"],
    )  # fmt: skip
    with ModelServer([call("write", path="b.txt", content=code), call("run_tests"), REFLECTION]) as server:
        arguments = ("run", argument, "--json", "--api-base", server.api_base, "--as-user", _NOBODY)
        done = forked(WARM_UP, repo, arguments, without_keys())
    assert (done.code, done.report["outcome"], done.report["verified"]) == (1, "failing", ""), done.report
    where = "red in a fresh checkout" if setup else "red with ignored files as they were"
    assert where in done.report["reason"]
    after = state(repo)
    assert {name: after.files[name] for name in before.files} == before.files
    assert all((repo / path).stat().st_uid == os.geteuid() for path in LOCAL)


@pytest.mark.soak
def test_an_editable_install_is_of_the_tree_that_is_judged(repo: Path, place: Path) -> None:
    """The virtual environment holds its path: the fresh checkout is at the same one."""
    put(repo, {"backend.py": _BACKEND, "pyproject.toml": _PROJECT})
    subprocess.run(["git", "add", "-A", "--", "pyproject.toml", "backend.py"], cwd=repo, check=True)
    subprocess.run(["git", "commit", "-qm", "project"], cwd=repo, check=True)
    python = Path(sys.base_prefix, "bin", "python3")
    setup = [f"{python} -m venv .venv", ".venv/bin/pip install -q --no-index --no-deps -e ."]
    test = "cd / && test $($OLDPWD/.venv/bin/python -c 'import m; print(m.g())') = 2"
    block = "```python create=m.py\ndef g():\n    return 3\n```\n"
    argument = spec(place / "s.md", block, setup=setup, test=[test], implementer=["openai/scripted"])
    fix = call("write", path="m.py", content="def g():\n    return 2\n")
    with ModelServer([fix, REFLECTION]) as server:
        arguments = ("run", argument, "--json", "--api-base", server.api_base)
        done = forked(WARM_UP, repo, arguments, without_keys())
    assert (done.report["outcome"], done.report["verified"]) == ("fixed", "fresh"), done.report
    assert (repo / ".venv/lib/site-packages/y.py").exists()


_PROJECT = """\
[project]
name = "m"
version = "1"

[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
# The smallest editable build (PEP 660): a wheel that holds the path of the tree.
_BACKEND = """\
import pathlib
import zipfile


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    name = "m-1-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(wheel_directory) / name, "w") as wheel:
        wheel.writestr("m.pth", str(pathlib.Path.cwd()) + "\\n")
        wheel.writestr("m-1.dist-info/METADATA", "Metadata-Version: 2.1\\nName: m\\nVersion: 1\\n")
        wheel.writestr("m-1.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("m-1.dist-info/RECORD", "")
    return name
"""
