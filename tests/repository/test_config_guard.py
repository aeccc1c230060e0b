from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mtor_action.repository.config_guard import mend, seal
from mtor_action.repository.git import Git
from mtor_action.repository.restoring.status import inspect

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_a_filter_that_a_command_plants_does_not_run(git: Git, tmp_path: Path, sh: Callable[..., str]) -> None:
    taken = seal(git)
    sh(git.root, "git", "config", "filter.trap.clean", f"touch {tmp_path}/trap; cat")
    (git.git_dir / "info").mkdir(exist_ok=True)
    (git.git_dir / "info" / "attributes").write_text("* filter=trap\n")
    (git.root / "a.txt").write_text("changed\n")
    assert [path.name for path in mend(taken)] == ["config", "attributes"]
    inspect(git)
    assert not (tmp_path / "trap").exists()
    assert not (git.git_dir / "info" / "attributes").exists()


@pytest.mark.parametrize("command", ["rm config", "rm config; ln -s /etc/passwd config", "rm config; mkdir config"])
def test_a_configuration_that_is_gone_or_something_else_comes_back(
    git: Git, sh: Callable[..., str], command: str
) -> None:
    before = (git.git_dir / "config").read_bytes()
    taken = seal(git)
    sh(git.git_dir, "sh", "-c", command)
    assert [path.name for path in mend(taken)] == ["config"]
    assert (git.git_dir / "config").read_bytes() == before
    assert mend(taken) == []


def test_a_linked_working_tree_seals_the_shared_configuration(git: Git, tmp_path: Path, sh: Callable[..., str]) -> None:
    sh(git.root, "git", "worktree", "add", "-q", "../linked")
    linked = Git.open(tmp_path / "linked")
    taken = seal(linked)
    (linked.git_dir / "commondir").write_text("/nowhere\n")
    sh(git.root, "git", "config", "core.editor", "x")
    assert {path.name for path in mend(taken)} == {"commondir", "config"}
    assert inspect(linked).changed == ()
