"""Results of several specs → what a spec after all of them starts on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import command_line
from mtor_action.order.joining import Clash, Joining
from mtor_action.repository.git import Git
from mtor_action.repository.revisions.joined_start import changed_files, join_commit, merge_text
from mtor_action.tree.changes import FileState

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

LINES = b"one\ntwo\nthree\nfour\nfive\n"
BASE: dict[str, FileState | None] = {"a": FileState(LINES), "gone": FileState(b"x\n"), "run": FileState(b"go\n")}
DIAMOND = [(), (0,), (0,), (1, 2)]

Files = dict[str, FileState | None]


def text(old: bytes, new: bytes) -> FileState:
    return FileState(LINES.replace(old, new))


@pytest.fixture
def git(tmp_path: Path) -> Git:
    return Git.open(command_line.repository(tmp_path / "repo", {"a": LINES, "gone": "x\n", "run": "go\n"}))


def joined(git: Git, results: Mapping[int, Files], *places: int) -> Mapping[str, FileState | None] | Clash:
    joining = Joining(DIAMOND, results, BASE.get, lambda *texts: merge_text(git, *texts))
    return joining.joined(places)


@pytest.mark.parametrize(
    ("left", "right", "merged"),
    [
        ({"b": FileState(b"b")}, {"c": FileState(b"c")}, {"b": FileState(b"b"), "c": FileState(b"c")}),
        ({"a": text(b"one", b"1")}, {"a": text(b"five", b"5")}, {"a": FileState(b"1\ntwo\nthree\nfour\n5\n")}),
        ({"gone": None}, {"gone": None}, {"gone": None}),
        ({"run": FileState(b"go\n", "100755")}, {"run": FileState(b"went\n")}, {"run": FileState(b"went\n", "100755")}),
        ({"new": FileState(b"same")}, {"new": FileState(b"same")}, {"new": FileState(b"same")}),
    ],
    ids=["apart", "other lines", "both removed", "mode and bytes", "the same file"],
)
def test_what_two_specs_change_apart_is_kept(git: Git, left: Files, right: Files, merged: Files) -> None:
    first: Files = {"z": FileState(b"first")}
    results = {0: first, 1: {**first, **left}, 2: {**first, **right}}
    assert joined(git, results, 1, 2) == {**first, **merged}
    assert joined(git, results, 2, 1) == {**first, **merged}


@pytest.mark.parametrize(
    ("left", "right", "path"),
    [
        ({"a": text(b"two", b"2")}, {"a": text(b"two", b"zwei")}, "a"),
        ({"a": text(b"two", b"2")}, {"a": None}, "a"),
        ({"new": FileState(b"1")}, {"new": FileState(b"2")}, "new"),
        ({"a": FileState(b"\0" + LINES)}, {"a": FileState(LINES + b"\0")}, "a"),
        ({"new": FileState(b"1")}, {"new/below": FileState(b"2")}, "new"),
        ({"New": FileState(b"1")}, {"new": FileState(b"1")}, "new"),
    ],
    ids=["one line", "removed", "two files", "binary", "file and folder", "letter case"],
)
def test_what_both_change_in_one_place_is_a_clash(git: Git, left: Files, right: Files, path: str) -> None:
    clash = joined(git, {0: {}, 1: left, 2: right}, 1, 2)
    assert isinstance(clash, Clash)
    assert path in clash.paths


def test_a_change_that_came_before_both_is_not_a_clash(git: Git) -> None:
    """The predecessor of both rewrote the file; only one of them went on with it."""
    first: Files = {"a": FileState(b"all new\n")}
    results: dict[int, Files] = {0: first, 1: {"a": FileState(b"newer\n")}, 2: {**first, "c": FileState(b"c")}}
    assert joined(git, results, 1, 2) == {"a": FileState(b"newer\n"), "c": FileState(b"c")}
    assert joined(git, results, 0, 1, 2) == joined(git, results, 2, 1)


def test_a_driver_or_attribute_of_the_repository_is_never_asked(git: Git) -> None:
    command_line.git(git.root, "config", "merge.evil.driver", f"touch {git.root}/ran")
    (git.git_dir / "info").mkdir(exist_ok=True)
    (git.git_dir / "info" / "attributes").write_text("* merge=evil\n")
    results: dict[int, Files] = {0: {}, 1: {"a": text(b"one", b"1")}, 2: {"a": text(b"five", b"5")}}
    assert joined(git, results, 1, 2) == {"a": FileState(b"1\ntwo\nthree\nfour\n5\n")}
    assert not (git.root / "ran").exists()


def test_the_commit_has_all_parents_and_exactly_those_files(git: Git) -> None:
    root = command_line.git(git.root, "rev-parse", "HEAD").strip()
    files: Files = {"gone": None, "run": FileState(b"go\n", "100755"), "new/ü": FileState(b"\r\n"), "a": FileState(b"")}
    commit = join_commit(git, root, [root], files, "join\n")
    assert changed_files(git, root, commit) == files
    assert command_line.git(git.root, "rev-list", "--parents", "-1", commit).split() == [commit, root]
    assert command_line.git(git.root, "status", "--porcelain") == ""
