from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from mtor_action.errors import GitError, RepositoryError
from mtor_action.repository.git import Git
from mtor_action.repository.head import resolve
from mtor_action.repository.revisions.base_tree import BaseTree, WorkingTree
from mtor_action.tree.changes import FileState
from mtor_action.tree.tree import DictTree, Entry

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mtor_action.tree.tree import Tree

HOSTILE = [
    "with space.txt",
    'quo"te.txt',
    "back\\slash.txt",
    "tab\tin.txt",
    "ünïcode/ë.txt",
    "🙂.txt",
    "-rf",
    "new\nline",
    "raw\udcff.bin",
    "src.txt",
    "src-x/y",
    "\uffff",
]


def _commit_all(git: Git, sh: Callable[..., str]) -> str:
    sh(git.root, "git", "add", "-A")
    sh(git.root, "git", "commit", "-qm", "more")
    return resolve(git, "HEAD")


def test_kinds_of_entries_are_told_apart(git: Git, tmp_path: Path, sh: Callable[..., str]) -> None:
    sh(tmp_path, "git", "clone", "-q", str(git.root), "lib")
    sh(git.root, "git", "submodule", "--quiet", "add", str(tmp_path / "lib"), "lib")
    commit = _commit_all(git, sh)
    trees: list[Tree] = [BaseTree(git, commit), WorkingTree(git)]
    for tree in trees:
        kinds = {path: getattr(tree.entry(path), "kind", None) for path in ("a.txt", "link", "lib", "src", "run.sh")}
        assert kinds == {"a.txt": "file", "link": "symlink", "lib": "submodule", "src": "directory", "run.sh": "file"}
        assert [getattr(tree.entry(path), "mode", None) for path in ("a.txt", "run.sh")] == ["100644", "100755"]
        assert [
            tree.entry(path) for path in ("sr", "src/", "src/b", "..", "", "a.txt/x", "link/x", "src/b.py/x", "zz")
        ] == [None] * 9
        assert list(tree.paths()) == [".gitignore", ".gitmodules", "a.txt", "lib", "link", "run.sh", "src/b.py"]
        for path in ("link", "src", "nothing"):
            with pytest.raises((LookupError, RepositoryError)):
                tree.read(path)


def test_hostile_names_are_found_and_read(git: Git, sh: Callable[..., str]) -> None:
    for name in HOSTILE:
        path = git.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{name!r}\n")
    with BaseTree(git, _commit_all(git, sh)) as tree:
        for reader in (tree, WorkingTree(git)):
            assert set(HOSTILE) <= set(reader.paths())
            for name in HOSTILE:
                assert reader.read(name) == f"{name!r}\n".encode()
        assert tree.entry("in.txt") is None


def test_every_blob_is_read_through_one_process(git: Git, sh: Callable[..., str]) -> None:
    contents = {f"f{n}": bytes([n % 256]) * (n * 1000) for n in range(50)}
    for name, content in contents.items():
        (git.root / name).write_bytes(content)
    with BaseTree(git, _commit_all(git, sh)) as tree:
        assert {name: tree.read(name) for name in contents} == contents
        first = tree._reader
        tree.read("a.txt")
        assert tree._reader is first
    assert tree._reader is None


def test_a_tree_stays_at_its_commit(git: Git, sh: Callable[..., str]) -> None:
    old = resolve(git, "HEAD")
    (git.root / "a.txt").write_text("changed\n")
    _commit_all(git, sh)
    with BaseTree(git, old) as tree:
        assert tree.read("a.txt") == b"a\n"


def test_a_missing_object_is_a_clear_error(git: Git) -> None:
    with BaseTree(git, resolve(git, "HEAD")) as tree:
        found = tree.entry("a.txt")
        assert found is not None
        (git.git_dir / "objects" / found.oid[:2] / found.oid[2:]).unlink()
        with pytest.raises(GitError, match="is missing"):
            tree.read("a.txt")


def test_crlf_is_read_as_stored_in_the_commit_and_as_on_disk_in_the_working_tree(
    git: Git, sh: Callable[..., str]
) -> None:
    sh(git.root, "git", "config", "core.autocrlf", "true")
    (git.root / "a.txt").unlink()
    sh(git.root, "git", "checkout", "-f", "main", "--", "a.txt")
    with BaseTree(git, resolve(git, "HEAD")) as tree:
        assert tree.read("a.txt") == b"a\n"
    assert WorkingTree(git).read("a.txt") == b"a\r\n"


def test_names_that_differ_in_case_are_two_files(git: Git, sh: Callable[..., str]) -> None:
    (git.root / "A.txt").write_text("A\n")
    if (git.root / "a.txt").read_text() == "A\n":
        pytest.skip("this file system folds names")
    with BaseTree(git, _commit_all(git, sh)) as tree:
        assert (tree.read("A.txt"), tree.read("a.txt")) == (b"A\n", b"a\n")


def test_the_working_tree_counts_untracked_files_and_not_deleted_ones(git: Git) -> None:
    (git.root / "untracked").touch()
    (git.root / "a.txt").unlink()
    tree = WorkingTree(git)
    assert tree.entry("untracked") == Entry("100644", "file")
    assert tree.entry("a.txt") is None
    assert list(tree.paths()) == [".gitignore", "link", "run.sh", "src/b.py"]


def test_a_tree_in_memory_behaves_alike() -> None:
    tree = DictTree({"src/b.py": FileState(b"b"), "src.txt": FileState(b"", "100755"), "a": FileState(b"a")})
    assert tree.entry("src") == Entry("040000", "directory")
    assert tree.entry("src.txt") == Entry("100755", "file")
    assert tree.entry("src/b") is None
    assert list(tree.paths()) == ["a", "src.txt", "src/b.py"]
    assert tree.read("a") == b"a"
    with pytest.raises(LookupError):
        tree.read("src")


@pytest.mark.soak
def test_a_hundred_thousand_files_are_looked_up_quickly(tmp_path: Path, sh: Callable[..., str]) -> None:
    sh(tmp_path, "git", "init", "-q", "big")
    git = Git.open(tmp_path / "big")
    blob = git.run("hash-object", "-w", "--stdin", stdin=b"x").decode().strip()
    names = [f"d{n % 300}/e{n % 7}/file{n}.py" for n in range(100_000)]
    git.run("update-index", "--index-info", stdin="".join(f"100644 {blob}\t{name}\n" for name in names).encode())
    tree_id = git.run("write-tree").decode().strip()
    with BaseTree(git, tree_id) as tree:
        began = time.process_time()
        assert tree.entry("nothing") is None
        for name in names[:1000]:
            assert tree.entry(name) is not None
            assert tree.entry(f"{name}x") is None
        assert tree.entry("d299/e3") is not None
        # Generous: a machine under load; a scan of the listing for each path would take many seconds.
        assert time.process_time() - began < 1.0
        assert tree.paths() == sorted(names)
