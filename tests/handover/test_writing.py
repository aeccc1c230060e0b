"""What is handed over is what was tested, apart from the spec, whole or not at all."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING

import pytest

import command_line
from mtor_action.errors import GitError
from mtor_action.github.texts.pins import Pin
from mtor_action.handover.handover import Handover
from mtor_action.handover.reading import read_handover
from mtor_action.handover.writing import beyond_the_spec, write_handover
from mtor_action.manifest.manifest import parse_spec
from mtor_action.manifest.text import Part
from mtor_action.report.report import Outcome, Report
from mtor_action.repository.git import Git
from mtor_action.repository.revisions.commit import BranchTarget, commit
from mtor_action.tree.changes import Change, FileState

if TYPE_CHECKING:
    from pathlib import Path

    from mtor_action.manifest.manifest import Spec

_SPEC = f"{command_line.EDIT}\n```text create=new mode=755\nnew\n```\n```yaml mtor\ndelete: [old.txt]\ntest: []\n```\n"
_PLAN = (
    Change("a.py", None, FileState(b"def f():\n    return 2\n")),
    Change("new", None, FileState(b"new\n", "100755")),
    Change("old.txt", None, None),
)
_PINS = (Pin("issue", 12, "a" * 64), Pin("file", 0, "b" * 64, "s.md", "c" * 40))


@pytest.fixture
def git(tmp_path: Path) -> Git:
    return Git.open(command_line.repository(tmp_path / "repo"))


def _spec(text: str = _SPEC) -> Spec:
    return parse_spec([Part("#12", text.encode())], "Title")


def _committed(git: Git, *changes: Change) -> tuple[str, str]:
    """Base and head of a commit that makes these changes."""
    base = git.run("rev-parse", "HEAD").decode().strip()
    return base, commit(git, base=base, target=BranchTarget("mtor/x", None), changes=changes, message="x")


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _nobody(_: Path) -> None:
    """For whom it is written is another test's matter."""


@pytest.mark.parametrize(
    ("beyond", "handed"),
    [
        ((), ()),
        ((Change("a.py", None, FileState(b"other\n")),), (("a.py", FileState(b"other\n")),)),
        ((Change("new", None, FileState(b"new\n", "100644")),), (("new", FileState(b"new\n", "100644")),)),
        ((Change("new", None, None),), (("new", None),)),
        ((Change("lib.py", None, None),), (("lib.py", None),)),
        ((Change("old.txt", None, FileState(b"old\n")),), (("old.txt", FileState(b"old\n")),)),
        ((Change("sub/ü 😀", None, FileState(b"\0\xff")),), (("sub/ü 😀", FileState(b"\0\xff")),)),
    ],
)
def test_the_implementers_part_is_what_the_spec_does_not_give(
    git: Git, beyond: tuple[Change, ...], handed: tuple[tuple[str, FileState | None], ...]
) -> None:
    changes = {change.path: change for change in (*_PLAN, *beyond)}
    kept = [each for each in changes.values() if each.path != "old.txt" or each.after is None]
    base, head = _committed(git, *kept)
    assert beyond_the_spec(git, _spec(), base, head) == handed


def test_an_edit_that_found_no_place_is_the_implementers(git: Git) -> None:
    spec = _spec(command_line.EDIT.replace("return 1", "return 7"))
    base, head = _committed(git, _PLAN[0])
    assert beyond_the_spec(git, spec, base, head) == (("a.py", _PLAN[0].after),)


def test_what_is_written_is_what_is_read(git: Git, tmp_path: Path) -> None:
    base, head = _committed(git, *_PLAN, Change("bin", None, FileState(bytes(range(256)))))
    report = Report("J", Outcome.FIXED, base=base, head=head)
    handover = Handover("J", 12, base, _PINS, (("bin", FileState(bytes(range(256)), "100755")), ("gone", None)))
    folder = tmp_path / "handover"
    write_handover(git, report, handover, folder, _nobody)
    assert read_handover(folder).handover == handover
    assert read_handover(folder).report == report
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    again = command_line.repository(tmp_path / "other")
    command_line.git(again, "apply", "--index", str(folder / "changes.patch"))
    assert command_line.git(again, "write-tree") == command_line.git(git.root, "rev-parse", f"{head}^{{tree}}")


def test_without_changes_there_is_no_patch(git: Git, tmp_path: Path) -> None:
    for repository in (git, None):
        write_handover(repository, Report("J", Outcome.ERROR), Handover("", 12, "", ()), tmp_path / "h", _nobody)
        assert read_handover(tmp_path / "h").handover.pins == ()
        assert not (tmp_path / "h" / "changes.patch").exists()


@pytest.mark.parametrize("planted", ["folder", "file", "link"])
def test_what_is_in_its_place_is_replaced(git: Git, tmp_path: Path, planted: str) -> None:
    folder, elsewhere = tmp_path / "handover", tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept").touch()
    if planted == "folder":
        (folder / "report.json" / "x").mkdir(parents=True)
    elif planted == "file":
        folder.write_text("{}")
    else:
        folder.symlink_to(elsewhere)
    write_handover(git, Report("J", Outcome.EMPTY), Handover("", 12, "", ()), folder, _nobody)
    assert _names(folder) == ["handover.json", "report.html", "report.json", "report.md"]
    assert not folder.is_symlink()
    assert _names(elsewhere) == ["kept"]


def test_a_failure_half_way_leaves_nothing(git: Git, tmp_path: Path) -> None:
    report = Report("J", Outcome.CLEAN, base="0" * 40, head="1" * 40)
    with pytest.raises(GitError):
        write_handover(git, report, Handover("", 12, "0" * 40, ()), tmp_path / "handover", _nobody)
    assert _names(tmp_path) == ["repo"]


def test_nothing_is_in_its_place_before_all_of_it_is_somebodys(git: Git, tmp_path: Path) -> None:
    seen: list[list[str]] = []

    def give(made: Path) -> None:
        seen.append([*_names(tmp_path / "handover"), *_names(made)])

    (tmp_path / "handover").mkdir()
    write_handover(git, Report("J", Outcome.EMPTY), Handover("", 12, "", ()), tmp_path / "handover", give)
    assert seen == [["handover.json", "report.html", "report.json", "report.md"]]
    assert json.loads((tmp_path / "handover/handover.json").read_text())["schema"] == 1
