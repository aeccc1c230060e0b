from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from mtor_action.errors import RepositoryError
from mtor_action.repository.worktree import read_back, write
from mtor_action.tree.changes import Change, FileState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Snapshot = Callable[[Path], dict[str, tuple[int, bytes]]]


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _create(path: str, content: bytes = b"new\n") -> Change:
    return Change(path, None, FileState(content))


def _delete(path: str) -> Change:
    return Change(path, FileState(b""), None)


def test_files_are_created_replaced_and_removed_with_their_modes(repo: Path) -> None:
    changes = [
        _create("deep/er/new.txt", b"\r\nno newline"),
        Change("tool", None, FileState(b"#!/bin/sh\n", "100755")),
        Change("run.sh", FileState(b"#!/bin/sh\n", "100755"), FileState(b"#!/bin/sh\n", "100644")),
        Change("a.txt", FileState(b"a\n"), FileState(b"", "100755")),
        _delete("src/b.py"),
    ]
    write(repo, changes)
    expected = {change.path: change.after for change in changes}
    assert read_back(repo, expected) == expected
    assert not (repo / "src").exists()


def test_a_folder_that_keeps_somebodys_file_stays(repo: Path) -> None:
    (repo / "src" / "cache.ignored").touch()
    write(repo, [_delete("src/b.py")])
    assert _names(repo / "src") == ["cache.ignored"]


def test_a_file_becomes_a_folder_and_a_folder_a_file(repo: Path) -> None:
    write(repo, [_delete("a.txt"), _create("a.txt/x"), _delete("src/b.py"), _create("src")])
    assert (repo / "a.txt" / "x").read_bytes() == b"new\n"
    assert (repo / "src").read_bytes() == b"new\n"


def test_a_name_changes_in_case_only(repo: Path) -> None:
    write(repo, [Change("a.txt", FileState(b"a\n"), None), _create("A.txt", b"a\n")])
    assert "A.txt" in _names(repo)
    assert "a.txt" not in _names(repo)


def test_hostile_names_are_written_as_they_are(repo: Path) -> None:
    names = ["with space", "quo\"te'", "back\\slash", "-rf", "ünï/🙂", "$(touch x)", "raw\udcff", "a" * 255]
    write(repo, [_create(name, name.encode("utf-8", "surrogateescape")) for name in names])
    found = read_back(repo, names)
    assert {name: state.content for name, state in found.items() if state} == {
        name: name.encode("utf-8", "surrogateescape") for name in names
    }


def test_every_file_in_the_way_is_named_and_nothing_is_written(repo: Path, snapshot: Snapshot) -> None:
    (repo / "mine").write_text("mine\n")
    (repo / "mine.ignored").write_text("mine\n")
    (repo / "folder").mkdir()
    (repo / "dangling").symlink_to("nowhere")
    before = snapshot(repo)
    names = ["mine", "mine.ignored", "folder", "dangling", "mine/below", "a.txt/below"]
    with pytest.raises(RepositoryError) as caught:
        write(repo, [_create("first"), _delete("src/b.py"), *map(_create, names)])
    assert snapshot(repo) == before
    for name in ("mine", "mine.ignored", "folder", "dangling", "a.txt"):
        assert f"\n  {name}" in caught.value.message


def test_a_folder_with_a_strangers_file_does_not_become_a_file(repo: Path, snapshot: Snapshot) -> None:
    (repo / "src" / "stranger").touch()
    before = snapshot(repo)
    with pytest.raises(RepositoryError, match="src"):
        write(repo, [_delete("src/b.py"), _create("src")])
    assert snapshot(repo) == before


@pytest.mark.parametrize("path", ["out/x", "src/out/x", "src/out/deep/x"])
def test_a_planted_symlink_is_refused_before_anything_is_written(
    repo: Path, tmp_path: Path, snapshot: Snapshot, path: str
) -> None:
    outside = tmp_path / "outside"
    (outside / "deep").mkdir(parents=True)
    (repo / path.partition("out")[0] / "out").symlink_to(outside)
    before = snapshot(repo)
    for change in (_create(path), _delete(path), Change(path, FileState(b""), FileState(b"x"))):
        with pytest.raises(RepositoryError, match="symlink"):
            write(repo, [_create("aaa"), change, _create("zzz")])
    with pytest.raises(RepositoryError, match="symlink"):
        read_back(repo, [path])
    assert snapshot(repo) == before
    assert _names(outside) == ["deep"]
    assert _names(outside / "deep") == []


