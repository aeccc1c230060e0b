"""Runs are real processes that die by SIGKILL: at a named moment, or before or after one of their git commands."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mtor_action.errors import RepositoryError
from mtor_action.repository.git import Git
from mtor_action.repository.head import resolve, switch_to
from mtor_action.repository.restoring.journal import Journal, JournaledWork
from mtor_action.repository.restoring.killed_run import journal_path
from mtor_action.repository.restoring.lock import Lock
from mtor_action.repository.restoring.recovery import go_back, recover
from mtor_action.repository.restoring.status import inspect
from mtor_action.repository.worktree import write
from mtor_action.tree.changes import Change, FileState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Sh = Callable[..., str]
    Snapshot = Callable[[Path], dict[str, tuple[int, bytes]]]

_RUN = Path(__file__).parent / "run_one.py"
_RECOVER = """
import sys
from pathlib import Path
from mtor_action.repository.git import Git
from mtor_action.repository.restoring.recovery import recover
recover(Git.open(Path(sys.argv[1])), lambda job: 0)
"""


@pytest.fixture
def base(repo: Path, sh: Sh) -> str:
    """A branch `base` beside main, which has a file that `base` has not; an untracked and an ignored file lie about."""
    sh(repo, "git", "branch", "base")
    (repo / "only-on-main.txt").write_text("main's\n")
    sh(repo, "git", "add", "-A")
    sh(repo, "git", "commit", "-qm", "second")
    (repo / "untracked").write_text("mine\n")
    (repo / "src" / "x.ignored").write_text("mine\n")
    return "base"


def _run(repo: Path, stop: str, base: str = "base") -> int:
    return subprocess.run([sys.executable, _RUN, repo, stop, base], check=False).returncode


def _state(repo: Path, sh: Sh) -> str:
    return sh(repo, "sh", "-c", "cat .git/HEAD; git for-each-ref; git status --porcelain; ls .git | grep lock; true")


def _none_left(_job: str) -> int:
    return 0


MOMENTS = ["locked", "begun", "switched", *(f"written-{n}" for n in range(5)), "written"]


@pytest.mark.parametrize("stop", MOMENTS)
def test_before_the_commit_a_kill_leaves_nothing(repo: Path, base: str, sh: Sh, snapshot: Snapshot, stop: str) -> None:
    files, state = snapshot(repo), _state(repo, sh)
    assert _run(repo, stop, base) == -signal.SIGKILL
    recovered = recover(Git.open(repo), _none_left)
    assert (recovered is None) == (stop == "locked")
    assert (snapshot(repo), _state(repo, sh)) == (files, state)
    assert _run(repo, "never", base) == 0


@pytest.mark.parametrize("stop", ["committed", "noted", "back", "never"])
def test_after_the_commit_the_branch_stays(repo: Path, base: str, sh: Sh, snapshot: Snapshot, stop: str) -> None:
    files = snapshot(repo)
    assert _run(repo, stop, base) == (0 if stop == "never" else -signal.SIGKILL)
    recovered = recover(Git.open(repo), _none_left)
    if stop in {"committed", "noted"}:
        assert recovered is not None
        assert recovered.branch_kept
        assert recovered.saved == ()
    assert snapshot(repo) == files
    assert sh(repo, "git", "rev-parse", "--abbrev-ref", "HEAD", "mtor/job~1").split()[0] == "main"
    assert sh(repo, "git", "rev-parse", "mtor/job~1") == sh(repo, "git", "rev-parse", base)
    assert sh(repo, "git", "show", "mtor/job:new/deep/file.py") == "new"


def _killing_git(folder: Path, word: str, when: str) -> dict[str, str]:
    """An environment whose git, at the command `word`, kills the process that started it."""
    real = shutil.which("git")
    lines = {"before": "kill -9 $PPID", "after": f'{real} "$@"; kill -9 $PPID', "outlives": "kill -9 $PPID; sleep 0.3"}
    folder.mkdir()
    wrapper = folder / "git"
    wrapper.write_text(f'#!/bin/sh\ncase " $* " in *" {word} "*) {lines[when]};; esac\nexec {real} "$@"\n')
    wrapper.chmod(0o755)
    return {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}


@pytest.mark.parametrize("when", ["before", "after", "outlives"])
@pytest.mark.parametrize("word", ["status", "checkout", "for-each-ref", "update-ref"])
def test_a_recovery_that_is_killed_is_repeated(
    repo: Path, base: str, tmp_path: Path, sh: Sh, snapshot: Snapshot, *, word: str, when: str
) -> None:
    files, state = snapshot(repo), _state(repo, sh)
    _run(repo, "written", base)
    (repo / "a.txt").write_text("edited by hand since\n")
    killing = _killing_git(tmp_path / "bin", word, when)
    died = subprocess.run([sys.executable, "-c", _RECOVER, repo], env=killing, check=False)
    assert died.returncode == -signal.SIGKILL
    assert journal_path(Git.open(repo)).exists()
    assert recover(Git.open(repo), _none_left) is not None
    assert (snapshot(repo), _state(repo, sh)) == (files, state)
    saved = repo / ".git/mtor/jobs/job-1/saved/a.txt"
    assert saved.read_text() == "edited by hand since\n"


@pytest.mark.parametrize("word", ["checkout", "fast-import"])
@pytest.mark.parametrize("when", ["before", "after", "outlives"])
def test_a_git_that_outlives_its_run_is_waited_for(
    repo: Path, base: str, tmp_path: Path, sh: Sh, snapshot: Snapshot, *, word: str, when: str
) -> None:
    files = snapshot(repo)
    killing = _killing_git(tmp_path / "bin", word, when)
    died = subprocess.run([sys.executable, _RUN, repo, "never", base], env=killing, check=False)
    assert died.returncode == -signal.SIGKILL
    assert recover(Git.open(repo), _none_left) is not None
    assert snapshot(repo) == files
    assert sh(repo, "git", "rev-parse", "--abbrev-ref", "HEAD") == "main"
    assert sh(repo, "git", "status", "--porcelain") == "?? untracked"


def test_locks_of_a_killed_git_are_removed(repo: Path, base: str, snapshot: Snapshot) -> None:
    files = snapshot(repo)
    _run(repo, "written", base)
    for name in ("index.lock", "HEAD.lock", "refs/heads/mtor/job.lock"):
        (repo / ".git" / name).touch()
    assert recover(Git.open(repo), _none_left) is not None
    assert snapshot(repo) == files


def test_a_lock_of_git_stays_where_there_is_nothing_to_recover(git: Git) -> None:
    (git.git_dir / "index.lock").touch()
    assert recover(git, _none_left) is None
    assert (git.git_dir / "index.lock").exists()


def test_a_run_that_lives_is_left_alone(repo: Path, base: str) -> None:
    _run(repo, "written", base)
    git = Git.open(repo)
    with Lock(git, "mtor run"):
        assert recover(git, _none_left) is None
    assert journal_path(git).exists()


def test_survivors_are_ended_first(repo: Path, base: str) -> None:
    _run(repo, "written", base)
    asked = []

    def end(mark: str) -> int:
        asked.append((mark, (repo / "new/deep/file.py").exists()))
        return 3

    assert recover(Git.open(repo), end) is not None
    # The mark of the processes: two repositories may have jobs of one name.
    assert asked == [(f"job-1@{repo}", True)]


def test_a_detached_start_is_gone_back_to(repo: Path, base: str, sh: Sh) -> None:
    sh(repo, "git", "checkout", "-q", "--detach", "main")
    head = (repo / ".git" / "HEAD").read_text()
    _run(repo, "written", base)
    recover(Git.open(repo), _none_left)
    assert (repo / ".git" / "HEAD").read_text() == head


def test_a_starting_branch_deleted_meanwhile_leaves_its_commit(repo: Path, base: str, sh: Sh) -> None:
    commit = sh(repo, "git", "rev-parse", "main")
    _run(repo, "written", base)
    sh(repo, "git", "branch", "-qD", "main")
    recover(Git.open(repo), _none_left)
    assert (repo / ".git" / "HEAD").read_text().strip() == commit


def test_a_linked_working_tree_is_recovered_on_its_own(
    repo: Path, base: str, tmp_path: Path, sh: Sh, snapshot: Snapshot
) -> None:
    linked = tmp_path / "linked"
    sh(repo, "git", "worktree", "add", "-q", str(linked), "-b", "side", base)
    files = snapshot(linked)
    _run(linked, "written", base)
    assert recover(Git.open(repo), _none_left) is None
    sh(repo, "git", "checkout", "-q", "--detach")
    assert recover(Git.open(linked), _none_left) is not None
    assert snapshot(linked) == files
    assert sh(linked, "git", "branch", "--show-current") == "side"


def _begin(git: Git, *changes: Change, branch: str | None = "mtor/job") -> Journal:
    work = JournaledWork("job-1", inspect(git).head, resolve(git, "main"), branch)
    journal = Journal.begin(git, work, changes)
    if branch:
        switch_to(git, branch, new_at=work.base)
    write(git.root, changes)
    return journal


_NEW = Change("new.txt", None, FileState(b"new\n"))


@pytest.mark.parametrize(
    "command", ["git add -A", "git add -A; git commit -qm x", "git checkout -q -f other; git add -A"]
)
def test_untracked_files_that_a_command_added_survive(git: Git, sh: Sh, snapshot: Snapshot, command: str) -> None:
    sh(git.root, "git", "branch", "other")
    (git.root / "untracked").write_text("mine\n")
    files = snapshot(git.root)
    journal = _begin(git, _NEW)
    sh(git.root, "sh", "-c", command)
    go_back(git, journal, _none_left)
    assert snapshot(git.root) == files
    assert sh(git.root, "git", "status", "--porcelain") == "?? untracked"


@pytest.mark.parametrize(
    "command",
    ["git checkout -q --orphan void", "echo garbage > .git/index", "rm .git/index", "rm -r src; ln -s /etc src"],
)
def test_what_a_command_did_to_git_is_undone(git: Git, sh: Sh, snapshot: Snapshot, command: str) -> None:
    files = snapshot(git.root)
    journal = _begin(git, _NEW, Change("src/c.py", None, FileState(b"c")))
    sh(git.root, "sh", "-c", command)
    go_back(git, journal, _none_left)
    assert snapshot(git.root) == files
    assert sh(git.root, "git", "status", "--porcelain", "--branch") == "## main"


def test_a_branch_with_somebodys_commit_is_kept(git: Git, sh: Sh) -> None:
    journal = _begin(git, _NEW)
    sh(git.root, "git", "commit", "-qam", "by a person", "--allow-empty")
    assert go_back(git, journal, _none_left).branch_kept
    assert sh(git.root, "git", "log", "-1", "--format=%s", "mtor/job") == "by a person"


def test_an_empty_folder_of_a_person_stays_and_ours_goes(git: Git) -> None:
    (git.root / "theirs").mkdir()
    journal = _begin(git, Change("theirs/x", None, FileState(b"")), Change("ours/deep/x", None, FileState(b"")))
    go_back(git, journal, _none_left, settled=True)
    assert (git.root / "theirs").is_dir()
    assert not (git.root / "ours").exists()


def test_edits_made_since_the_kill_are_copied_aside(git: Git) -> None:
    journal = _begin(git, _NEW, Change("a.txt", FileState(b"a\n"), FileState(b"b\n")))
    (git.root / "new.txt").write_text("edited\n")
    (git.root / "src" / "b.py").write_text("edited too\n")
    recovered = go_back(git, journal, _none_left)
    assert {path.name: path.read_text() for path in recovered.saved} == {"new.txt": "edited\n", "b.py": "edited too\n"}


def test_work_without_a_branch_puts_back_only_its_own_paths(git: Git, sh: Sh, snapshot: Snapshot) -> None:
    (git.root / "run.sh").write_text("dirty\n")
    (git.root / "untracked").write_text("mine\n")
    sh(git.root, "git", "add", "run.sh")
    files = snapshot(git.root)
    state = _state(git.root, sh)
    _begin(
        git,
        _NEW,
        Change("run.sh", FileState(b"dirty\n", "100755"), FileState(b"applied\n")),
        Change("src/b.py", FileState(b"b = 1\n"), None),
        Change("untracked", FileState(b"mine\n"), FileState(b"applied\n")),
        branch=None,
    )
    (git.root / "a.txt").write_text("edited meanwhile\n")
    assert recover(git, _none_left) is not None
    assert (git.root / "a.txt").read_text() == "edited meanwhile\n"
    (git.root / "a.txt").write_text("a\n")
    assert (snapshot(git.root), _state(git.root, sh)) == (files, state)


def test_checked_out_line_endings_come_back_as_they_were(repo: Path, sh: Sh, snapshot: Snapshot) -> None:
    sh(repo, "git", "config", "core.autocrlf", "true")
    (repo / "a.txt").unlink()
    sh(repo, "git", "checkout", "-f", "main", "--", "a.txt")
    files = snapshot(repo)
    assert files["a.txt"][1] == b"a\r\n"
    git = Git.open(repo)
    journal = _begin(git, Change("a.txt", FileState(b"a\n"), FileState(b"lf\n")))
    go_back(git, journal, _none_left)
    assert snapshot(repo) == files


def test_an_interrupt_waits_for_the_end_of_the_recovery(git: Git, snapshot: Snapshot) -> None:
    files = snapshot(git.root)
    journal = _begin(git, _NEW)

    def interrupt(_job: str) -> int:
        os.kill(os.getpid(), signal.SIGINT)
        return 0

    with pytest.raises(KeyboardInterrupt):
        go_back(git, journal, interrupt)
    assert snapshot(git.root) == files
    assert not journal_path(git).exists()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_green_run_needs_few_git_processes(repo: Path, base: str, tmp_path: Path) -> None:
    real = shutil.which("git")
    (tmp_path / "bin").mkdir()
    wrapper = tmp_path / "bin" / "git"
    wrapper.write_text(f'#!/bin/sh\necho x >> {tmp_path}/count\nexec {real} "$@"\n')
    wrapper.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}
    subprocess.run([sys.executable, _RUN, repo, "never", base], env=environment, check=True)
    # rev-parse, status, ls-files (edits that status hides), cat-file (what the base is called), checkout, var,
    # fast-import, checkout
    assert len((tmp_path / "count").read_text().splitlines()) == 8


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "none", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not permitted")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_disk_that_fills_up_in_the_middle_is_put_back(
    repo: Path, small_disk: Path, sh: Sh, snapshot: Snapshot
) -> None:
    root = small_disk / "repo"
    sh(small_disk, "git", "clone", "-q", "--template=", str(repo), str(root))
    files = snapshot(root)
    git = Git.open(root)
    changes = [
        Change("a.txt", FileState(b"a\n"), FileState(b"b\n")),
        *(Change(f"new/{n}", None, FileState(os.urandom(300_000))) for n in range(9)),
    ]
    with Lock(git, "mtor run") as held:
        journal = Journal.begin(
            held, JournaledWork("job-1", inspect(git).head, resolve(git, "main"), "mtor/job"), changes
        )
        switch_to(held, "mtor/job", new_at=journal.work.base)
        with pytest.raises(RepositoryError, match="No space left on device"):
            write(root, changes)
        go_back(held, journal, _none_left)
    assert snapshot(root) == files
    assert sh(root, "git", "status", "--porcelain") == ""


def test_a_file_left_out_by_a_sparse_checkout_is_left_out_again(git: Git, sh: Sh, snapshot: Snapshot) -> None:
    sh(git.root, "git", "sparse-checkout", "set", "--no-cone", "/a.txt")
    files = snapshot(git.root)
    assert "src/b.py" not in files
    journal = _begin(git, _NEW, Change("src/b.py", FileState(b"b = 1\n"), FileState(b"b = 2\n")))
    go_back(git, journal, _none_left)
    assert snapshot(git.root) == files
    assert sh(git.root, "git", "status", "--porcelain") == ""
