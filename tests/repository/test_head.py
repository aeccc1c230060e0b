from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from mtor_action.errors import GitError, RepositoryError
from mtor_action.repository.head import is_branch_name, resolve, switch_to
from mtor_action.repository.restoring.status import inspect

if TYPE_CHECKING:
    from collections.abc import Callable

    from mtor_action.repository.git import Git


def _another_commit(git: Git, sh: Callable[..., str]) -> str:
    sh(git.root, "git", "commit", "-q", "--allow-empty", "-m", "another")
    return sh(git.root, "git", "rev-parse", "HEAD")


def test_a_branch_goes_before_origin_a_tag_and_an_abbreviated_id(git: Git, sh: Callable[..., str]) -> None:
    first = resolve(git, "HEAD")
    second = _another_commit(git, sh)
    sh(git.root, "git", "update-ref", "refs/remotes/origin/dev", first)
    assert resolve(git, "dev") == resolve(git, "origin/dev") == first
    sh(git.root, "git", "tag", "-a", "-m", "annotated", "v1", first)
    assert resolve(git, "v1") == resolve(git, "refs/tags/v1") == first
    sh(git.root, "git", "branch", "v1", second)
    assert resolve(git, "v1") == second
    assert resolve(git, first) == resolve(git, first[:8]) == first
    sh(git.root, "git", "branch", first[:8], second)
    assert resolve(git, first[:8]) == second


@pytest.mark.parametrize(
    "name", ["--help", "-rf", "", "main..main", "main^{/x}", "main@{1}", "a b", "nothing", "main:a.txt", "x\ny", "@",
     "\ud800"],
)  # fmt: skip
def test_what_does_not_name_a_commit_is_an_error_that_says_where_mtor_looked(git: Git, name: str) -> None:
    with pytest.raises(RepositoryError, match="no commit is called"):
        resolve(git, name)


def test_a_missing_branch_names_the_candidates(git: Git) -> None:
    with pytest.raises(RepositoryError, match="refs/heads/dev, refs/remotes/origin/dev, refs/tags/dev"):
        resolve(git, "dev")


def test_a_blob_is_not_a_commit(git: Git, sh: Callable[..., str]) -> None:
    with pytest.raises(RepositoryError):
        resolve(git, sh(git.root, "git", "rev-parse", "HEAD:a.txt"))


@pytest.mark.parametrize(
    "name",
    [
        "a",
        "a/b",
        "mtor/12-x",
        "(detached)",
        "ü",
        "-x",
        "a..b",
        "a b",
        "a~",
        "a^",
        "a:",
        "a?",
        "a*",
        "a[",
        "a\\",
        "/a",
        "a/",
        "a//b",
        ".a",
        "a/.b",
        "a.",
        "a.lock",
        "a.lock/b",
        "a@{b",
        "a\x7f",
        "a\x01",
        "a@b",
        "a.b",
        "HEAD",
    ],
)
def test_names_of_branches_are_judged_as_git_judges_them(git: Git, name: str) -> None:
    said = subprocess.run(["git", "check-ref-format", "--branch", name], cwd=git.root, capture_output=True, check=False)
    assert is_branch_name(name) == (said.returncode == 0)


def test_a_new_branch_does_not_track_anything(git: Git, sh: Callable[..., str]) -> None:
    sh(git.root, "git", "config", "branch.autoSetupMerge", "always")
    base = resolve(git, "main")
    switch_to(git, "mtor/x", new_at=base)
    assert inspect(git).head.ref == "mtor/x"
    assert "branch.mtor" not in sh(git.root, "git", "config", "--list", "--local")
    switch_to(git, "main", new_at=None)
    assert inspect(git).head.ref == "main"


@pytest.mark.parametrize("name", ["new.txt", "new.ignored"])
def test_an_untracked_or_ignored_file_is_not_overwritten(git: Git, sh: Callable[..., str], name: str) -> None:
    (git.root / name).write_text("theirs\n")
    sh(git.root, "git", "add", "-f", name)
    sh(git.root, "git", "commit", "-qm", "with it")
    base = resolve(git, "main")
    sh(git.root, "git", "checkout", "-q", "--detach", "HEAD~1")
    (git.root / name).write_text("mine\n")
    with pytest.raises(GitError, match="would be overwritten"):
        switch_to(git, "mtor/x", new_at=base)
    assert (git.root / name).read_text() == "mine\n"


def test_a_name_that_is_an_option_is_not_a_branch(git: Git) -> None:
    with pytest.raises(RepositoryError):
        switch_to(git, "--orphan", new_at=None)
