from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from typing import TYPE_CHECKING

import pytest

from mtor_action.processes.processes import carries_job, kill_survivors, own_children, running_processes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

CRASHING = """
import os, sys
from pathlib import Path
from mtor_action.processes.commands import CommandRunner
CommandRunner(Path.cwd(), os.environ, 60, sys.argv[1]).run("test", sys.argv[2])
"""


def wait_until(is_true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not is_true():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.005)


def living(pids: list[int]) -> list[int]:
    return [process.pid for process in running_processes() if process.pid in pids and not process.ended]


def test_after_a_crash_of_ours_the_command_is_found_by_its_job(tmp_path: Path) -> None:
    job = uuid.uuid4().hex
    command = "setsid sleep 600 & touch $!.pid; env -u MTOR_JOB sleep 601 & touch $!.bare; touch ready; sleep 602"
    with subprocess.Popen([sys.executable, "-c", CRASHING, job, command], cwd=tmp_path) as program:
        wait_until((tmp_path / "ready").exists)
        (bare,) = (int(path.stem) for path in tmp_path.glob("*.bare"))
        wait_until(lambda: not carries_job(bare, job))
        program.send_signal(signal.SIGKILL)
    (daemon,) = (int(path.stem) for path in tmp_path.glob("*.pid"))
    assert len(living([bare, daemon])) == 2
    assert kill_survivors(job) >= 3
    assert living([bare, daemon]) == []
    assert kill_survivors(job) == 0


def test_what_was_killed_is_gone_however_long_it_takes_to_die(tmp_path: Path) -> None:
    job = uuid.uuid4().hex
    # The kernel takes a while to give back that much memory, and meanwhile nothing says any longer whose it was.
    slow = "import pathlib, time; held = b'x' * (512 << 20); pathlib.Path('ready').touch(); time.sleep(600)"
    command = f'env -u MTOR_JOB {sys.executable} -c "{slow}" & touch $!.bare; sleep 602'
    with subprocess.Popen([sys.executable, "-c", CRASHING, job, command], cwd=tmp_path) as program:
        wait_until((tmp_path / "ready").exists)
        program.send_signal(signal.SIGKILL)
    (bare,) = (int(path.stem) for path in tmp_path.glob("*.bare"))
    assert kill_survivors(job) >= 2
    assert living([bare]) == []


def test_another_job_and_we_ourselves_are_spared(monkeypatch: pytest.MonkeyPatch) -> None:
    job = uuid.uuid4().hex
    environment = {**os.environ, "MTOR_JOB": job + "0"}
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, env=environment, start_new_session=True) as other:
        assert kill_survivors(job) == 0
        assert kill_survivors("") == 0
        other.communicate()
        assert other.returncode == 0
    monkeypatch.setenv("MTOR_JOB", job)
    code = f"from mtor_action.processes.processes import kill_survivors; print(kill_survivors({job!r}))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == b"0\n"


def test_a_name_full_of_parentheses_does_not_confuse_the_reading(tmp_path: Path) -> None:
    program = tmp_path / "a) R 1 (b"
    program.symlink_to("/bin/sleep")
    with subprocess.Popen([str(program), "600"], start_new_session=True) as child:
        (found,) = [process for process in own_children() if process.pid == child.pid]
        assert (found.parent, found.session, found.ended) == (os.getpid(), child.pid, False)
        child.kill()


def test_an_ended_process_is_known_as_ended() -> None:
    with subprocess.Popen(["true"]) as child:
        wait_until(lambda: any(process.pid == child.pid and process.ended for process in running_processes()))
