from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mtor_action.repository.head import resolve, switch_to
from mtor_action.repository.restoring.command_leftovers import find_dirt, head_moved, put_head_back, restore
from mtor_action.repository.restoring.journal import JournaledWork
from mtor_action.repository.restoring.status import inspect
from mtor_action.repository.worktree import write
from mtor_action.tree.changes import Change, FileState

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mtor_action.repository.git import Git

    Sh = Callable[..., str]

CHANGES = [
    Change("new.py", None, FileState(b"new\n")),
    Change("a.txt", FileState(b"a\n"), FileState(b"b\n")),
    Change("src/b.py", FileState(b"b = 1\n"), None),
]
EXPECTED = {change.path: change.after for change in CHANGES}


@pytest.fixture
def work(git: Git) -> JournaledWork:
    """On the job's branch, with the changes on disk."""
    (git.root / "other.txt").write_text("other\n")
    git.run("add", "other.txt")
    git.run("commit", "-qm", "other file")
    work = JournaledWork("job", inspect(git).head, resolve(git, "main"), "mtor/x")
    switch_to(git, "mtor/x", new_at=work.base)
    write(git.root, CHANGES)
    return work


def _is_as_expected(git: Git, work: JournaledWork) -> bool:
    status = inspect(git)
    return not find_dirt(git, status, EXPECTED) and not head_moved(status, work)


def test_the_changes_of_the_run_are_not_dirt_even_when_staged(git: Git, work: JournaledWork, sh: Sh) -> None:
    (git.root / "cache").touch()
    assert _is_as_expected(git, work)
    sh(git.root, "git", "add", "new.py", "a.txt")
    assert _is_as_expected(git, work)


@pytest.mark.parametrize(
    ("command", "dirt", "copies"),
    [
        ("echo x > other.txt", ["other.txt"], {"other.txt": "x\n"}),
        ("echo x > other.txt; git add other.txt", ["other.txt"], {"other.txt": "x\n"}),
        ("rm other.txt", ["other.txt"], {}),
        ("git rm -q --cached other.txt", ["other.txt"], {"other.txt": "other\n"}),
        ("chmod +x other.txt", ["other.txt"], {"other.txt": "other\n"}),
        ("rm other.txt; mkdir other.txt; echo x > other.txt/y", ["other.txt"], {"other.txt/y": "x\n"}),
        ("rm other.txt; ln -s /etc/passwd other.txt", ["other.txt"], {}),
        ("echo x > new.py", ["new.py"], {"new.py": "x\n"}),
        ("rm new.py a.txt", ["a.txt", "new.py"], {}),
        ("chmod +x new.py", ["new.py"], {"new.py": "new\n"}),
        ("mkdir src; echo back > src/b.py", ["src/b.py"], {"src/b.py": "back\n"}),
        ("rm new.py; mkdir new.py; echo x > new.py/y", ["new.py"], {"new.py/y": "x\n"}),
        ("rm a.txt; ln -s /etc/passwd a.txt", ["a.txt"], {}),
        ("git checkout -q -f mtor/x", ["a.txt", "src/b.py"], {"a.txt": "a\n", "src/b.py": "b = 1\n"}),
    ],
)
def test_what_a_command_changed_is_copied_and_put_back(
    git: Git, work: JournaledWork, tmp_path: Path, sh: Sh, *, command: str, dirt: list[str], copies: dict[str, str]
) -> None:
    sh(git.root, "sh", "-c", command)
    found = find_dirt(git, inspect(git), EXPECTED)
    assert found == dirt
    restore(git, found, EXPECTED, tmp_path / "saved")
    assert _is_as_expected(git, work)
    assert (git.root / "other.txt").read_text() == "other\n"
    saved = {
        p.relative_to(tmp_path / "saved").as_posix(): p for p in (tmp_path / "saved").rglob("*") if not p.is_symlink()
    }
    assert {name: path.read_text() for name, path in saved.items() if path.is_file()} == copies


def test_a_file_that_a_command_added_to_the_index_stays_on_disk(
    git: Git, work: JournaledWork, tmp_path: Path, sh: Sh
) -> None:
    (git.root / "mine ü").write_text("mine\n")
    sh(git.root, "git", "add", "-A")
    found = find_dirt(git, inspect(git), EXPECTED)
    assert found == ["mine ü"]
    restore(git, found, EXPECTED, tmp_path / "saved")
    assert _is_as_expected(git, work)
    assert (git.root / "mine ü").read_text() == "mine\n"


def test_a_folder_replaced_by_a_link_is_put_back_and_nothing_outside_is_written(
    git: Git, work: JournaledWork, tmp_path: Path, sh: Sh
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    write(git.root, [Change("pkg/m.py", None, FileState(b"m"))])
    expected = {**EXPECTED, "pkg/m.py": FileState(b"m")}
    sh(git.root, "sh", "-c", f"rm -r pkg; ln -s {outside} pkg")
    found = find_dirt(git, inspect(git), expected)
    assert found == ["pkg/m.py"]
    restore(git, found, expected, tmp_path / "saved")
    assert (git.root / "pkg/m.py").read_bytes() == b"m"
    assert not (git.root / "pkg").is_symlink()
    assert list(outside.iterdir()) == []
    assert not head_moved(inspect(git), work)


def test_two_copies_of_one_path_are_both_kept(git: Git, work: JournaledWork, tmp_path: Path) -> None:
    for text in ("first\n", "second\n"):
        (git.root / "a.txt").write_text(text)
        restore(git, find_dirt(git, inspect(git), EXPECTED), EXPECTED, tmp_path / "saved")
    assert {p.read_text() for p in (tmp_path / "saved").iterdir()} == {"first\n", "second\n"}
    assert _is_as_expected(git, work)


@pytest.mark.parametrize(
    "command",
    [
        "git checkout -q -f main",
        "git checkout -q --detach",
        "git commit -qam theirs",
        "git add -A; git commit -qm theirs",
        "git stash -q",
        "git reset -q --hard HEAD~1",
        "git checkout -q -f -b elsewhere; echo x > a.txt; git commit -qam theirs",
        "git checkout -q --orphan void; git commit -qam theirs",
    ],
)
def test_a_moved_head_comes_back_and_no_other_branch_moves(
    git: Git, work: JournaledWork, tmp_path: Path, sh: Sh, command: str
) -> None:
    (git.root / "mine").write_text("mine\n")
    sh(git.root, "sh", "-c", command)
    status = inspect(git)
    branches = sh(git.root, "git", "for-each-ref", "refs/heads/main", "refs/heads/elsewhere")
    assert head_moved(status, work) or find_dirt(git, status, EXPECTED)
    put_head_back(git, status, work, EXPECTED, tmp_path / "saved")
    assert _is_as_expected(git, work)
    assert sh(git.root, "git", "for-each-ref", "refs/heads/main", "refs/heads/elsewhere") == branches
    assert (git.root / "mine").read_text() == "mine\n"
