"""pytest from a process that has imported it is the pytest that an interpreter of its own would run."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from command_line import FORKED_PYTEST, PYTEST, environment, wait_until
from standins.forked_pytest import WARM_UP
from standins.nursery import nursery

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = [
    pytest.mark.usefixtures("warm_pytest"),
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="there is no /proc"),
]
SHOWS = """\
import atexit
import os
import sys

atexit.register(print, "at the end")


def test_it():
    import beside

    print(os.getcwd(), sys.path[:3], sorted(os.environ.items()), sys.dont_write_bytecode, beside.__file__)
    assert os.environ["COLOUR"] == "red"
"""
WAITS = """\
import os
import pathlib
import signal


def test_it():
    pathlib.Path("pid.new").write_text(str(os.getpid()))
    os.replace("pid.new", "pid")
    signal.pause()
    signal.pause()
"""


def run(command: str, folder: Path, env: Mapping[str, str]) -> tuple[int, str]:
    done = subprocess.run(command, shell=True, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert not done.stderr, done.stderr
    return done.returncode, re.sub(r"in \d+\.\d+s|0x[0-9a-f]+", "", done.stdout)


@pytest.mark.parametrize("colour", ["red", "green"])
def test_it_prints_what_an_interpreter_of_its_own_prints(tmp_path: Path, colour: str) -> None:
    (tmp_path / "test_shows.py").write_text(SHOWS)
    (tmp_path / "more").mkdir()
    (tmp_path / "more/beside.py").write_text("")
    env = environment(COLOUR=colour, PYTHONPATH="more", PYTHONDONTWRITEBYTECODE="1")
    code, shown = run(f"{FORKED_PYTEST} -s", tmp_path, env)
    assert (code, shown) == run(f"{PYTEST} -s", tmp_path, env)
    assert code == (colour != "red")
    assert f"{tmp_path}/more/beside.py" in shown


def test_it_ends_when_its_command_is_killed(tmp_path: Path) -> None:
    (tmp_path / "test_waits.py").write_text(WAITS)
    command = subprocess.Popen(["sh", "-c", f"exec env {FORKED_PYTEST}"], cwd=tmp_path, env=environment())
    wait_until((tmp_path / "pid").exists)
    pid = int((tmp_path / "pid").read_text())
    assert os.getpgid(pid) != command.pid
    command.kill()
    command.wait()
    wait_until(lambda: not Path(f"/proc/{pid}").exists())
    assert nursery(WARM_UP).run("os:getpid", env={}).code  # and nothing else ended
