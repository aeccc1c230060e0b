from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mtor_action.errors import RepositoryError
from mtor_action.repository.git import Git
from mtor_action.repository.head import StartingPoint
from mtor_action.repository.restoring.status import changed_unseen, inspect, refuse_dirty

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_a_clean_tree_says_where_it_is(git: Git, sh: Callable[..., str]) -> None:
    (git.root / "untracked").touch()
    status = refuse_dirty(git)
    assert status.head == StartingPoint("main", sh(git.root, "git", "rev-parse", "HEAD"))
    assert status.changed == ()


def test_a_detached_head_has_no_branch(git: Git, sh: Callable[..., str]) -> None:
    sh(git.root, "git", "checkout", "-q", "--detach")
    assert inspect(git).head.ref is None


def test_a_branch_called_detached_is_a_branch(git: Git, sh: Callable[..., str]) -> None:
    sh(git.root, "git", "checkout", "-qb", "(detached)")
    assert inspect(git).head.ref == "(detached)"


def test_a_repository_without_a_commit_is_told_to_make_one(tmp_path: Path, sh: Callable[..., str]) -> None:
    sh(tmp_path, "git", "init", "-q", "new")
    with pytest.raises(RepositoryError, match="no commit") as caught:
        refuse_dirty(Git.open(tmp_path / "new"))
    assert "first commit" in caught.value.hint


def test_every_kind_of_change_has_its_word(git: Git, sh: Callable[..., str]) -> None:
    (git.root / "a.txt").write_text("other\n")
    (git.root / "run.sh").unlink()
    (git.root / "link").unlink()
    (git.root / "link").write_text("no link\n")
    name = 'ünï "quoted" \\ 🙂\ttab.txt'
    (git.root / name).touch()
    sh(git.root, "git", "add", name)
    words = {changed.path: changed.word for changed in inspect(git).changed}
    assert words == {"a.txt": "modified", "run.sh": "deleted", "link": "type changed", name: "added"}


@pytest.mark.parametrize("name", ["a\nb", '"quoted"', '"', "back\\slash\\n", "end\r", " blank ", "ünï\udcff"])
def test_a_file_that_git_assumes_unchanged_may_have_any_name(git: Git, sh: Callable[..., str], name: str) -> None:
    (git.root / name).write_text("one\n")
    sh(git.root, "git", "add", name)
    sh(git.root, "git", "commit", "-qm", "a name")
    sh(git.root, "git", "update-index", "--assume-unchanged", name)
    assert inspect(git).changed == ()
    assert changed_unseen(git, [name], "HEAD") == []
    (git.root / name).write_text("two\n")
    assert [changed.path for changed in changed_unseen(git, [name], "HEAD")] == [name]


def test_a_staged_rename_is_two_changes(git: Git, sh: Callable[..., str]) -> None:
    sh(git.root, "git", "mv", "a.txt", "c.txt")
    assert {(c.path, c.word) for c in inspect(git).changed} == {("a.txt", "deleted"), ("c.txt", "added")}


def test_a_dirty_tree_is_refused_with_ten_names(git: Git, sh: Callable[..., str]) -> None:
    for n in range(13):
        (git.root / f"f{n:02}").touch()
    sh(git.root, "git", "add", "-A")
    with pytest.raises(RepositoryError, match=r"(?s)added: f00.*f09\n  and 3 more") as caught:
        refuse_dirty(git)
    assert "commit or stash" in caught.value.hint


def test_a_conflicting_merge_is_named(git: Git, sh: Callable[..., str]) -> None:
    for branch, text in (("one", "1\n"), ("two", "2\n")):
        sh(git.root, "git", "checkout", "-qb", branch, "main")
        (git.root / "a.txt").write_text(text)
        sh(git.root, "git", "commit", "-qam", branch)
    sh(git.root, "sh", "-c", "! git merge -q one")
    assert [(c.path, c.word) for c in inspect(git).changed] == [("a.txt", "unmerged")]
    with pytest.raises(RepositoryError, match="a merge is in progress"):
        refuse_dirty(git)


def test_a_bisection_is_named(git: Git, sh: Callable[..., str]) -> None:
    sh(git.root, "git", "bisect", "start")
    with pytest.raises(RepositoryError, match="a bisect is in progress"):
        refuse_dirty(git)


def test_a_dirty_submodule_is_not_a_change_and_a_moved_one_is(git: Git, tmp_path: Path, sh: Callable[..., str]) -> None:
    sh(tmp_path, "git", "clone", "-q", str(git.root), "lib")
    sh(git.root, "git", "submodule", "--quiet", "add", str(tmp_path / "lib"), "lib")
    sh(git.root, "git", "commit", "-qm", "submodule")
    (git.root / "lib" / "a.txt").write_text("dirty\n")
    assert inspect(git).changed == ()
    sh(git.root / "lib", "git", "commit", "-qam", "moved")
    assert [c.path for c in inspect(git).changed] == ["lib"]


def test_files_with_other_endings_are_clean_under_autocrlf(git: Git, sh: Callable[..., str]) -> None:
    (git.root / "crlf.txt").write_bytes(b"one\r\ntwo\r\n")
    sh(git.root, "git", "add", "-A")
    sh(git.root, "git", "commit", "-qm", "crlf")
    sh(git.root, "git", "config", "core.autocrlf", "true")
    assert inspect(git).changed == ()
