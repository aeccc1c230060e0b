"""The user's work is never lost: mtor is stopped at every step it takes and at every git it starts."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

import pytest

from command_line import (
    EDIT,
    WARM_UP,
    Ended,
    branches,
    environment,
    git,
    mtor,
    put,
    spec,
    start,
    state,
    stop,
    wait_until,
)
from standins.nursery import nursery

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from command_line import State

_NEW = "```text create=new/deep/file\nnew\n```\n"
_CHANGED = ["a.py", "new/deep/file", "old.txt"]
_NEXT = (("check",), ("run", "--abort"), ("run",))
_SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGKILL]


def _with_the_rest_in_soak(values: Sequence[object]) -> list[object]:
    """Parameters of which `make test` plays the first, and `make test-soak` the others: each takes half a minute."""
    return [values[0], *(pytest.param(value, marks=pytest.mark.soak) for value in values[1:])]


@pytest.fixture
def base(repo: Path) -> State:
    """The state of a repository whose starting branch `work` has other files than the specs' base `main`."""
    git(repo, "checkout", "-q", "-b", "work")
    put(repo, {"only-on-work.txt": "work\n", "lib.py": "x = 'work'\n"})
    git(repo, "rm", "-q", "old.txt")
    git(repo, "add", "only-on-work.txt", "lib.py")
    git(repo, "commit", "-qm", "work")
    put(repo, {"untracked": "mine\n"})
    return state(repo)


def _walk_spec(path: Path) -> str:
    """A run through every stage: dirt, HEAD moved, rubbish, red, the base, flaky, tested again, committed."""
    seen = path.with_suffix(".seen")
    dirt = "echo dirt >> lib.py; mkdir -p new/deep; touch new/deep/rubbish; git add -A; git commit -qm x"
    flaky = f"grep -q 'return 1' a.py || test -e {seen} || {{ touch {seen}; exit 1; }}"
    return spec(path, EDIT, _NEW, base="main", delete=["old.txt"], setup=[dirt], test=[flaky])


def _forget(repo: Path, path: Path) -> None:
    """Make the next run like the first."""
    path.with_suffix(".seen").unlink(missing_ok=True)
    for branch in branches(repo):
        git(repo, "branch", "-qD", branch)
    shutil.rmtree(repo / ".git/mtor", ignore_errors=True)


def _next_command(number: int, path: str) -> tuple[str, ...]:
    arguments = _NEXT[number % 3]
    return arguments if arguments == ("run", "--abort") else (*arguments, path)


@dataclass(frozen=True, slots=True)
class Forks:
    """The process of `stopped_at.py`: its stdin and stdout."""

    orders: IO[str]
    answers: IO[str]

    def mtor(self, *arguments: str, at: int = 0, signum: int = 0) -> tuple[int, int, str]:
        """Exit code, steps taken and stderr of `mtor ARGUMENTS`, which gets `signum` before step `at`."""
        print(json.dumps([at, int(signum), arguments]), file=self.orders, flush=True)
        code, steps, err = json.loads(self.answers.readline())
        return code, steps, err


@pytest.fixture
def forks(repo: Path) -> Iterator[Forks]:
    (stdin, orders), (answers, stdout) = os.pipe(), os.pipe()
    child = nursery(WARM_UP).start("cli.stopped_at:serve", env=environment(), cwd=repo, stdin=stdin, stdout=stdout)
    for theirs in (stdin, stdout):
        os.close(theirs)
    with os.fdopen(orders, "w", encoding="utf-8") as said, os.fdopen(answers, encoding="utf-8") as told:
        yield Forks(said, told)
    assert child.wait(100) == 0


