"""`mtor spec --from-diff A..B`, and what it refuses by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from command_line import git, mtor, put, state

if TYPE_CHECKING:
    from pathlib import Path


def _commit(repo: Path, title: str = "second: change") -> None:
    git(repo, "add", "-A", "--", ".", ":!untracked")
    git(repo, "commit", "-qm", title)


def test_the_spec_of_a_commit_makes_it_again(repo: Path, tmp_path: Path) -> None:
    put(repo, {"a.py": "def f():\n    return 2\n", "new/ünï file.md": "```python\n# ...\n```\nno newline"})
    (repo / "old.txt").unlink()
    git(repo, "mv", "lib.py", "renamed.py")
    _commit(repo)
    done = mtor(repo, "spec", "--from-diff", "HEAD~1..HEAD")
    assert (done.code, done.err) == (0, "")
    (tmp_path / "s.md").write_text(done.out)
    wanted = git(repo, "rev-parse", "HEAD^{tree}")
    git(repo, "reset", "-q", "--hard", "HEAD~1")
    assert mtor(repo, "apply", str(tmp_path / "s.md")).code == 0
    _commit(repo)
    assert git(repo, "rev-parse", "HEAD^{tree}") == wanted


def test_an_empty_side_means_head(repo: Path) -> None:
    put(repo, {"a.py": "def f():\n    return 2\n"})
    _commit(repo)
    whole = mtor(repo, "spec", "--from-diff", "HEAD~1..HEAD")
    assert whole.code in {0, 3}
    git(repo, "tag", "first", "HEAD~1")
    assert mtor(repo, "spec", "--from-diff", "first..").out == mtor(repo, "spec", "--from-diff", "first..main").out


def test_json_has_the_spec_and_its_commits(repo: Path) -> None:
    put(repo, {"a.py": "def f():\n    return 2\n"})
    _commit(repo)
    git(repo, "tag", "first", "HEAD~1")
    report = mtor(repo, "spec", "--json", "--from-diff", "first..main").report
    assert (report["base"], report["head"]) == tuple(git(repo, "rev-parse", "first", "main").split())
    assert "a.py" in report["spec"]
    assert report["left_out"] == []


def _binary(repo: Path) -> None:
    put(repo, {"photo.png": b"\x89PNG\r\n\0\0"})


def _symlink(repo: Path) -> None:
    (repo / "link").symlink_to("a.py")


def _submodule(repo: Path) -> None:
    head = git(repo, "rev-parse", "HEAD").strip()
    git(repo, "update-index", "--add", "--cacheinfo", f"160000,{head},module")


def _mixed(repo: Path) -> None:
    put(repo, {"mixed.txt": b"a\r\nb\nc\r\n"})


def _workflow(repo: Path) -> None:
    put(repo, {".github/workflows/ci.yml": "on: push\n"})


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (_binary, "photo.png"),
        (_symlink, "link"),
        (_submodule, "module"),
        (_mixed, "mixed.txt"),
        (_workflow, ".github/workflows/ci.yml"),
    ],
)
def test_what_no_spec_can_say_is_refused_by_name(repo: Path, make: object, name: str) -> None:
    assert callable(make)
    git(repo, "tag", "first")
    make(repo)
    if make is _submodule:
        git(repo, "commit", "-qm", "second")
    else:
        _commit(repo)
    before = state(repo)
    done = mtor(repo, "spec", "--from-diff", "first..main")
    assert (done.code, done.out) == (3, "")
    assert f"{name}: " in done.err
    assert "Traceback" not in done.err
    assert state(repo) == before


def test_a_commit_that_does_not_exist_is_named(repo: Path) -> None:
    done = mtor(repo, "spec", "--from-diff", "nowhere..HEAD")
    assert (done.code, done.out) == (3, "")
    assert "'nowhere'" in done.err


@pytest.mark.parametrize("wrong", ["main...HEAD", "", "..."])
def test_a_range_of_another_form_is_a_usage_error(repo: Path, wrong: str) -> None:
    done = mtor(repo, "spec", "--from-diff", wrong)
    assert (done.code, done.out) == (64, "")
    assert "expected A..B" in done.err


def test_a_spec_with_a_title_and_tests_passes_check_and_names_what_it_leaves_out(repo: Path, tmp_path: Path) -> None:
    put(repo, {"a.py": "def f():\n    return 2\n", "photo.png": b"\x89PNG\0"})
    _commit(repo)
    options = ("--title", "Return two", "--test", "true", "--test", "echo 'a: b'")
    done = mtor(repo, "spec", "--from-diff", "HEAD~1..HEAD", *options)

    assert done.code == 0
    assert "left out: photo.png: a binary file" in done.err
    assert "photo.png: a binary file" in done.out
    (tmp_path / "s.md").write_text(done.out)
    git(repo, "reset", "-q", "--hard", "HEAD~1")
    report = mtor(repo, "run", str(tmp_path / "s.md"), "--json").report
    assert (report["outcome"], report["spec"]["title"]) == ("clean", "Return two")
    assert [command["command"] for command in report["commands"]] == ["true", "echo 'a: b'"]


def test_one_commit_alone_is_compared_with_the_working_tree(repo: Path, tmp_path: Path) -> None:
    (repo / ".gitignore").write_text("ignored.txt\n")
    _commit(repo)
    put(repo, {"a.py": "def f():\n    return 3\n", "new file.txt": "new\n", "ignored.txt": "x\n", "staged.txt": "s\n"})
    git(repo, "add", "staged.txt")
    (repo / "lib.py").chmod(0o755)
    (repo / "old.txt").unlink()
    (repo / "untracked").unlink(missing_ok=True)
    before = state(repo)
    done = mtor(repo, "spec", "--from-diff", "HEAD", "--json")
    assert (done.code, done.report["head"], done.report["base"]) == (0, None, git(repo, "rev-parse", "HEAD").strip())
    assert state(repo) == before
    (tmp_path / "s.md").write_text(done.report["spec"])
    git(repo, "add", "-A")
    wanted = git(repo, "write-tree")
    git(repo, "reset", "-q", "--hard", "HEAD")
    git(repo, "clean", "-qfd")
    assert mtor(repo, "apply", str(tmp_path / "s.md")).code == 0
    git(repo, "add", "-A")
    assert git(repo, "write-tree") == wanted
    assert mtor(repo, "spec", "--from-diff", "HEAD~1..HEAD").code == 0


def test_a_working_tree_that_differs_in_nothing_has_no_spec(repo: Path) -> None:
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "--allow-empty", "-m", "all")
    done = mtor(repo, "spec", "--from-diff", "HEAD")
    assert (done.code, done.out) == (3, "")
    assert "nothing differs" in done.err
