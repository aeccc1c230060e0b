from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from mtor_action.errors import RepositoryError
from mtor_action.repository.restoring.lock import Lock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mtor_action.repository.git import Git

_HOLD = """
import sys
from pathlib import Path
from mtor_action.repository.git import Git
from mtor_action.repository.restoring.lock import Lock
with Lock(Git.open(Path(sys.argv[1])), "mtor run spec.md"):
    print("held", flush=True)
    sys.stdin.read()
"""


def _holder(root: Path) -> subprocess.Popen[bytes]:
    process = subprocess.Popen([sys.executable, "-c", _HOLD, str(root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    return process


def test_a_second_run_is_told_who_is_at_work_and_since_when(git: Git) -> None:
    with _holder(git.root) as other:
        with pytest.raises(RepositoryError) as caught, Lock(git, "mine"):
            pass
        assert re.search(rf"process {other.pid} \(mtor run spec.md\) since 20..-..-..T..:..:..Z", caught.value.message)
        other.kill()
    with Lock(git, "mine"):
        pass


def test_the_lock_is_free_again_after_its_end(git: Git) -> None:
    for _ in range(2):
        with Lock(git, "mine") as held:
            assert held.run("rev-parse", "HEAD")


def test_linked_working_trees_do_not_lock_each_other_out(git: Git, tmp_path: Path, sh: Callable[..., str]) -> None:
    sh(git.root, "git", "worktree", "add", "-q", "../linked")
    with _holder(tmp_path / "linked") as other, Lock(git, "mine"):
        other.kill()


def test_commands_do_not_inherit_the_lock_and_git_does(git: Git) -> None:
    with Lock(git, "mine") as held:
        left_over = subprocess.Popen(["sleep", "60"])
        last_git = held.start("cat-file", "--batch", stdin=subprocess.PIPE)
    # The process that held the lock is alive, so the git that still has it counts as that run.
    with pytest.raises(RepositoryError, match=str(os.getpid())), Lock(git, "next"):
        pass
    last_git.kill()
    last_git.communicate()
    with Lock(git, "next"):
        pass
    left_over.kill()
    left_over.wait()


def test_a_garbled_lock_file_that_nobody_holds_does_not_block(git: Git) -> None:
    git.state_dir.mkdir()
    (git.state_dir / "lock").write_bytes(b"\0garbage")
    with Lock(git, "mine"):
        pass
