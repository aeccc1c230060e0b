"""Which failing tests are the job's own: those whose text it changes, in the ids of every runner."""

from __future__ import annotations

import pytest

from mtor_action.tree.changes import Change, FileState
from mtor_action.workspace.own_tests import is_named, own_failures

PYTHON = "def test_a():\n    assert 1\n\n\nclass TestC:\n    def test_b(self):\n        assert 2\n"
GO = "package a\n\nfunc TestA(t *testing.T) {\n\tx()\n}\n\nfunc TestB(t *testing.T) {\n\ty()\n}\n"
JAVASCRIPT = "test('adds one', () => {\n  expect(1).toBe(2)\n})\ntest('more', () => {\n  x()\n})\n"
RUST = (
    "mod tests {\n    #[test]\n    fn works() {\n        a();\n    }\n"
    "    #[test]\n    fn other() {\n        b();\n    }\n}\n"
)
JEST = "\u203a"  # between suites and test, as jest writes it
UNITTEST = "class T:\n    def test_m(self):\n        assert 1\n"

EDITED: dict[str, tuple[str, str, str, list[str], list[str]]] = {
    "pytest": (
        "tests/t.py",
        PYTHON,
        "assert 1",
        ["tests/t.py::test_a", "tests/t.py::test_a[1-x]"],
        ["tests/t.py::TestC::test_b", "tests/u.py::test_a"],
    ),
    "pytest, a decorator": (
        "tests/t.py",
        "@mark\n" + PYTHON,
        "@mark",
        ["tests/t.py::test_a"],
        ["tests/t.py::TestC::test_b"],
    ),
    "pytest, a file that cannot be imported": ("test_t.py", PYTHON, "assert 1", ["test_t.py"], ["test_u.py"]),
    "pytest from another folder": (
        "sub/tests/t.py",
        PYTHON,
        "assert 2",
        ["tests/t.py::TestC::test_b"],
        ["tests/t.py::test_a"],
    ),
    "go": (
        "a/a_test.go",
        GO,
        "x()",
        ["example.com/m/a.TestA", "example.com/m/a.TestA/sub"],
        ["example.com/m/a.TestB", "example.com/m/c.TestA"],
    ),
    "go, a package that does not build": (
        "a/a.go",
        GO,
        "x()",
        ["example.com/m/a [build failed]"],
        ["example.com/m/b [build failed]"],
    ),
    "jest": ("a.test.js", JAVASCRIPT, "x()", [f"a.test.js {JEST} suite {JEST} more"], [f"a.test.js {JEST} adds one"]),
    "mocha": ("a.test.js", JAVASCRIPT, "expect(1)", ["suite > adds one"], ["suite > more"]),
    "cargo": ("src/lib.rs", RUST, "a();", ["demo::tests::works"], ["demo::tests::other"]),
    "unittest": ("tests/test_x.py", UNITTEST, "assert 1", ["tests.test_x.T.test_m"], ["tests.test_y.T.test_m"]),
}


def state(text: str) -> FileState:
    return FileState(text.encode(), "100644")


@pytest.mark.parametrize("name", EDITED)
def test_a_test_is_the_jobs_own_if_its_text_changes(name: str) -> None:
    path, text, old, own, others = EDITED[name]
    change = Change(path, state(text), state(text.replace(old, "changed()")))
    assert own_failures([*own, *others], [change]) == frozenset(own)


def test_a_file_that_is_written_anew_or_not_changed() -> None:
    ids = ["tests/t.py::test_a"]
    assert own_failures(ids, [Change("tests/t.py", None, state(PYTHON))]) == frozenset(ids)
    assert own_failures(ids, [Change("tests/t.py", state(PYTHON), state(PYTHON))]) == frozenset()
    assert own_failures(ids, [Change("tests/t.py", state(PYTHON), None)]) == frozenset()


def test_a_title_that_is_computed_belongs_to_whoever_edits_its_file() -> None:
    ids = [f"a.test.js {JEST} case 1 of 3"]
    change = Change("a.test.js", state(JAVASCRIPT), state(JAVASCRIPT + "x\n"))
    assert own_failures(ids, [change]) == frozenset(ids)


@pytest.mark.parametrize(
    ("fix", "name", "holds"),
    [
        ("tests/a.py::T", "tests/a.py::T::test_x", True),
        ("tests/a.py::test_x", "tests/a.py::test_x[1]", True),
        ("tests/a.py", "tests/a.py::test_x", True),
        ("tests", "tests/a.py::test_x", True),
        ("tests/a.py::test_x", "tests/a.py::test_xy", False),
        ("pkg.TestX", "pkg.TestX/sub", True),
        ("pkg.TestX", "pkg.TestXY", False),
        ("tests/a.py::test_x", "::test_x", True),
    ],
)
def test_fixes_name_a_test_or_what_holds_it(fix: str, name: str, *, holds: bool) -> None:
    assert is_named(name, [fix]) is holds
