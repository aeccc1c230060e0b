from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtor_action.scope.cheats import cheats
from mtor_action.scope.name_tables import is_test_path

PY = "def test_a():\n    x = f()\n    assert x == 1\n    assert x != 2\n"
JS = 'test("a", () => {\n  expect(f()).toBe(1);\n});\n'
GO = 'func TestA(t *testing.T) {\n\tif f() != 1 {\n\t\tt.Fatal("no")\n\t}\n}\n'
RS = "#[test]\nfn a() {\n    assert_eq!(f(), 1);\n}\n"


@pytest.mark.parametrize(
    ("path", "before", "after", "what"),
    [
        ("tests/test_a.py", PY, "import pytest\n@pytest.mark.skip\n" + PY, "skip added"),
        ("tests/test_a.py", PY, "@pytest.mark.xfail(reason='x')\n" + PY, "skip added"),
        ("tests/test_a.py", PY, "@unittest.skip('x')\n" + PY, "skip added"),
        ("tests/test_a.py", PY, PY.replace("x = f()", "pytest.skip('x'); x = f()"), "skip added"),
        ("tests/test_a.py", PY, PY.replace("x = f()", "self.skipTest('x'); x = f()"), "skip added"),
        ("tests/test_a.py", PY, PY.replace("x = f()", "import sys; sys.exit(0)"), "early exit added"),
        ("tests/test_a.py", PY, PY.replace("x = f()", "sys.exit(main())"), "early exit added"),
        ("tests/test_a.py", PY, PY.replace("    assert x != 2\n", ""), "assertions removed"),
        ("tests/test_a.py", PY, PY.replace("    assert x", "    # assert x"), "assertions removed"),
        ("tests/test_a.py", PY, PY.replace("assert x != 2", '"""\n    assert x != 2\n    """'), "assertions removed"),
        ("tests/test_a.py", PY, PY.replace("assert x != 2", "assert True"), "assertions removed"),
        ("tests/test_a.py", PY, None, "test file deleted"),
        ("tests/test_a.py", PY, PY.replace("def test_a", "def off_a"), "tests removed"),
        ("a.test.js", JS, JS.replace("test(", "off("), "tests removed"),
        ("a_test.go", GO, GO.replace("TestA", "offA"), "tests removed"),
        ("tests/a.rs", RS, RS.replace("#[test]", "#[allow(dead_code)]"), "tests removed"),
        ("src/a.py", "x = 1\n", "import os\nos._exit(0)\n", "early exit added"),
        ("src/a.py", "x = 1\n", "x = 1\nraise SystemExit\n", "early exit added"),
        ("src/a.py", "x = 1\n" * 12, "x = 1\n" * 3, "9 of 12 lines removed"),
        ("README.md", "line\n" * 30, "", "30 of 30 lines removed"),
        ("a.test.js", JS, JS.replace("test(", "test.only("), "skip added"),
        ("a.spec.ts", JS, JS.replace("test(", "it.skip("), "skip added"),
        ("a.test.js", JS, JS.replace("test(", "xit("), "skip added"),
        ("a.test.js", JS, JS.replace("  expect(f()).toBe(1);", "  // expect(f()).toBe(1);"), "assertions removed"),
        ("a.test.js", JS, JS.replace("expect(f())", "/* expect(f()) */ expect(true)"), "assertions removed"),
        ("src/a.ts", "let x;\n", "process.exit(0);\n", "early exit added"),
        ("a_test.go", GO, GO.replace("\tif f", "\tt.Skip()\n\tif f"), "skip added"),
        ("a_test.go", GO, GO.replace('t.Fatal("no")', '// t.Fatal("no")'), "assertions removed"),
        ("a.go", "package a\n", "package a\nfunc init() { os.Exit(0) }\n", "early exit added"),
        ("tests/a.rs", RS, RS.replace("#[test]", "#[test]\n#[ignore]"), "skip added"),
        ("src/lib.rs", RS, RS.replace("#[test]", '#[test]\n#[ignore = "x"]'), "skip added"),
        ("src/lib.rs", RS, RS.replace("assert_eq!(f(), 1)", "f()"), "assertions removed"),
        ("src/lib.rs", "fn a() {}\n", "fn a() { std::process::exit(0) }\n", "early exit added"),
        ("tests/test_new.py", None, "import pytest\npytestmark = pytest.mark.skip\n", "skip added"),
    ],
)
def test_this_is_a_cheat(path: str, before: str | None, after: str | None, what: str) -> None:
    found = cheats(path, before, after)
    assert any(what in each for each in found), found
    assert all(each.startswith(f"{path}: ") for each in found)


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("tests/test_a.py", PY, PY + "\n\ndef test_b():\n    assert g()\n"),
        ("tests/test_a.py", PY, PY.replace("x != 2", "x != 3")),
        ("tests/test_a.py", PY, PY.replace("test_a", "test_b")),
        ("tests/test_a.py", "# pytest.mark.skip\n" + PY, "# @pytest.mark.skip and sys.exit()\n# skip\n" + PY),
        ("tests/test_a.py", PY, PY.replace("f()", "f('pytest.skip sys.exit(0)')")),
        ("tests/test_a.py", "@pytest.mark.skip\n" + PY, PY),
        ("tests/test_a.py", "# assert a\n# assert b\n" + PY, PY),
        ("src/a.py", "x = 1\n", "def main():\n    ...\n\n\nif __name__ == '__main__':\n    sys.exit(main())\n"),
        ("src/a.py", "x = 1\n", "if __name__ == '__main__':\n    raise SystemExit(main())\n"),
        ("src/a.py", "assert x\n", "x\n"),
        ("src/a.py", "x = 1\n" * 12, "x = 1\n" * 5),
        ("src/a.py", "x = 1\n" * 9, "x = 2\n"),
        ("src/a.py", "x = 1\n", None),
        ("src/skip.py", "x = 1\n", "@pytest.mark.skip\nx = 1\n"),
        ("a.test.js", JS, JS + "// test.only\n/* it.skip */\n"),
        ("src/bin.js", "x\n", "process.exit(await main());\n"),
        ("main.go", "package main\n", "package main\nfunc main() { os.Exit(run()) }\n"),
        ("a_test.go", GO, GO + "// t.Skip()\n"),
        ("src/lib.rs", RS, RS + "// #[ignore]\n"),
        ("data.json", "{}", '{"skip": "pytest.skip"}'),
        ("tests/test_a.py", None, PY),
        ("x", None, None),
    ],
)
def test_this_is_not_a_cheat(path: str, before: str | None, after: str | None) -> None:
    assert cheats(path, before, after) == []


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("tests/test_a.py", True),
        ("a/test_b.py", True),
        ("a/b_test.py", True),
        ("conftest.py", True),
        ("src/a.test.tsx", True),
        ("src/__tests__/a.js", True),
        ("pkg/a_test.go", True),
        ("tests/it.rs", True),
        ("src/contest.py", False),
        ("src/latest.py", False),
        ("src/testing.go", False),
        ("src/attest/a.js", False),
    ],
)
def test_test_files_are_known_by_their_usual_names(path: str, expected: bool) -> None:
    assert is_test_path(path) is expected


@given(st.sampled_from(["a_test.py", "a.test.js", "a_test.go", "tests/a.rs", "x"]), st.text(), st.text())
def test_any_text_is_judged_without_raising(path: str, before: str, after: str) -> None:
    assert isinstance(cheats(path, before, after), list)
    assert cheats(path, after, after) == []


@pytest.mark.parametrize("path", ["a_test.py", "a.test.js", "a_test.go", "tests/a.rs"])
@pytest.mark.parametrize("piece", ['"', "'", "/*", '"""', "`", "ignore ", "assert ", "#[", 'r#"', " ", "#[cfg_attr("])
def test_a_long_line_is_judged_in_linear_time(path: str, piece: str) -> None:
    text = piece * (200_000 // len(piece))
    started = time.monotonic()
    cheats(path, "x", text)
    assert time.monotonic() - started < 5
