"""Failures that the base has too: excused by test and error, and never more than that."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from command_line import FORKED_PYTEST as PYTEST
from command_line import PYTEST as OWN_PYTEST
from command_line import git, mtor, put, repository, spec

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from command_line import Ended

pytestmark = pytest.mark.usefixtures("warm_pytest")
APP = "def f():\n    return 1\n"
# Without an address in its error: those of two forked interpreters may be the same, or not.
OLD = (
    "import app\n\n\ndef test_old():\n    value = app.f()\n    assert value == 3\n"
    "\n\ndef test_fine():\n    assert app\n"
)
FILES = {"app.py": APP, "test_old.py": OLD, ".gitignore": "__pycache__/\n*.ignored\n"}
NEW = "import app\n\n\ndef test_new():\n    assert app.f() == {}\n"


def create(path: str, text: str) -> str:
    return f"```python create={path}\n{text}```\n"


def edit(path: str, old: str, new: str) -> str:
    return f"```python edit={path}\n<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n```\n"


RETURNS_TWO = edit("app.py", "    return 1\n", "    return 2\n")


def run(
    folder: Path, *blocks: str, files: Mapping[str, str] = FILES, test: list[str] | None = None, **settings: Any
) -> Ended:
    """`mtor run` of one spec in a repository with `files`."""
    root = repository(folder / "r", files)
    return mtor(root, "run", "--json", spec(folder / "s.md", *blocks, test=test or [PYTEST], **settings))


def ending(done: Ended) -> tuple[int, str, bool, list[str]]:
    return done.code, done.report["outcome"], done.report["base_red"], done.report["excused"]


def stages(done: Ended) -> list[str]:
    return [command["stage"] for command in done.report["commands"]]


def test_an_old_failure_with_the_same_error_leaves_the_spec_clean_and_is_named(tmp_path: Path) -> None:
    done = run(tmp_path, create("test_new.py", NEW.format(1)))
    assert ending(done) == (0, "clean", True, ["test_old.py::test_old"])
    assert stages(done) == ["test", "base", "base"]
    base = done.report["red_before"]
    assert (len(base["key"]), base["remembered"]) == (32, False)
    assert base["failures"] == [{"command": PYTEST, "id": "test_old.py::test_old", "error": "assert 1 == 3"}]
    folder = tmp_path / "r/.git/mtor/jobs" / done.report["job"]
    for page in ("report.md", "report.html"):
        text = (folder / page).read_text()
        assert "1 failure that the base has too" in text
        assert "test_old.py::test_old" in text
    assert "test_old.py::test_old" in mtor(tmp_path / "r", "run", str(tmp_path / "s.md")).out


def test_an_old_failure_that_prints_other_addresses_each_time_is_the_same(tmp_path: Path) -> None:
    where = OLD.replace("    value = app.f()\n    assert value == 3", "    assert app.f() == 3")
    files = {**FILES, "test_old.py": where}
    done = run(tmp_path, create("test_new.py", NEW.format(1)), files=files, test=[OWN_PYTEST])
    assert ending(done) == (0, "clean", True, ["test_old.py::test_old"])
    assert stages(done) == ["test", "base", "base"]
    outputs = {command["output_tail"].partition("<function f at ")[2][:14] for command in done.report["commands"]}
    assert all(address.startswith("0x") for address in outputs)


def test_an_old_test_with_another_error_is_the_specs(tmp_path: Path) -> None:
    done = run(tmp_path, RETURNS_TWO)
    assert ending(done) == (1, "failing", False, [])


def test_another_assertion_of_an_old_test_is_another_error(tmp_path: Path) -> None:
    test = "import app\n\n\ndef test_old():\n    assert app.f() == 1\n    value = app.g()\n    assert value\n"
    files = {**FILES, "app.py": APP + "\n\ndef g():\n    return False\n", "test_old.py": test}
    falsy = edit("app.py", "    return 1\n", "    return False\n")
    assert ending(run(tmp_path, falsy, files=files)) == (1, "failing", False, [])


def test_a_new_failure_beside_an_old_one_is_failing_and_the_old_one_is_named(tmp_path: Path) -> None:
    done = run(tmp_path, create("test_new.py", NEW.format(7)))
    assert ending(done) == (1, "failing", False, ["test_old.py::test_old"])


def test_a_failure_that_comes_and_goes_on_the_base_is_not_excused(tmp_path: Path) -> None:
    # Red on the first of the base's runs, and on every run with the spec.
    flaky = (
        "import pathlib\n\n\ndef test_old():\n    text = pathlib.Path('app.py').read_text()\n"
        f"    seen = pathlib.Path({str(tmp_path / 'seen')!r})\n"
        "    if 'return 1' in text and seen.exists():\n        return\n"
        "    if 'return 1' in text:\n        seen.touch()\n    assert not text\n"
    )
    done = run(tmp_path, RETURNS_TWO, files={**FILES, "test_old.py": flaky})
    assert (done.code, done.report["outcome"], done.report["excused"]) == (1, "failing", [])


@pytest.mark.parametrize("form", ["written anew", "edited", "named in fixes", "its file is named in fixes"])
def test_a_test_of_the_specs_own_is_never_excused(tmp_path: Path, form: str) -> None:
    blocks = {
        "written anew": ["```python write=test_old.py\n" + OLD.replace("value == 3", "value  == 3") + "```\n"],
        "edited": [edit("test_old.py", "def test_old():\n", "def test_old():\n    # three\n")],
    }.get(form, [edit("app.py", "    return 1\n", "    return 1  # one\n")])
    fixes = {"named in fixes": ["test_old.py::test_old"], "its file is named in fixes": ["test_old.py"]}.get(form)
    done = run(tmp_path, *blocks, fixes=fixes or ["test_new.py"])
    assert (done.code, done.report["outcome"], done.report["excused"]) == (1, "failing", [])
    # Written anew, its line reads otherwise, and so does the error.
    told = "" if form == "written anew" else "or names it in `fixes`: test_old.py::test_old"
    assert done.report["reason"].endswith(told)
    assert bool(done.report["reason"]) == bool(told)


def test_a_file_that_no_test_can_be_read_from_before_or_after_says_that_the_base_is_to_be_repaired(
    tmp_path: Path,
) -> None:
    added = edit(
        "test_broken.py", "def test_hidden():\n", "def test_more():\n    assert True\n\n\ndef test_hidden():\n"
    )
    done = run(
        tmp_path, added, files={**FILES, "test_broken.py": BROKEN, "test_old.py": "def test_fine():\n    pass\n"}
    )
    assert ending(done) == (1, "failing", False, [])
    assert done.report["reason"].endswith("names it in `fixes`: test_broken.py")
    assert done.report["next_step"] == "repair that in the spec too, or on the base first; then run it again"


def test_what_is_red_anew_beside_the_specs_own_old_failure_is_not_the_bases(tmp_path: Path) -> None:
    own = edit("test_old.py", "def test_old():\n", "def test_old():\n    # three\n")
    done = run(tmp_path, own, create("test_new.py", NEW.format(7)))
    assert (ending(done), done.report["reason"]) == ((1, "failing", False, []), "")


def test_a_test_added_beside_an_old_failure_leaves_that_excused(tmp_path: Path) -> None:
    added = edit("test_old.py", "def test_fine():\n", "def test_more():\n    assert app\n\n\ndef test_fine():\n")
    assert ending(run(tmp_path, added)) == (0, "clean", True, ["test_old.py::test_old"])


def test_what_is_fixed_is_green(tmp_path: Path) -> None:
    files = {**FILES, "test_other.py": "def test_other():\n    assert not 'other'\n"}
    fixed = edit("app.py", "    return 1\n", "    return 3\n")
    done = run(tmp_path, fixed, files=files, fixes=["test_old.py::test_old"])
    assert ending(done) == (0, "clean", True, ["test_other.py::test_other"])


BROKEN = "import no_such_package\n\n\ndef test_hidden():\n    assert True\n"


def test_files_that_cannot_be_imported_on_the_base_either_do_not_hide_the_others(tmp_path: Path) -> None:
    files = {**FILES, "test_broken.py": BROKEN}
    done = run(tmp_path, create("test_new.py", NEW.format(1)), files=files)
    assert ending(done) == (0, "clean", True, ["test_broken.py", "test_old.py::test_old"])
    assert stages(done) == ["test", "base", "base", "base", "base", "test"]


def test_a_failure_behind_a_file_that_cannot_be_imported_is_seen(tmp_path: Path) -> None:
    files = {**FILES, "test_broken.py": BROKEN}
    done = run(tmp_path, create("test_new.py", NEW.format(7)), files=files)
    assert (done.code, done.report["outcome"]) == (1, "failing")
    assert "test_new.py::test_new" in done.report["commands"][-1]["failures"]


GO = """package a

