"""Keys of mtor's own environment are where no command of the same user finds them: real processes look for them."""

from __future__ import annotations

import ctypes
import os
import secrets
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from command_line import EDIT, environment, git, repository, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is no /proc, and no prctl")
_LIBC = ctypes.CDLL(None)
_ATTACK = Path(__file__).with_name("attack.py")
_PR_CAPBSET_DROP, _CAP_SETPCAP, _CAPABILITIES = 24, 8, 64
_MTOR = [sys.executable, "-m", "mtor_action"]


def _as_anybody() -> None:
    """Root reads everything by its capabilities; without them it is a user like any other (capabilities(7))."""
    if os.geteuid() == 0:
        for number in (*(each for each in range(_CAPABILITIES) if each != _CAP_SETPCAP), _CAP_SETPCAP):
            _LIBC.prctl(_PR_CAPBSET_DROP, number, 0, 0, 0)


def _key() -> str:
    return f"zq9-{secrets.token_hex(12)}"  # of no known shape, and no other test's


@pytest.fixture
def place(tmp_path: Path) -> Path:
    repository(tmp_path / "repo")
    return tmp_path


def _spec(*tests: str) -> str:
    lines = "\n".join(f"  - {test}" for test in tests)
    return f"Prose.\n\n{EDIT}```yaml mtor\ntitle: Return two\ntest:\n{lines}\n```\n"


def _started(place: Path, *arguments: str, **env: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*_MTOR, "run", *arguments],
        cwd=place / "repo",
        env=environment(HOME=str(place), TMPDIR=str(place), **env),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=_as_anybody,  # noqa: PLW1509  there are no threads
    )


def test_no_command_finds_a_key_in_environ_memory_or_by_ptrace(place: Path) -> None:
    key, other, canary = _key(), _key(), _key()
    spec = _spec(f"/usr/bin/python3 {_ATTACK} {place}/loot")
    watched = subprocess.Popen(
        [sys.executable, "-c", "input()"],
        env={"CANARY": canary},
        stdin=subprocess.PIPE,
        preexec_fn=_as_anybody,  # noqa: PLW1509
    )
    with watched:
        process = _started(place, "-", DEEPSEEK_API_KEY=key, DATABASE_URL=f"postgres://app:{other}@db/app")
        out, err = process.communicate(spec.encode(), timeout=100)
        watched.kill()
    assert process.returncode == 0, (out, err)
    loot = (place / "loot").read_bytes()
    assert loot.count(canary.encode()) >= 3  # environment, and memory in two ways: it can read what is not shielded
    assert b"traced python" in loot
    assert key.encode() not in loot
    assert other.encode() not in loot
    assert b"dumpable=1 ours=True traceable=True" in loot  # commands may still be debugged


def test_the_streams_and_the_exit_code_are_those_of_the_process_that_was_started(place: Path) -> None:
    process = _started(place, "-", "--json", A_KEY=_key())
    pid = process.pid
    out, _ = process.communicate(_spec("ps -o pid= -p $PPID", "false").encode(), timeout=100)
    assert process.returncode == 1
    assert f'"output_tail": "{pid}' in out.decode().replace(" ", "") or str(pid) in out.decode()


def test_ctrl_c_still_ends_the_run_and_leaves_the_repository_as_it_was(place: Path) -> None:
    (place / "spec.md").write_text(_spec(f"touch {place}/waiting; sleep 100"))
    process = _started(place, "../spec.md", A_KEY=_key())
    wait_until((place / "waiting").exists, process)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=100)
    assert process.returncode == 130
    assert (place / "repo" / "a.py").read_text() == "def f():\n    return 1\n"


def test_what_a_killed_run_with_a_key_left_is_found_and_undone(place: Path) -> None:
    (place / "spec.md").write_text(_spec(f"sleep 100 & echo $! > {place}/left; sleep 100"))
    process = _started(place, "../spec.md", A_KEY=_key())
    wait_until((place / "left").exists, process)
    process.kill()
    process.communicate(timeout=100)
    again = _started(place, "--abort", A_KEY=_key())
    again.communicate(timeout=100)
    assert again.returncode == 0
    assert (place / "repo" / "a.py").read_text() == "def f():\n    return 1\n"
    pid = int((place / "left").read_text())
    assert not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text().split()[2]


def test_keys_of_any_size_get_through(place: Path) -> None:
    large = "\n".join(_key() for _ in range(3_000))
    (place / "spec.md").write_text(_spec("echo $HUGE_SECRET | wc -c"))
    process = _started(place, "../spec.md", HUGE_SECRET=large)
    out, err = process.communicate(timeout=100)
    assert process.returncode == 0, (out, err)


def test_without_a_key_nothing_is_started_anew(place: Path) -> None:
    (place / "spec.md").write_text(_spec("tr '\\0' '\\n' < /proc/$PPID/environ"))
    for env, started_anew in (({}, False), ({"TOKENIZERS_PARALLELISM": "false"}, False), ({"A_KEY": _key()}, True)):
        process = _started(place, "../spec.md", "--json", **env)
        out, err = process.communicate(timeout=100)
        assert process.returncode == (1 if started_anew else 0), err  # who is shielded cannot be read at all
        assert (b"GIT_CONFIG_GLOBAL" in out) is not started_anew
        if not started_anew:
            git(place / "repo", "branch", "-D", "mtor/return-two")


def test_a_git_that_runs_beside_commands_has_no_key(place: Path) -> None:
    """The reader of objects lives as long as the run; what it was started with is for everybody of the user to read."""
    key = _key()
    folder = place / "bin"
    folder.mkdir()
    real = git(place / "repo", "--exec-path").strip()
    (folder / "git").write_text(f'#!/bin/sh\nenv >> {place}/seen\nexec {real}/git "$@"\n')
    (folder / "git").chmod(0o755)
    (place / "seen").touch()
    (place / "seen").chmod(0o666)
    (place / "spec.md").write_text(_spec("true"))
    process = _started(place, "../spec.md", A_KEY=key, PATH=f"{folder}:{os.environ['PATH']}")
    out, err = process.communicate(timeout=100)
    assert process.returncode == 0, (out, err)
    seen = (place / "seen").read_text()
    assert "GIT_CONFIG_GLOBAL=" in seen
    assert key not in seen
