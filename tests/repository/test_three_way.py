"""The three-way merge is git's own, and the same in a checkout, in a bare clone and beside hostile settings."""

from __future__ import annotations

import random
import subprocess
from typing import TYPE_CHECKING

import pytest

import command_line
from mtor_action.errors import RepositoryError
from mtor_action.repository.git import Git
from mtor_action.repository.revisions.three_way import ThreeWay, renamed_between
from mtor_action.tree.changes import Change, FileState

if TYPE_CHECKING:
    from pathlib import Path

    from mtor_action.repository.revisions.three_way import ThreeWayMerge

LINES = [f"line {number}" for number in range(40)]


def text(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def mutated(lines: list[str], chance: random.Random, mark: str) -> list[str]:
    """Some lines changed, removed and added, a few places only."""
    result = list(lines)
    for number in range(chance.randint(1, 3)):
        at = chance.randrange(len(result))
        kind = chance.choice(("change", "remove", "add"))
        if kind == "change":
            result[at] = f"{mark} {number}"
        elif kind == "remove":
            del result[at]
        else:
            result.insert(at, f"{mark} {number}")
    return result


def history(root: Path, ours: bytes, rename: str = "a.txt") -> tuple[str, str]:
    """A commit with LINES in a.txt, and the next with `ours` under another name."""
    command_line.repository(root, {"a.txt": text(LINES), "b.txt": "b\n"})
    old = command_line.git(root, "rev-parse", "HEAD").strip()
    if rename != "a.txt":
        command_line.git(root, "mv", "a.txt", rename)
    command_line.put(root, {rename: ours})
    command_line.git(root, "commit", "-qam", "ours")
    return old, command_line.git(root, "rev-parse", "HEAD").strip()


def merge(git: Git, old: str, new: str, theirs: bytes, attributes: dict[str, bytes] | None = None) -> ThreeWayMerge:
    change = Change("a.txt", FileState(text(LINES)), FileState(theirs))
    with ThreeWay(git, attributes or {}) as three_way:
        return three_way.merge(old, [change], new)


@pytest.mark.parametrize("seed", range(24))
def test_it_is_what_git_merge_makes_of_two_branches(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    root, ours, theirs = tmp_path / "r", mutated(LINES, chance, "ours"), mutated(LINES, chance, "theirs")
    old, new = history(root, text(ours), chance.choice(("a.txt", "moved.txt")))
    result = merge(Git.open(root), old, new, text(theirs))
    command_line.git(root, "checkout", "-q", "-b", "theirs", old)
    command_line.put(root, {"a.txt": text(theirs)})
    command_line.git(root, "commit", "-qam", "theirs")
    command_line.git(root, "checkout", "-q", "main")
    options = ("-c", "merge.directoryRenames=false", "merge", "-q", "--no-edit", "theirs")
    done = subprocess.run(["git", *options], cwd=root, env=command_line.environment(), capture_output=True, check=False)
    assert bool(result.conflicts) == (done.returncode != 0)
    if not result.conflicts:
        names = command_line.git(root, "diff", "--name-only", new, "HEAD").split()
        assert [change.path for change in result.changes] == names
        for change in result.changes:
            assert change.after is not None
            assert change.after.content == (root / change.path).read_bytes()


def test_a_bare_clone_without_history_gives_the_same(tmp_path: Path) -> None:
    root, bare = tmp_path / "r", tmp_path / "bare"
    old, new = history(root, text([*LINES[:30], "ours", *LINES[31:]]))
    theirs = text([*LINES[:30], "theirs", *LINES[31:]])
    command_line.git(tmp_path, "init", "-q", "--bare", str(bare))
    for commit in (old, new):
        command_line.git(bare, "fetch", "-q", "--depth=1", f"file://{root}", commit)
    attributes = {".gitattributes": b"a.txt merge=union\n"}
    results = [merge(git, old, new, theirs, attributes) for git in (Git.open(root), Git(bare, bare))]
    assert results[0] == results[1]
    assert results[0].conflicts == ()
    assert b"ours\ntheirs\n" in (results[0].changes[0].after or FileState(b"")).content


def test_of_a_file_with_a_conflict_the_rest_is_merged_and_the_lines_there_stay(tmp_path: Path) -> None:
    old, new = history(tmp_path / "r", text([*LINES[:5], "ours 5", *LINES[6:]]))
    result = merge(Git.open(tmp_path / "r"), old, new, text([*LINES[:5], "theirs 5", *LINES[6:30], "new", *LINES[30:]]))
    ((conflict, region),) = [(conflict, region) for conflict in result.conflicts for region in conflict.regions]
    assert (conflict.path, region.line) == ("a.txt", 6)
    assert (region.before, region.there, region.change) == ((b"line 5",), (b"ours 5",), (b"theirs 5",))
    (change,) = result.changes
    assert change.after == FileState(text([*LINES[:5], "ours 5", *LINES[6:30], "new", *LINES[30:]]))


def test_a_file_with_lines_like_markers_is_not_taken_apart(tmp_path: Path) -> None:
    old, new = history(tmp_path / "r", text([*LINES[:5], "<" * 40, *LINES[6:]]))
    result = merge(Git.open(tmp_path / "r"), old, new, text([*LINES[:5], "theirs", *LINES[6:]]))
    assert [conflict.regions for conflict in result.conflicts] == [()]
    assert result.changes == ()


def test_nothing_is_left_in_the_repository(tmp_path: Path) -> None:
    root = tmp_path / "r"
    old, new = history(root, text([*LINES[:5], "ours", *LINES[6:]]))
    before = command_line.git(root, "count-objects", "-v"), command_line.state(root)
    assert merge(Git.open(root), old, new, text([*LINES, "more"])).conflicts == ()
    assert (command_line.git(root, "count-objects", "-v"), command_line.state(root)) == before


def test_settings_of_the_caller_and_of_the_repository_do_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "r"
    old, new = history(root, text([*LINES[:5], "ours", *LINES[6:]]), "moved.txt")
    for name, value in (("merge.renames", "false"), ("diff.renames", "false"), ("merge.ff", "only")):
        command_line.git(root, "config", name, value)
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "merge.renames")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "false")
    result = merge(Git.open(root), old, new, text([*LINES, "more"]))
    assert [change.path for change in result.changes] == ["moved.txt"]
    assert renamed_between(Git.open(root), old, new) == {"moved.txt": "a.txt"}


def test_a_path_out_of_the_tree_is_refused(tmp_path: Path) -> None:
    old, new = history(tmp_path / "r", text(LINES[:-1]))
    with pytest.raises(RepositoryError):
        ThreeWay(Git.open(tmp_path / "r"), {"../.gitattributes": b""})
    with ThreeWay(Git.open(tmp_path / "r"), {}) as three_way, pytest.raises(RepositoryError):
        three_way.merge(old, [Change(".git/config", None, FileState(b""))], new)