def test_a_link_is_neither_followed_nor_replaced(repo: Path) -> None:
    for change in (Change("link", FileState(b"a\n"), FileState(b"b\n")), _delete("link")):
        with pytest.raises(RepositoryError, match="not a regular file"):
            write(repo, [change])
    assert (repo / "a.txt").read_text() == "a\n"


def test_a_planted_pipe_does_not_block(repo: Path) -> None:
    os.mkfifo(repo / "pipe")
    with pytest.raises(RepositoryError, match="not a regular file"):
        read_back(repo, ["pipe"])
    with pytest.raises(RepositoryError, match="not a regular file"):
        write(repo, [Change("pipe", FileState(b""), FileState(b"x"))])


@pytest.mark.parametrize(
    "path", ["/etc/x", "../x", "a/../../x", "./x", "a//b", "", ".git/config", ".GIT/x", "s/.git/x"]
)
def test_paths_out_of_the_tree_or_into_git_are_refused(repo: Path, path: str) -> None:
    with pytest.raises(RepositoryError):
        write(repo, [_create("first"), _create(path)])
    with pytest.raises(RepositoryError):
        read_back(repo, [path])
    assert not (repo / "first").exists()


def test_a_nested_repository_is_not_written_into(repo: Path, sh: Callable[..., str]) -> None:
    sh(repo, "git", "init", "-q", "nested")
    with pytest.raises(RepositoryError, match="nested at nested"):
        write(repo, [_create("nested/x")])


def test_a_file_changed_since_it_was_read_is_refused_on_request(repo: Path) -> None:
    changes = [Change("a.txt", FileState(b"older\n"), FileState(b"b\n")), _create("x")]
    with pytest.raises(RepositoryError, match=r"changed since they were read:\n  a.txt"):
        write(repo, changes, verify=True)
    assert not (repo / "x").exists()
    write(repo, changes)
    assert (repo / "a.txt").read_bytes() == b"b\n"


def test_a_hard_link_elsewhere_keeps_its_bytes(repo: Path, tmp_path: Path) -> None:
    os.link(repo / "a.txt", tmp_path / "twin")
    write(repo, [Change("a.txt", FileState(b"a\n"), FileState(b"b\n"))])
    assert (tmp_path / "twin").read_text() == "a\n"


def test_a_thousand_files_of_ten_megabytes_are_quick(repo: Path) -> None:
    changes = [_create(f"d{n % 40}/e{n % 7}/f{n}", b"x" * 10_000) for n in range(1000)]
    began = time.process_time()
    write(repo, changes)
    assert time.process_time() - began < 1.0
    assert len(list(repo.glob("d*/e*/f*"))) == 1000


_LIMITED = """
import resource, signal, sys
from pathlib import Path
from mtor_action.errors import RepositoryError
from mtor_action.tree.changes import Change, FileState
from mtor_action.repository.worktree import write
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write(Path(sys.argv[1]), [Change(n, None, FileState(b"x" * 5000)) for n in ("one", "two")])
except RepositoryError as e:
    print(e.message)
"""


def test_a_file_that_cannot_be_written_whole_is_an_error(repo: Path) -> None:
    done = subprocess.run([sys.executable, "-c", _LIMITED, str(repo)], capture_output=True, text=True, check=True)
    assert done.stdout == "cannot write one: File too large\n"
    assert not (repo / "two").exists()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "none", folder], capture_output=True, check=False
    ).returncode:
        pytest.skip("mounting is not permitted")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_is_an_error(small_disk: Path) -> None:
    with pytest.raises(RepositoryError, match="No space left on device"):
        write(small_disk, [_create(f"f{n}", b"x" * 300_000) for n in range(5)])