import "testing"

func TestA(t *testing.T) {
	var m map[string]int
	m["a"] = F()
}

func TestB(t *testing.T) {
	if F() != 1 {
		t.Fatal("not one")
	}
}
"""
GO_FILES = {
    "go.mod": "module example.com/a\n\ngo 1.21\n",
    "a.go": "package a\n\nfunc F() int { return 1 }\n",
    "a_test.go": GO,
}
ADDED = 'package a\n\nimport "testing"\n\nfunc TestC(t *testing.T) {\n\tif F() != 1 {\n\t\tt.Fatal(F())\n\t}\n}\n'


@pytest.mark.skipif(shutil.which("go") is None, reason="needs go")
@pytest.mark.parametrize(("value", "outcome"), [(1, "clean"), (2, "failing")])
def test_a_test_that_panics_on_the_base_too_does_not_hide_those_after_it(
    tmp_path: Path, value: int, outcome: str
) -> None:
    blocks = [f"```go create=c_test.go\n{ADDED}```\n"]
    if value == 2:
        blocks.append(edit("a.go", "func F() int { return 1 }\n", "func F() int { return 2 }\n"))
    done = run(tmp_path, *blocks, files=GO_FILES, test=["go test ./..."])
    assert (done.report["outcome"], done.report["excused"]) == (outcome, ["example.com/a.TestA"])
    if value == 2:
        assert done.report["commands"][-1]["failures"] == ["example.com/a.TestB", "example.com/a.TestC"]


@pytest.mark.parametrize("hiding", [f"{PYTEST} -x", f"{PYTEST} && test -e app.py"])
def test_failures_that_hide_others_are_not_excused(tmp_path: Path, hiding: str) -> None:
    done = run(tmp_path, create("test_zz.py", NEW.format(7)), test=[hiding])
    assert (done.code, done.report["outcome"]) == (1, "failing")


def test_what_only_prepares_hides_nothing(tmp_path: Path) -> None:
    done = run(tmp_path, create("test_new.py", NEW.format(1)), test=[f"cd . && A=1 {PYTEST}"])
    assert ending(done) == (0, "clean", True, ["test_old.py::test_old"])


def test_fewer_tests_than_on_the_base_are_never_clean(tmp_path: Path) -> None:
    done = run(tmp_path, edit("test_old.py", "def test_fine():\n", "def fine():\n"))
    assert (done.code, done.report["outcome"], done.report["base_red"]) == (1, "failing", True)
    assert "fewer tests ran than on the base: 1 of 2" in done.report["reason"]


def test_a_summary_that_the_specs_code_prints_hides_nothing(tmp_path: Path) -> None:
    # At exit it prints what pytest printed on the base: only the old failure.
    log = (
        "=================================== FAILURES ===================================\n"
        "___________________________________ test_old ___________________________________\n\n"
        "    def test_old():\n        value = app.f()\n>       assert value == 3\nE       assert 1 == 3\n"
        "\ntest_old.py:6: AssertionError\n"
        "=========================== short test summary info ============================\n"
        "FAILED test_old.py::test_old - assert 1 == 3\n1 failed, 2 passed in 0.02s\n"
    )
    forged = edit("app.py", "def f():\n", f"import atexit\n\natexit.register(print, {log!r})\n\n\ndef f():\n")
    done = run(tmp_path, forged, create("test_new.py", NEW.format(7)))
    assert (done.code, done.report["outcome"]) == (1, "failing")


def test_another_exit_code_is_not_excused(tmp_path: Path) -> None:
    conftest = (
        "import pathlib\n\n\ndef pytest_sessionfinish(session):\n"
        "    if 'two' in pathlib.Path('app.py').read_text():\n        session.exitstatus = 3\n"
    )
    done = run(
        tmp_path, edit("app.py", "    return 1\n", "    return 1  # two\n"), files={**FILES, "conftest.py": conftest}
    )
    assert (done.code, done.report["outcome"]) == (1, "failing")
    assert "exit code 3, on the base with 1" in done.report["reason"]


def test_what_the_specs_tests_left_ignored_does_not_make_the_base_fail(tmp_path: Path) -> None:
    # The spec's code leaves a file that makes an untouched test fail, on the base too if it is still there.
    test = "import os\n\nimport app\n\n\ndef test_left():\n    app.f()\n    assert not os.path.exists('left.ignored')\n"
    leaves = edit("app.py", "    return 1\n", "    open('left.ignored', 'w').close()\n    return 1\n")
    done = run(tmp_path, leaves, files={**FILES, "test_old.py": test})
    assert (done.code, done.report["outcome"], done.report["excused"]) == (1, "failing", [])


def test_what_an_earlier_command_built_for_the_spec_is_built_anew_for_the_base(tmp_path: Path) -> None:
    test = "def test_built():\n    assert 'return 1' in open('built.ignored').read()\n"
    done = run(tmp_path, RETURNS_TWO, files={**FILES, "test_old.py": test}, test=["cp app.py built.ignored", PYTEST])
    assert (done.code, done.report["outcome"], done.report["excused"]) == (1, "failing", [])


def test_the_base_is_tested_once_for_a_batch_and_remembered(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", FILES)
    specs = [
        spec(tmp_path / f"{name}.md", create(f"test_{name}.py", NEW.format(1)), test=[PYTEST]) for name in ("a", "b")
    ]
    done = mtor(root, "run", "--json", *specs, spec(tmp_path / "c.md", create("c.txt", "c\n"), test=[PYTEST]))
    assert done.code == 0
    assert done.err.count("base: failed") == 2
    later = mtor(root, "run", "--json", spec(tmp_path / "d.md", create("d.txt", "d\n"), test=[PYTEST]))
    assert (stages(later), later.report["red_before"]["remembered"]) == (["test"], True)
    assert ending(later) == (0, "clean", True, ["test_old.py::test_old"])


def test_another_commit_or_list_of_commands_is_tested_anew(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", FILES)
    mtor(root, "run", "--json", spec(tmp_path / "a.md", create("a.txt", "a\n"), test=[PYTEST]))
    other = mtor(root, "run", "--json", spec(tmp_path / "b.md", create("b.txt", "b\n"), test=["true", PYTEST]))
    assert stages(other).count("base") == 3
    put(root, {"test_old.py": OLD.replace("== 3", "== 4")})
    git(root, "commit", "-qam", "four")
    moved = mtor(root, "run", "--json", spec(tmp_path / "c.md", create("c.txt", "c\n"), test=[PYTEST]))
    assert (stages(moved), moved.report["red_before"]["failures"][0]["error"]) == (
        ["test", "base", "base"],
        "assert 1 == 4",
    )


def test_a_torn_record_is_not_believed(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", FILES)
    first = mtor(root, "run", "--json", spec(tmp_path / "a.md", create("a.txt", "a\n"), test=[PYTEST])).report
    record = root / ".git/mtor/base" / f"{first['red_before']['key']}.json"
    record.write_bytes(record.read_bytes()[:-9])
    done = mtor(root, "run", "--json", spec(tmp_path / "b.md", create("b.txt", "b\n"), test=[PYTEST]))
    assert (ending(done)[:3], stages(done)) == ((0, "clean", True), ["test", "base", "base"])


@pytest.mark.parametrize("value", ['[""]', '["a\\nb"]', "{a: b}", f'["{"x" * 301}"]', '[" a"]'])
def test_fixes_are_ids_on_one_line(tmp_path: Path, value: str) -> None:
    root = repository(tmp_path / "r", FILES)
    (tmp_path / "s.md").write_text(f"# T\n{RETURNS_TWO}```yaml mtor\ntest: ['true']\nfixes: {value}\n```\n")
    assert mtor(root, "check", str(tmp_path / "s.md")).code == 2


def doctor(folder: Path, files: Mapping[str, str], settings: str) -> tuple[Path, Ended]:
    root = repository(folder / "r", {**files, ".github/mtor.yml": settings})
    return root, mtor(root, "doctor", "--base")


def test_doctor_tests_the_base_ahead_and_later_runs_remember_it(tmp_path: Path) -> None:
    root, told = doctor(tmp_path, FILES, f'test: ["{PYTEST}"]\n')
    assert told.code == 1
    assert "test_old.py::test_old" in told.out
    assert git(root, "branch", "--list").split() == ["*", "main"]
    assert not git(root, "status", "--porcelain")
    done = mtor(root, "run", "--json", spec(tmp_path / "s.md", create("test_new.py", NEW.format(1))))
    assert (ending(done), stages(done)) == ((0, "clean", True, ["test_old.py::test_old"]), ["test"])


def test_doctor_says_that_a_base_is_green_or_that_its_setup_fails(tmp_path: Path) -> None:
    (tmp_path / "green").mkdir()
    _, green = doctor(tmp_path / "green", FILES, "test: ['true']\n")
    assert "`true` passes on" in green.out
    _, broken = doctor(tmp_path, FILES, "setup: ['exit 7']\ntest: ['true']\n")
    assert "`exit 7` ends with exit code 7" in broken.out
    assert "every spec would end with `error`" in broken.out


def test_doctor_leaves_the_base_alone_unless_asked(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {**FILES, ".github/mtor.yml": f"test: ['touch {tmp_path}/ran']\n"})
    mtor(root, "doctor")
    assert not (tmp_path / "ran").exists()
