"""The scripts of `.ci/`, run as `make lint` and `make figures` run them, on small trees with real git."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

CI = Path(__file__).parents[2] / ".ci"
NOTHING = "def f(): ...\n"


def write(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")


def run(script: str, root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(CI / script), str(root), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def check_names(root: Path, files: dict[str, str], exceptions: str = "") -> subprocess.CompletedProcess[str]:
    write(root, {**files, ".ci/repeated_names.txt": exceptions})
    return run("repeated_names.py", root)


def figures(root: Path, files: dict[str, str]) -> dict[str, Any]:
    write(root, files)
    done = run("figures.py", root, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["after"]  # type: ignore[no-any-return]


class TestRepeatedNames:
    def test_a_class_of_both_packages_is_printed_with_its_places(self, tmp_path: Path) -> None:
        files = {"action/a/x.py": "class Kind: ...\n", "bot/b/y.py": "class Kind: ...\n"}
        done = check_names(tmp_path, files)
        assert done.returncode == 1
        assert "class Kind is defined 2 times: action/a/x.py, bot/b/y.py\n" in done.stdout

    def test_an_underscore_or_a_nested_class_does_not_hide_a_name(self, tmp_path: Path) -> None:
        files = {"action/a/x.py": "class _Run: ...\n", "action/a/y.py": "def f():\n    class Run: ...\n"}
        assert "class Run" in check_names(tmp_path, files).stdout

    def test_a_module_may_not_be_called_like_another_or_like_a_room(self, tmp_path: Path) -> None:
        files = {"action/a/run/__init__.py": "", "action/a/other/run.py": NOTHING, "action/a/other/x.py": NOTHING,
                 "bot/b/x.py": NOTHING}  # fmt: skip
        lines = check_names(tmp_path, files).stdout.splitlines()
        assert [line.partition(" is ")[0] for line in lines[:2]] == ["module run", "module x"]

    def test_verbs_and_a_module_named_like_its_room_are_not_repetitions(self, tmp_path: Path) -> None:
        rooms = {"action/a/plan/__init__.py": "", "action/a/plan/plan.py": NOTHING}
        verbs = {"action/a/cli/plan.py": NOTHING, "bot/b/cli/plan.py": NOTHING}
        assert check_names(tmp_path, rooms | verbs).returncode == 0

    def test_an_exception_has_a_reason_and_is_no_longer_one_when_the_name_is_single(self, tmp_path: Path) -> None:
        files = {"action/a/go.py": NOTHING, "bot/b/go.py": NOTHING}
        assert check_names(tmp_path, files, "module go both are about the language Go\n").returncode == 0
        assert "expected `class NAME REASON`" in check_names(tmp_path, files, "module go\n").stderr
        (tmp_path / "bot/b/go.py").unlink()
        done = run("repeated_names.py", tmp_path)
        assert done.returncode == 1
        assert "delete its line" in check_names(tmp_path, {}, "module go both are about the language Go\n").stdout


class TestFigures:
    def test_lines_of_code_leave_out_docstrings_comments_and_blank_lines(self, tmp_path: Path) -> None:
        text = '"""Two\nlines."""\n\n# why\nX = """a\nb"""\n\n\ndef f():\n    """Short."""\n    return X  # ok\n'
        column = figures(tmp_path, {"action/a/x.py": text})
        assert (column["lines"]["action"], column["lines of code"]["action"]) == (11, 4)
        assert (column["functions"]["action"], column["function median/p90/max"]["action"]) == (1, [3, 3, 3])
        assert column["docstrings under 40 characters"]["action"] == 2

    def test_types_and_lazy_imports_close_a_cycle(self, tmp_path: Path) -> None:
        lazy = "def f():\n    from a.two import x\n"
        typed = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from a import one\n"
        files = {"action/a/one/x.py": lazy, "action/a/one/__init__.py": "", "action/a/two/x.py": typed,
                 "action/a/two/__init__.py": ""}  # fmt: skip
        assert figures(tmp_path, files)["packages in cycles, by cycle"]["action"] == [2]
        assert figures(tmp_path, {"action/a/two/x.py": NOTHING})["packages in cycles, by cycle"]["action"] == []

    def test_vague_names_are_counted_where_they_are_bound(self, tmp_path: Path) -> None:
        text = (
            "found = 1\n"  # of the module: not a local
            "def _told(said, *, match):\n"
            "    for each in said:\n"
            "        wanted = [known for known in each]\n"
            "    return wanted, match.found\n"
        )
        column = figures(tmp_path, {"bot/b/x.py": text})
        assert (column["bindings of locals"]["bot"], column["vague locals"]["bot"]) == (5, 4)
        assert column["functions with a vague name"]["bot"] == 1

    def test_strings_are_searched_for_is_no_but_docstrings_and_good_english_are_not(self, tmp_path: Path) -> None:
        text = '"""This is no text."""\nA = f"{1} is no name"\nB = "there is no file; it is no longer here"\n'
        page = "A branch is no tag.\n"
        column = figures(tmp_path, {"action/a/x.py": text, "docs/x.md": page})
        assert column['strings with "is no", "are no"']["action"] == 1
        assert column['"is no", "are no" on pages']["product"] == 1

    def test_a_revision_is_read_from_git_and_not_from_the_working_tree(self, tmp_path: Path) -> None:
        identity = ["-c", "user.name=t", "-c", "user.email=t@localhost"]
        write(tmp_path, {"action/a/x.py": "record: dict[str, Any] = {}\n"})
        for arguments in (["init", "-q"], ["add", "."], [*identity, "commit", "-qm", "x"]):
            subprocess.run(["git", "-C", tmp_path, *arguments], check=True)
        write(tmp_path, {"action/a/x.py": NOTHING})
        done = run("figures.py", tmp_path, "--against", "HEAD")
        assert "| dict[str, Any] | 1 → 0 | 0 → 0 | 1 → 0 | 0 → 0 |" in done.stdout.splitlines()
        assert run("figures.py", tmp_path, "--against", "no-such-revision").returncode == 1

    def test_a_file_that_does_not_parse_is_named(self, tmp_path: Path) -> None:
        write(tmp_path, {"bot/b/broken.py": "def\n"})
        assert "broken.py" in run("figures.py", tmp_path).stderr


@pytest.mark.parametrize("name", ["figures.py", "repeated_names.py"])
def test_the_scripts_need_nothing_but_python(name: str, tmp_path: Path) -> None:
    shutil.copytree(CI, tmp_path / ".ci", ignore=shutil.ignore_patterns("__pycache__"))
    done = subprocess.run(
        [
            sys.executable,
            "-I",
            "-S",
            "-c",
            f"import sys; sys.path.insert(0, {str(tmp_path / '.ci')!r}); import {name[:-3]}",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
