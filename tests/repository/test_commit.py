from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mtor_action.errors import GitError, RepositoryError
from mtor_action.repository.head import resolve
from mtor_action.repository.revisions.base_tree import BaseTree
from mtor_action.repository.revisions.commit import BranchTarget, Stamp, commit, committer
from mtor_action.repository.revisions.diff_text import diff_text
from mtor_action.tree.changes import Change, FileState

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mtor_action.repository.git import Git

NOON = Stamp(unix_seconds=1_700_000_000)
NEW = BranchTarget("mtor/x", None)


def _commit(git: Git, *changes: Change, target: BranchTarget = NEW, message: str = "subject\n\nbody\n") -> str:
    return commit(git, base=resolve(git, "main"), target=target, changes=changes, message=message, stamp=NOON)


def test_changes_are_stored_with_modes_and_the_rest_stays(git: Git, sh: Callable[..., str]) -> None:
    made = _commit(
        git,
        Change("new", None, FileState(b"\r\n\0no newline", "100755")),
        Change("run.sh", FileState(b"#!/bin/sh\n", "100755"), FileState(b"#!/bin/sh\n")),
        Change("src/b.py", FileState(b"b = 1\n"), None),
        Change("empty", None, FileState(b"")),
    )
    assert sh(git.root, "git", "rev-parse", "mtor/x", "mtor/x~1").split() == [made, resolve(git, "main")]
    with BaseTree(git, made) as tree:
        assert list(tree.paths()) == [".gitignore", "a.txt", "empty", "link", "new", "run.sh"]
        assert tree.read("new") == b"\r\n\0no newline"
        assert [getattr(tree.entry(path), "mode", "") for path in ("new", "run.sh", "link")] == [
            "100755",
            "100644",
            "120000",
        ]
    assert sh(git.root, "git", "status", "--porcelain") == ""
    assert (
        sh(git.root, "git", "log", "-1", "--format=%an %ae %ct %B", made)
        == "Ada ada@example.org 1700000000 subject\n\nbody"
    )


def test_the_same_work_at_the_same_time_has_the_same_id(git: Git, sh: Callable[..., str]) -> None:
    first = _commit(git, Change("x", None, FileState(b"x")))
    sh(git.root, "git", "branch", "-qD", "mtor/x")
    assert _commit(git, Change("x", None, FileState(b"x"))) == first


def test_hostile_names_are_stored_as_they_are(git: Git) -> None:
    names = [
        "with space",
        'quo"te',
        '"',
        "back\\slash",
        "\\n",
        "-rf",
        "ünï/🙂",
        "tab\t",
        "raw\udcff",
        "new\nline",
        " lead",
    ]
    made = _commit(git, *(Change(name, None, FileState(name.encode("utf-8", "surrogateescape"))) for name in names))
    with BaseTree(git, made) as tree:
        assert {name: tree.read(name) for name in names} == {n: n.encode("utf-8", "surrogateescape") for n in names}


def test_files_and_folders_change_places(git: Git) -> None:
    made = _commit(
        git,
        Change("a.txt/x", None, FileState(b"x")),
        Change("a.txt", FileState(b"a\n"), None),
        Change("src", None, FileState(b"s")),
        Change("src/b.py", FileState(b"b = 1\n"), None),
    )
    with BaseTree(git, made) as tree:
        assert list(tree.paths()) == [".gitignore", "a.txt/x", "link", "run.sh", "src"]


def test_neither_filters_nor_hooks_nor_line_endings_touch_the_bytes(
    git: Git, tmp_path: Path, sh: Callable[..., str]
) -> None:
    sh(git.root, "git", "config", "filter.trap.clean", f"touch {tmp_path}/trap; cat")
    sh(git.root, "git", "config", "core.autocrlf", "true")
    (git.git_dir / "info").mkdir(exist_ok=True)
    (git.git_dir / "info" / "attributes").write_text("* filter=trap text\n")
    with BaseTree(git, _commit(git, Change("x", None, FileState(b"1\r\n2\n")))) as tree:
        assert tree.read("x") == b"1\r\n2\n"
    assert not (tmp_path / "trap").exists()


