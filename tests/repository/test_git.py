from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from mtor_action.errors import GitError, RepositoryError
from mtor_action.repository.git import Git

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_a_folder_deep_inside_opens_its_working_tree(repo: Path) -> None:
    git = Git.open(repo / "src")
    assert (git.root, git.git_dir) == (repo, repo / ".git")
    assert git.common_dir == git.git_dir


def test_a_linked_working_tree_has_its_own_git_folder(repo: Path, tmp_path: Path, sh: Callable[..., str]) -> None:
    sh(repo, "git", "worktree", "add", "-q", "../linked")
    git = Git.open(tmp_path / "linked")
    assert git.root == tmp_path / "linked"
    assert git.git_dir == repo / ".git" / "worktrees" / "linked"
    assert git.common_dir == repo / ".git"
    assert git.run("rev-parse", "--show-toplevel").decode().strip() == str(tmp_path / "linked")


def test_outside_of_a_repository_the_next_step_is_named(tmp_path: Path) -> None:
    with pytest.raises(RepositoryError, match="not in a git repository") as caught:
        Git.open(tmp_path)
    assert "git init" in caught.value.hint


def test_a_bare_repository_and_a_git_folder_are_refused(repo: Path, tmp_path: Path, sh: Callable[..., str]) -> None:
    sh(tmp_path, "git", "clone", "-q", "--bare", str(repo), "bare.git")
    with pytest.raises(RepositoryError, match="bare repository"):
        Git.open(tmp_path / "bare.git")
    with pytest.raises(RepositoryError, match="inside a git folder"):
        Git.open(repo / ".git")


def test_a_missing_folder_and_a_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RepositoryError, match="does not exist"):
        Git.open(tmp_path / "nowhere")
    (tmp_path / "file").touch()
    with pytest.raises(RepositoryError, match="not a directory"):
        Git.open(tmp_path / "file")


def test_without_git_the_message_says_install_it(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git = Git.open(repo)
    monkeypatch.setenv("PATH", str(repo))
    for start in (lambda: Git.open(repo), lambda: git.run("status")):
        with pytest.raises(RepositoryError, match="git was not found"):
            start()


def test_a_repository_of_another_user_names_the_setting(repo: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can give files away")
    for path in (repo, repo / ".git"):
        os.chown(path, 12345, 12345)
    with pytest.raises(RepositoryError, match="another user") as caught:
        Git.open(repo)
    assert "safe.directory" in caught.value.hint


def test_inherited_variables_do_not_redirect_git(
    repo: Path, tmp_path: Path, sh: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sh(tmp_path, "git", "init", "-q", "other")
    other = str(tmp_path / "other" / ".git")
    for name in ("GIT_DIR", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"):
        monkeypatch.setenv(name, other)
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path / "other"))
    monkeypatch.setenv("GIT_INDEX_FILE", f"{other}/index")
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", "false")
    git = Git.open(repo)
    assert git.root == repo
    assert git.run("ls-files", "a.txt") == b"a.txt\n"


def test_settings_of_a_repository_run_nothing(repo: Path, tmp_path: Path, sh: Callable[..., str]) -> None:
    trap = tmp_path / "trap"
    (repo / ".git" / "hooks").mkdir(exist_ok=True)
    hook = repo / ".git" / "hooks" / "post-checkout"
    hook.write_text(f"#!/bin/sh\ntouch {trap}\n")
    hook.chmod(0o755)
    for key in ("core.fsmonitor", "core.pager", "diff.external", "core.sshCommand", "core.askPass"):
        sh(repo, "git", "config", key, f"touch {trap}; false")
    sh(repo, "git", "config", "core.hooksPath", str(hook.parent))
    git = Git.open(repo)
    git.run("status")
    git.run("checkout", "-q", "-b", "x")
    assert not trap.exists()


def test_a_failure_carries_the_command_and_the_words_of_git(git: Git) -> None:
    with pytest.raises(GitError, match=r"`git cat-file -t nothing` failed: fatal: Not a valid object name nothing"):
        git.run("cat-file", "-t", "nothing")


def test_after_the_git_folder_is_gone_no_parent_repository_is_used(repo: Path, sh: Callable[..., str]) -> None:
    inner = repo / "inner"
    sh(repo, "git", "init", "-q", "inner")
    git = Git.open(inner)
    (inner / ".git").rename(repo / "gone")
    with pytest.raises(GitError):
        git.run("status")
