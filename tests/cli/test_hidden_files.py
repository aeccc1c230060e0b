"""Files that git hides, ignores or does not know are nobody's to write, on any way that writes."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

import pytest

from command_line import EDIT, branches, git, mtor, put, repository, spec, start, state, stop, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MINE = "def f():\n    return 1\n\nMINE = 'local'\n"
WRITE = "```python write=a.py\nx = 1\n```\n"
PATCH = "```diff patch\n--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,2 @@\n def f():\n-    return 1\n+    return 2\n```\n"
WRITERS: list[tuple[list[str], dict[str, Any]]] = [
    ([EDIT], {}),
    ([WRITE], {}),
    ([PATCH], {}),
    ([], {"delete": ["a.py"]}),
    ([], {"move": {"a.py": "b.py"}}),
    ([], {"move": {"lib.py": "a.py", "a.py": "lib.py"}}),
]
FLAGS = [("--skip-worktree",), ("--skip-worktree", "--assume-unchanged")]


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return repository(tmp_path / "repository")


def flags(root: Path) -> str:
    return git(root, "ls-files", "-v")


def hide(root: Path, path: str, text: str | None, how: tuple[str, ...] = ("--skip-worktree",)) -> None:
    for flag in how:
        git(root, "update-index", flag, path)
    if text is not None:
        put(root, {path: text})


@pytest.mark.parametrize("how", FLAGS, ids=["skip-worktree", "skip-worktree-and-assume-unchanged"])
@pytest.mark.parametrize(("blocks", "settings"), WRITERS, ids=["edit", "write", "patch", "delete", "move", "swap"])
@pytest.mark.parametrize("text", [MINE, None], ids=["changed", "as-committed"])
def test_a_file_that_git_skips_is_refused_by_name_before_anything_is_written(
    repo: Path, tmp_path: Path, how: tuple[str, ...], blocks: list[str], settings: dict[str, Any], text: str | None
) -> None:
    hide(repo, "a.py", text, how)
    before, index = state(repo), flags(repo)
    path = spec(tmp_path / "s.md", *blocks, test=["true"], **settings)
    for verb in ("run", "apply"):
        done = mtor(repo, verb, path)
        assert done.code in {2, 3}, done.out
        assert "a.py" in done.out + done.err
        assert (state(repo), flags(repo)) == (before, index)
    assert branches(repo) == []


def test_the_refusal_says_the_next_step(repo: Path, tmp_path: Path) -> None:
    hide(repo, "a.py", MINE)
    report = mtor(repo, "run", "--json", spec(tmp_path / "s.md", EDIT, test=["true"])).report
    assert report["reason"].endswith("(skip-worktree) would be written:\n  a.py")
    assert "update-index --no-skip-worktree" in report["next_step"]


@pytest.mark.parametrize("how", FLAGS, ids=["skip-worktree", "skip-worktree-and-assume-unchanged"])
@pytest.mark.parametrize("test", ["true", "false"], ids=["green", "red"])
def test_a_run_beside_a_skipped_file_leaves_it_alone(
    repo: Path, tmp_path: Path, how: tuple[str, ...], test: str
) -> None:
    hide(repo, "lib.py", "local = True\n", how)
    (repo / "lib.py").chmod(0o755)
    before, index = state(repo), flags(repo)
    done = mtor(repo, "run", spec(tmp_path / "s.md", EDIT, test=[test]))
    assert done.code == (0 if test == "true" else 1), done.out
    after = state(repo)
    assert (after.files, after.index, flags(repo)) == (before.files, before.index, index)


@pytest.mark.parametrize("test", ["echo evil > lib.py", "rm lib.py; false", "chmod 644 lib.py"])
def test_a_command_that_writes_over_a_skipped_file_is_undone_and_named(repo: Path, tmp_path: Path, test: str) -> None:
    hide(repo, "lib.py", "local = True\n")
    (repo / "lib.py").chmod(0o755)
    before, index = state(repo), flags(repo)
    done = mtor(repo, "run", "--json", spec(tmp_path / "s.md", EDIT, test=[test]))
    assert done.report["dirtied"] == ["lib.py"]
    after = state(repo)
    assert (after.files, after.index, flags(repo)) == (before.files, before.index, index)
    copies = {path.read_text() for path in (repo / ".git" / "mtor").rglob("lib.py*") if path.is_file()}
    assert copies == (set() if test.startswith("rm") else {"evil\n" if test.startswith("echo") else "local = True\n"})


def test_a_skipped_file_comes_back_when_the_run_is_killed(repo: Path, tmp_path: Path) -> None:
    hide(repo, "lib.py", "local = True\n")
    before = state(repo)
    test = f"echo evil > lib.py; touch {tmp_path / 'ready'}; exec sleep 100"
    process = start(repo, "run", spec(tmp_path / "s.md", EDIT, test=[test]))
    wait_until((tmp_path / "ready").exists)
    stop(process, signal.SIGKILL)
    assert mtor(repo, "run", "--abort").code == 0
    assert state(repo).files == before.files


def test_another_base_with_another_text_of_a_skipped_file_is_refused(repo: Path, tmp_path: Path) -> None:
    git(repo, "checkout", "-qb", "old")
    put(repo, {"lib.py": "x = 0\n"})
    git(repo, "commit", "-qam", "old")
    git(repo, "checkout", "-q", "main")
    hide(repo, "lib.py", None)
    before, index = state(repo), flags(repo)
    done = mtor(repo, "run", spec(tmp_path / "s.md", EDIT, test=["true"], base="old"))
    assert done.code == 3
    assert "lib.py" in done.out
    assert (state(repo), flags(repo)) == (before, index)


@pytest.mark.parametrize("cone", ["--cone", "--no-cone"])
def test_what_a_sparse_checkout_leaves_out_can_be_edited_and_stays_out(repo: Path, tmp_path: Path, cone: str) -> None:
    git(repo, "sparse-checkout", "set", cone, *([] if cone == "--cone" else ["/*", "!/sub/"]))
    assert not (repo / "sub").exists()
    before, index = state(repo), flags(repo)
    edit = "```text edit=sub/deep.txt\n<<<<<<< SEARCH\ndeep\n=======\ndeeper\n>>>>>>> REPLACE\n```\n"
    done = mtor(repo, "run", spec(tmp_path / "s.md", edit, test=["grep -q deeper sub/deep.txt"]))
    assert done.code == 0, done.out
    assert git(repo, "show", "mtor/return-two:sub/deep.txt") == "deeper\n"
    after = state(repo)
    assert (after.files, after.index, flags(repo)) == (before.files, before.index, index)


def test_a_skipped_file_inside_a_sparse_checkout_is_seen_as_changed(repo: Path, tmp_path: Path) -> None:
    git(repo, "sparse-checkout", "set", "--no-cone", "/*", "!/sub/")
    hide(repo, "a.py", MINE)
    before = state(repo)
    assert mtor(repo, "run", spec(tmp_path / "s.md", EDIT, test=["true"])).code == 3
    assert state(repo) == before


def test_files_out_of_the_way_of_a_sparse_checkout_on_purpose_are_refused(repo: Path, tmp_path: Path) -> None:
    git(repo, "sparse-checkout", "set", "--no-cone", "/*", "!/sub/")
    git(repo, "config", "sparse.expectFilesOutsideOfPatterns", "true")
    put(repo, {"sub/deep.txt": "mine\n"})
    before = state(repo)
    done = mtor(repo, "run", spec(tmp_path / "s.md", test=["true"], delete=["sub/deep.txt"]))
    assert (done.code, state(repo)) == (3, before)


def test_a_file_believed_unchanged_comes_back_byte_for_byte(repo: Path, tmp_path: Path) -> None:
    git(repo, "update-index", "--assume-unchanged", "a.py")
    before, index = state(repo), flags(repo)
    for test in ("true", "false"):
        mtor(repo, "run", spec(tmp_path / "s.md", EDIT, test=[test]))
        after = state(repo)
        assert (after.files, after.index, flags(repo)) == (before.files, before.index, index)


def test_an_executable_bit_that_git_was_told_not_to_see_is_a_change(repo: Path, tmp_path: Path) -> None:
    git(repo, "update-index", "--assume-unchanged", "a.py")
    (repo / "a.py").chmod(0o755)
    before = state(repo)
    assert mtor(repo, "run", spec(tmp_path / "s.md", EDIT, test=["true"])).code == 3
    assert state(repo) == before


def test_apply_writes_nothing_that_git_would_not_show(repo: Path, tmp_path: Path) -> None:
    git(repo, "update-index", "--assume-unchanged", "a.py")
    before = state(repo)
    done = mtor(repo, "apply", spec(tmp_path / "s.md", EDIT))
    assert done.code == 3
    assert "--no-assume-unchanged" in done.err
    assert state(repo) == before
    git(repo, "config", "core.ignoreStat", "true")  # there all files are so
    assert mtor(repo, "apply", spec(tmp_path / "s.md", EDIT)).code == 0


def test_a_file_that_is_only_meant_to_be_added_is_a_change(repo: Path, tmp_path: Path) -> None:
    put(repo, {"soon.py": "mine\n"})
    git(repo, "add", "-N", "soon.py")
    before = state(repo)
    create = "```python create=soon.py\nhis\n```\n"
    for verb in ("run", "apply"):
        assert mtor(repo, verb, spec(tmp_path / "s.md", create, test=["true"])).code in {2, 3}
        assert state(repo) == before


def _folder(root: Path) -> None:
    put(root, {"there/mine.txt": "mine\n"})


def _ignored_folder(root: Path) -> None:
    put(root, {"there/x.ignored": "mine\n"})


def _empty_folder(root: Path) -> None:
    (root / "there").mkdir()


def _nested(root: Path) -> None:
    repository(root / "there", {"x.py": "mine\n"})


def _link(root: Path) -> None:
    (root / "there").symlink_to(root.parent)


@pytest.mark.parametrize("obstacle", [_folder, _ignored_folder, _empty_folder, _nested, _link])
def test_a_folder_that_git_does_not_know_is_never_replaced(
    repo: Path, tmp_path: Path, obstacle: Callable[[Path], None]
) -> None:
    obstacle(repo)
    before = state(repo)
    for verb in ("run", "apply"):
        done = mtor(repo, verb, spec(tmp_path / "s.md", "```create=there\nhis\n```\n", test=["true"]))
        assert done.code in {2, 3}
        assert state(repo) == before


@pytest.mark.parametrize("obstacle", [_nested, _link])
def test_nothing_is_written_into_a_repository_inside_this_one_or_through_a_link(
    repo: Path, tmp_path: Path, obstacle: Callable[[Path], None]
) -> None:
    obstacle(repo)
    before = state(repo)
    for verb in ("run", "apply"):
        done = mtor(repo, verb, spec(tmp_path / "s.md", "```create=there/new.txt\nhis\n```\n", test=["true"]))
        assert done.code in {2, 3}
        assert state(repo) == before


def test_an_ignored_file_in_the_way_of_a_folder_stays(repo: Path, tmp_path: Path) -> None:
    put(repo, {"logs.ignored": "mine\n"})
    before = state(repo)
    for verb in ("run", "apply"):
        done = mtor(repo, verb, spec(tmp_path / "s.md", "```create=logs.ignored/x.txt\nhis\n```\n", test=["true"]))
        assert done.code in {2, 3}
        assert state(repo) == before


def test_a_killed_run_gives_back_an_edit_made_after_it_in_a_file_believed_unchanged(repo: Path, tmp_path: Path) -> None:
    git(repo, "update-index", "--assume-unchanged", "a.py")
    hide(repo, "lib.py", "local = True\n")
    index = flags(repo)
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    process = start(repo, "run", spec(tmp_path / "s.md", EDIT, test=[f"echo running > {fifo}; cat {fifo}"]))
    assert fifo.read_text() == "running\n"
    process.kill()
    process.communicate()
    put(repo, {"a.py": "edited after the kill\n"})
    assert mtor(repo, "run", "--abort").code == 0
    assert (repo / "a.py").read_text() == "def f():\n    return 1\n"
    assert (repo / "lib.py").read_text() == "local = True\n"
    assert flags(repo) == index
    copies = [path for path in (repo / ".git" / "mtor").rglob("a.py*") if path.is_file()]
    assert [path.read_text() for path in copies] == ["edited after the kill\n"]
