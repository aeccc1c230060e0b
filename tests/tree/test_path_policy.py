"""Which names a spec, an implementer and publish may give to files."""

from __future__ import annotations

import pytest

from mtor_action.manifest.manifest import parse_spec
from mtor_action.manifest.text import Part
from mtor_action.plan.plan import make_plan
from mtor_action.tree.overlay import Overlay
from mtor_action.tree.path_policy import alike, path_fault
from mtor_action.tree.tree import DictTree
from planning import after, edit, files, rules, settings, state, whole

NEW_ONLY = [
    "a.py.", "a.py ", "dir./a.py", "dir /a.py", "a.py\u00a0", "\u00a0a.py", "a\ufe0f.py", "a\u2800.py",
    "a\u3000.py", "a\u2003b.py",
    "a\U000e0101.py", "a\u180f.py", "CON", "aux", "NUL", "src/con.txt", "COM1.py", "com9", "LPT\u00b9",
    "lpt3.tar.gz", "nul .txt",
    "CONIN$", "C:/x", "c:x", "a:b", "src/a.py:x", "PROGRA~1/a.py", "src/LONGNA~2.PY", "a\U0001d173.py", "a\ufff0b",
]  # fmt: skip
ALWAYS = [
    ".git/config", "GIT~1/config", "git~2/x", "sub/git~1/x", "GI7EB0~1/x", ".GIT /x", ".github/workflows/x.yml",
    "GITHUB~1/workflows/x.yml", "github~2/Actions/x.yml", ".github/WORKFL~1/x.yml", "GITHUB~1/WORKFL~1/x.yml",
    ".github/WOA1B2~1/x",
    ".github/MTOR-X~1.YML", "GI0A1B~1/workflows/x.yml", "a\u200b.py", "a\u3164.py", "a\u115f.py", "a\uffa0.py",
    "a\u00ad.py", "a\u034f.py",
]  # fmt: skip
FREE = [
    "a.py", ".hidden", "a b.py", "dir.d/a.py", "été.md", "console.py", "auxiliary/x", "com10.py", "nulls.py", "a~b.py",
    "file~", "backup~1.tar.gz", ".github/dependabot.yml", "github/x", "git~hub/x", "\U0001f469\u200d\U0001f4bb.md",
    "日本語.md", "com.py",
]  # fmt: skip


@pytest.mark.parametrize("path", NEW_ONLY)
def test_a_name_that_some_file_system_cannot_hold_is_for_existing_files_only(path: str) -> None:
    assert path_fault(path)
    assert path_fault(path, is_new=False) == ""
    assert set(rules(whole("write", path, "x\n"), {})) == {"path"}
    assert set(rules(settings(f"move: {{a: {path!a}}}".replace("'", '"')), files(a="x\n"))) == {"path"}
    assert after(edit(f'"{path}"', ("x\n", "y\n")), {path: state("x\n")}) == {path: state("y\n")}
    assert after(settings(f"delete: [{path!a}]".replace("'", '"')), {path: state("x\n"), "b": state("")}) == {
        "b": state("")
    }


@pytest.mark.parametrize("path", ALWAYS)
def test_a_name_of_what_is_reserved_or_unseen_is_for_nobody(path: str) -> None:
    assert path_fault(path, is_new=False)


@pytest.mark.parametrize("path", FREE)
def test_an_ordinary_name_is_free(path: str) -> None:
    assert path_fault(path) == ""


@pytest.mark.parametrize(
    ("new", "present"),
    [
        ("SRC", "src/a.py"),
        ("SRC/b.py", "src/a.py"),
        ("src/A.py", "src/a.py"),
        ("src/sub", "src/SUB/x/y.py"),
        ("e\u0301te\u0301/x.md", "été/y.md"),
        ("strasse/x", "straße/y"),
        ("readme", "README/x"),
    ],
)
def test_names_that_fall_together_name_by_name_are_refused(new: str, present: str) -> None:
    assert rules(whole("create", new, "x\n"), {present: state("x\n")}) == ["case-fold"]
    # Both new, in one spec, which may see it before it is planned.
    both = parse_spec([Part("s", (whole("create", new, "x\n") + whole("write", present, "x\n")).encode())])
    found = both.diagnostics or make_plan(both, DictTree({})).diagnostics
    assert {diagnostic.rule for diagnostic in found} == {"case-fold"}
    # By the implementer, in publish.
    overlay = Overlay(DictTree({present: state("x\n")}))
    overlay.put(new, state("x\n"))
    assert [path for path, _, _ in alike([new], overlay.paths())] == [new]


def test_a_folder_that_is_there_in_two_spellings_may_be_used_in_both() -> None:
    tree = {"src/a.py": state("x\n"), "SRC/b.py": state("x\n")}

    assert rules(whole("create", "src/c.py", "x\n") + whole("create", "SRC/d.py", "x\n"), tree) == []
    assert rules(edit("src/a.py", ("x\n", "y\n")) + edit("SRC/b.py", ("x\n", "y\n")), tree) == []


def test_a_path_that_is_freed_gives_its_name_away() -> None:
    assert rules(settings("move: {SRC: src}"), {"SRC": state("x\n")}) == []
    assert rules(settings("delete: [SRC/a]") + whole("create", "src/a", "x\n"), {"SRC/a": state("y\n")}) == []