def test_a_branch_that_is_not_where_expected_is_not_moved(git: Git, sh: Callable[..., str]) -> None:
    base = resolve(git, "main")
    change = Change("x", None, FileState(b"x"))
    sh(git.root, "git", "branch", "mtor/x")
    with pytest.raises(RepositoryError, match="not at None"):
        _commit(git, change)
    first = _commit(git, change, target=BranchTarget("mtor/x", base))
    with pytest.raises(GitError, match="fast-import"):
        _commit(git, Change("y", None, FileState(b"y")), target=BranchTarget("mtor/x", base))
    with pytest.raises(RepositoryError):
        _commit(git, change, target=BranchTarget("mtor/x", "0" * 40))
    assert resolve(git, "mtor/x") == first
    assert list(git.git_dir.glob("fast_import_crash*")) == []


def test_a_failed_import_leaves_no_crash_file_and_no_branch(git: Git) -> None:
    for path in ("a/../b", "a//b", ".git/config"):
        with pytest.raises(RepositoryError):
            _commit(git, Change(path, None, FileState(b"x")))
    blob = Change("x", None, FileState(b"x", "garbage"))  # type: ignore[arg-type]
    with pytest.raises(GitError, match="fast-import"):
        _commit(git, blob)
    assert list(git.git_dir.glob("fast_import_crash*")) == []
    with pytest.raises(RepositoryError):
        resolve(git, "mtor/x")


def test_the_author_may_be_somebody_else(git: Git, sh: Callable[..., str]) -> None:
    stamp = Stamp(author="Zoë <zoe@example.org>", unix_seconds=1)
    base = resolve(git, "main")
    commit(git, base=base, target=NEW, changes=[Change("x", None, FileState(b"x"))], message="ü\0x", stamp=stamp)
    assert sh(git.root, "git", "log", "-1", "--format=%an <%ae> %cn", "mtor/x") == "Zoë <zoe@example.org> Ada"
    with pytest.raises(RepositoryError, match="not a valid identity"):
        commit(
            git, base=base, target=BranchTarget("y", None), changes=[], message="m", stamp=Stamp(author="a <b>\nfrom x")
        )


def test_nobody_configured_means_mtor_itself(git: Git, tmp_path: Path) -> None:
    (tmp_path / "home" / ".gitconfig").write_text("[user]\n useConfigOnly = true\n")
    assert committer(git) == "mtor <mtor@localhost>"
    assert _commit(git, Change("x", None, FileState(b"x")))


def test_the_difference_is_plain_text_whatever_the_settings(git: Git, sh: Callable[..., str]) -> None:
    for key, value in (
        ("color.ui", "always"),
        ("diff.noprefix", "true"),
        ("diff.external", "false"),
        ("diff.context", "0"),
    ):
        sh(git.root, "git", "config", key, value)
    made = _commit(git, Change("a.txt", FileState(b"a\n"), None), Change("ü b.txt", None, FileState(b"a\n")))
    text = diff_text(git, resolve(git, "main"), made)
    assert text.startswith("diff --git a/a.txt b/ü b.txt\nsimilarity index 100%\nrename from a.txt\n")


def test_a_long_difference_is_cut_at_a_line_with_a_note(git: Git) -> None:
    made = _commit(git, Change("big", None, FileState(b"line\n" * 1_000_000)))
    text = diff_text(git, resolve(git, "main"), made, limit_bytes=1000)
    assert text.endswith("+line\n[the diff is longer than 1000 bytes and was cut here]\n")
    assert len(text) < 1100


def test_a_difference_of_nothing_known_is_an_error(git: Git) -> None:
    with pytest.raises(GitError):
        diff_text(git, "0" * 40, resolve(git, "main"))
