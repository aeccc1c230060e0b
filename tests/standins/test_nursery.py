from __future__ import annotations

import os
import re
import signal
import uuid
from pathlib import Path

import pytest

from command_line import wait_until
from standins.nursery import Nursery

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="there is no /proc")


def _parent(pid: int) -> int:
    (line,) = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("PPid:")]
    return int(line.split()[1])


def test_the_workers_of_one_run_share_it_until_the_last_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_XDIST_TESTRUNUID", uuid.uuid4().hex)
    first, second = Nursery("os:getpid"), Nursery("os:getpid")
    monkeypatch.setenv("PYTEST_XDIST_TESTRUNUID", uuid.uuid4().hex)
    other = Nursery("os:getpid")
    children = [each.start("signal:pause", env={}) for each in (first, second, other)]
    one, same, another = (_parent(child.pid) for child in children)
    assert one == same != another
    first.close()
    assert second.run("builtins:int", env={}).code == 0
    second.close()
    wait_until(lambda: not Path(f"/proc/{one}").exists() or _is_ended(one))
    assert other.run("builtins:int", env={}).code == 0
    other.close()
    for child in children:  # they went on
        os.kill(child.pid, signal.SIGKILL)


def _is_ended(pid: int) -> bool:
    return " Z " in Path(f"/proc/{pid}/stat").read_text()


def test_how_a_child_ended_is_told_though_others_run() -> None:
    warm = Nursery("os:getpid")
    waits = warm.start("signal:pause", env={})
    assert [warm.run("builtins:int", env={}).code for _ in range(3)] == [0, 0, 0]
    assert waits.poll() is None
    waits.kill()
    assert waits.wait(10) == -signal.SIGKILL
    warm.close()


def test_what_is_given_on_stdin_is_read_and_what_is_printed_is_kept() -> None:
    warm = Nursery("os:getpid")
    done = warm.run("tokenize:main", ["--exact"], env={}, stdin=b"x = 1")
    assert (done.code, done.err) == (0, b"")
    assert re.findall(r"(NAME|EQUAL|NUMBER) +'(.*)'", done.out.decode()) == [
        ("NAME", "x"),
        ("EQUAL", "="),
        ("NUMBER", "1"),
    ]
    warm.close()