@pytest.mark.parametrize("part", _with_the_rest_in_soak(range(8)))
@pytest.mark.parametrize("is_killed", [False, True])
def test_a_run_stopped_at_any_step_leaves_everything_as_it_was(
    repo: Path, base: State, forks: Forks, tmp_path: Path, *, is_killed: bool, part: int
) -> None:
    path = tmp_path / "s.md"
    argument = _walk_spec(path)
    code, steps, err = forks.mtor("run", argument)
    assert code == 0, err
    assert state(repo) == base
    assert steps > 40
    stride = 8 if is_killed else 24  # a stop is the gentler thing
    for at in range(1 + part, steps + 1, stride):
        _forget(repo, path)
        signum = signal.SIGKILL if is_killed else (signal.SIGINT, signal.SIGTERM)[at // stride % 2]
        code, _, err = forks.mtor("run", argument, at=at, signum=signum)
        assert code == (-signum if is_killed else 130), (at, err)
        if is_killed:
            code, _, err = forks.mtor(*_next_command(at // 4, argument))
            assert code == 0, (at, err)
        assert state(repo) == base, at
        assert not (repo / ".git/mtor/journal.json").exists()
        for branch in branches(repo):
            # A commit is never dropped: the run's own, or one that a command made before the stop.
            changed = git(repo, "diff", "--name-only", "main", branch).split()
            assert changed == _CHANGED or git(repo, "log", "-1", "--format=%s", branch) == "x\n", (at, changed)
    assert mtor(repo, "run", argument).code == 0


def _wrapper(folder: Path, action: str) -> dict[str, str]:
    """An environment whose git numbers its calls in `folder/n`, and at the call in `folder/at` does `action`."""
    folder.mkdir()
    real = shutil.which("git")
    script = (
        f'#!/bin/sh\nif test "$MTOR_JOB"; then exec {real} "$@"; fi\n'
        f"n=$(($(cat {folder}/n) + 1)); echo $n > {folder}/n\n"
        f'if test $n = "$(cat {folder}/at)"; then {action}; fi\nexec {real} "$@"\n'
    )
    (folder / "git").write_text(script.replace("REAL", str(real)))
    (folder / "git").chmod(0o755)
    return environment(PATH=f"{folder}:{os.environ['PATH']}")


_ACTIONS = {
    "after": 'REAL "$@"; kill -9 $PPID; exit 0',
    "outlives": "kill -9 $PPID; sleep 0.1",
    "ctrl-c": "kill -INT -$PPID",  # the whole group, as a terminal does it
}


def _calls(repo: Path, folder: Path, env: Mapping[str, str], at: int, *arguments: str) -> Ended:
    (folder / "n").write_text("0")
    (folder / "at").write_text(str(at))
    return mtor(repo, *arguments, env=env)


@pytest.mark.parametrize("when", _with_the_rest_in_soak(("ctrl-c", "after", "outlives")))
def test_a_run_stopped_at_any_of_its_gits_leaves_everything_as_it_was(
    repo: Path, base: State, forks: Forks, tmp_path: Path, when: str
) -> None:
    path, folder = tmp_path / "s.md", tmp_path / "bin"
    argument, env = _walk_spec(path), _wrapper(folder, _ACTIONS[when])
    assert _calls(repo, folder, env, 0, "run", argument).code == 0
    gits = int((folder / "n").read_text())
    assert gits > 15
    unharmed = 0
    for at in range(1, gits + 1):
        _forget(repo, path)
        died = _calls(repo, folder, env, at, "run", argument)
        if when == "after" and died.code == 0:
            unharmed += 1  # a git that is ended by us, not by itself
            continue
        assert died.code == (-signal.SIGKILL if when in {"after", "outlives"} else 130), (at, died.err)
        if when in {"after", "outlives"}:
            code, _, err = forks.mtor(*_next_command(at, argument))
            assert code == 0, (at, err)
        assert state(repo) == base, at
        assert not (repo / ".git/mtor/journal.json").exists()
    assert unharmed <= 2


@pytest.mark.parametrize("signum", [*_SIGNALS, signal.SIGHUP])
@pytest.mark.parametrize("stage", ["setup", "test", "base", "flaky"])
def test_a_run_stopped_while_a_command_works(
    repo: Path, base: State, tmp_path: Path, *, stage: str, signum: signal.Signals
) -> None:
    ready = tmp_path / "ready"
    wait = f"touch {ready}; sleep 300"
    is_base = "grep -q 'return 1' a.py"
    test = {
        "setup": "true",
        "test": wait,
        "base": f"if {is_base}; then {wait}; fi; exit 1",
        "flaky": f"{is_base} && exit; if test -e {tmp_path}/once; then {wait}; fi; touch {tmp_path}/once; exit 1",
    }[stage]
    path = spec(tmp_path / "s.md", EDIT, _NEW, base="main", setup=[wait if stage == "setup" else "true"], test=[test])
    process = start(repo, "run", "--json", path)
    wait_until(ready.exists, process)
    done = stop(process, signum)
    if signum == signal.SIGKILL:
        assert done.code == -signum
        aborted = mtor(repo, "run", "--abort")
        assert (aborted.code, aborted.out) == (0, "")
        assert "put back" in aborted.err
    else:
        assert (done.code, done.report["outcome"]) == (130, "cancelled")
        assert (repo / ".git/mtor/jobs" / done.report["job"] / "report.json").exists()
    assert (state(repo), branches(repo)) == (base, [])
    assert "nothing to put back" in mtor(repo, "run", "--abort").err


def test_of_several_specs_none_is_run_after_a_stop(repo: Path, tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    path = spec(tmp_path / "s.md", EDIT, test=[f"touch {ready}; sleep 300"])
    process = start(repo, "run", "--json", path, path)
    wait_until(ready.exists, process)
    done = stop(process, signal.SIGINT)
    assert (done.code, done.report["outcome"]) == (130, "cancelled")


@pytest.mark.parametrize("is_killed", [False, True])
def test_an_apply_stopped_at_any_step_is_whole_or_undone(
    repo: Path, forks: Forks, tmp_path: Path, *, is_killed: bool
) -> None:
    binary = bytes(range(256)).replace(b"\0", b"") * 9
    put(repo, {"data.bin": binary, "crlf.txt": "a\r\nb\r\n", "run.sh": "#!/bin/sh\n"})
    (repo / "run.sh").chmod(0o755)
    git(repo, "add", "data.bin", "crlf.txt", "run.sh")
    git(repo, "commit", "-qm", "more")
    crlf = EDIT.replace("a.py", "crlf.txt").replace("    return 1", "b").replace("    return 2", "c")
    path = spec(
        tmp_path / "s.md", EDIT, _NEW, crlf, test=[], delete=["old.txt"], move={"data.bin": "moved.bin", "run.sh": "x"}
    )
    before = state(repo)
    code, steps, err = forks.mtor("apply", path)
    assert code == 0, err
    applied = state(repo)
    assert applied != before
    _reset(repo)
    for at in range(1, steps + 1):
        signum = signal.SIGKILL if is_killed else (signal.SIGINT, signal.SIGTERM)[at % 2]
        code, _, err = forks.mtor("apply", path, at=at, signum=signum)
        assert code == (-signum if is_killed else 130), (at, err)
        if is_killed:
            code, _, err = forks.mtor("check", path)
            assert code == 0, (at, err)
        assert state(repo) in [before, applied], at
        assert not (repo / ".git/mtor/journal.json").exists()
        _reset(repo)


def _reset(repo: Path) -> None:
    git(repo, "checkout", "-q", "-f", "HEAD")
    for name in ("new/deep/file", "moved.bin", "x"):
        (repo / name).unlink(missing_ok=True)
    for name in ("new/deep", "new"):
        if (repo / name).exists():
            (repo / name).rmdir()


def test_edits_made_after_a_kill_are_kept_aside(repo: Path, tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    path = spec(tmp_path / "s.md", EDIT, test=[f"touch {ready}; sleep 300"])
    process = start(repo, "run", path)
    wait_until(ready.exists, process)
    stop(process, signal.SIGKILL)
    put(repo, {"a.py": "by hand\n"})
    done = mtor(repo, "run", "--abort")
    assert done.code == 0
    saved = next((repo / ".git/mtor/jobs").glob("*/saved/a.py"))
    assert saved.read_text() == "by hand\n"
    assert str(saved) in done.err


def test_a_journal_that_makes_no_sense_stops_every_verb_and_says_how_to_go_on(repo: Path, tmp_path: Path) -> None:
    path = spec(tmp_path / "s.md", EDIT, test=["true"])
    put(repo, {".git/mtor/journal.json": "{"})
    for arguments in (("check", path), ("apply", path), ("run", path), ("run", "--abort")):
        done = mtor(repo, *arguments)
        assert done.code == 3
        assert "journal.json" in done.err
        assert "Traceback" not in done.err


@pytest.fixture
def small_disk(tmp_path: Path) -> Path:
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "none", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"this user may not mount: {mounted.stderr.decode(errors='replace').strip()}")
    return folder


@pytest.mark.parametrize("room", [0, 4, 8, 12, 16, 24, 32, 48, 64, 96, 160, 300])
def test_a_full_disk_is_an_error_and_loses_nothing(small_disk: Path, tmp_path: Path, room: int) -> None:
    from command_line import repository

    try:
        repo = repository(small_disk / "repo")
        before = state(repo)
        big = "```text create=big.txt\n" + "some text that fills a disk\n" * 9_000 + "```\n"
        path = spec(tmp_path / "s.md", EDIT, big, test=["true"])
        _fill(small_disk, room)
        runs = [mtor(repo, "run", path) for _ in range(2)]
        assert {done.code for done in runs} <= {0, 3}
        assert not [done.err for done in runs if "Traceback" in done.err]
        (small_disk / "filler").unlink()
        assert mtor(repo, "run", "--abort").code == 0
        assert state(repo) == before
    finally:
        subprocess.run(["umount", "-l", small_disk], check=True)


def _fill(disk: Path, leave_kilobytes: int) -> None:
    room = os.statvfs(disk)
    with (disk / "filler").open("wb") as file:
        file.write(bytes(max(0, room.f_bavail * room.f_frsize - leave_kilobytes * 1024)))
