"""Exit code 0 is not enough: what the log says against it, without any model."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from command_line import FORKED_PYTEST as PYTEST
from command_line import git, mtor, put, repository, spec

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("warm_pytest")
UNITTEST = f"{sys.executable} -m unittest -v tests.test_b"
RED = "import unittest\n\n\nclass T(unittest.TestCase):\n    def test_b(self):\n        self.assertEqual(1, 2)\n"
OLD_RED = RED.replace("test_b", "test_old")
GREEN = RED.replace("1, 2", "1, 1")
ENDS_WITH_0 = "import atexit\nimport os\n\natexit.register(os._exit, 0)\n"
FAKE = ENDS_WITH_0 + "atexit.register(print, '\\n2 passed in 0.01s', flush=True)\n"
NEEDS_GO = pytest.mark.skipif(not shutil.which("go"), reason="go is not installed")
NEEDS_NODE = pytest.mark.skipif(not shutil.which("node"), reason="node is not installed")
GO = {
    "go.mod": "module m\n\ngo 1.20\n",
    "a_test.go": 'package m\n\nimport "testing"\n\nfunc TestA(t *testing.T) { t.Error("no") }\n',
}
NODE = {"b.test.js": "require('node:test')('b', () => { throw new Error('no'); });\n"}


def create(path: str, text: str) -> str:
    return f"```text create={path}\n{text.rstrip()}\n```\n"


def created(files: dict[str, str]) -> list[str]:
    return [create(path, text) for path, text in files.items()]


RED_LOGS = {
    "pytest || true": (f"{PYTEST} || true", {"tests/test_b.py": RED}, "1 failed"),
    "pytest ended by the code": (PYTEST, {"tests/test_b.py": ENDS_WITH_0 + RED}, "1 failed"),
    "a summary printed after the real one": (PYTEST, {"tests/test_b.py": FAKE + RED}, "1 failed"),
    "pytest that cannot import": (f"{PYTEST} || true", {"tests/test_b.py": "import nowhere\n"}, "1 failed"),
    "unittest": (f"{UNITTEST} || true", {"tests/test_b.py": RED, "tests/__init__.py": ""}, "1 failed"),
    "unittest ended by the code": (UNITTEST, {"tests/test_b.py": ENDS_WITH_0 + RED, "tests/__init__.py": ""}, "1 fail"),
    "go": ("go test ./... || true", GO, "1 failed"),
    "go -json": ("go test -json ./... || true", GO, "1 failed"),
    "node, its own reporter": ("node --test --test-reporter=spec || true", NODE, "1 failed"),
    "node, TAP": ("node --test --test-reporter=tap || true", NODE, "1 failed"),
}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[NEEDS_GO] if name.startswith("go") else [NEEDS_NODE] if name.startswith("no") else [])
        for name in RED_LOGS
    ],
)
def test_exit_code_0_under_a_log_that_reports_failures_is_not_clean(repo: Path, tmp_path: Path, name: str) -> None:
    command, files, failed = RED_LOGS[name]
    done = mtor(repo, "run", "--json", spec(tmp_path / "s.md", *created(files), test=[command]))
    assert (done.code, done.report["outcome"]) == (1, "failing"), done.report
    assert f"exit code 0, but its log says {failed}" in done.report["reason"]
    assert done.report["next_step"].startswith("fix what the log reports")
    assert done.report["commands"][0]["doubt"].startswith(f"its log says {failed}")


def test_the_terminal_and_the_report_say_what_the_log_says(repo: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    text = spec(tmp_path / "s.md", create("test_b.py", RED), test=[f"{PYTEST} || true"])
    done = mtor(repo, "run", "--out", str(out), text)
    assert "no proof: exit code 0, but its log says 1 failed" in done.err
    for shown in (done.out, (out / "report.md").read_text(), (out / "report.html").read_text()):
        assert "exit code 0, but its log says 1 failed" in shown.replace("&#x27;", "'")


def test_what_the_base_says_too_is_excused_and_said(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"test_old.py": OLD_RED})
    out = tmp_path / "out"
    command = f"{PYTEST} || true"
    text = spec(tmp_path / "s.md", create("test_b.py", GREEN), test=[command])
    done = mtor(root, "run", "--out", str(out), "--json", text)
    assert (done.code, done.report["outcome"]) == (0, "clean")
    assert done.report["excused"] == [f"`{command}`: exit code 0, but its log says 1 failed; the same on the base"]
    assert [(each["stage"], each["doubt"]) for each in done.report["commands"]] == [
        ("test", ""), ("base", "its log says 1 failed"),
    ]  # fmt: skip
    assert "as on the base" in (out / "report.md").read_text()


def test_a_failure_beside_those_of_the_base_is_not_excused(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"test_old.py": OLD_RED})
    done = mtor(root, "run", "--json", spec(tmp_path / "s.md", create("test_b.py", RED), test=[f"{PYTEST} || true"]))
    assert (done.code, done.report["outcome"], done.report["excused"]) == (1, "failing", [])
    assert "its log says 2 failed" in done.report["reason"]


ONCE = "test -e .seen || { touch .seen; exec env %s; }; %s"


def test_a_second_run_that_names_no_test_does_not_make_a_red_one_flaky(repo: Path, tmp_path: Path) -> None:
    put(repo, {".gitignore": ".seen\n"})
    command = ONCE % (PYTEST, f"{PYTEST} -k nothing || true")
    text = spec(tmp_path / "s.md", create("test_b.py", RED), test=[command])
    git(repo, "commit", "-qam", "ignore")
    done = mtor(repo, "run", "--json", text)
    assert (done.code, done.report["outcome"], done.report["flaky"]) == (1, "failing", False)
    assert "names no test that ran, where the red run named 1" in done.report["reason"]


GREEN_LOGS = {
    "expected failures, subtests and warnings": (
        PYTEST,
        {
            "test_b.py": "import unittest\nimport warnings\n\nimport pytest\n\n\n"
            "@pytest.mark.xfail\ndef test_x():\n    assert False\n\n\n"
            "@pytest.mark.xfail\ndef test_y():\n    warnings.warn('1 failed in 0.1s')\n\n\n"
            "class T(unittest.TestCase):\n    def test_s(self):\n        for i in range(2):\n"
            "            with self.subTest(i=i):\n                self.assertTrue(True)\n"
        },
    ),
    "a test that prints other runners' failures": (
        f"{PYTEST} -s",
        {"test_b.py": "def test_b():\n    print('1 failed in 0.1s\\nFAIL\\tm\\t0.1s\\n# fail 3')\n"},
    ),
    "a test that runs a failing suite": (
        PYTEST.replace(" -q", ""),
        {
            "test_b.py": "import subprocess\nimport sys\n\n\ndef test_b(tmp_path):\n"
            "    (tmp_path / 'test_c.py').write_text('def test_c():\\n    assert False\\n')\n"
            "    run = [sys.executable, '-m', 'pytest', str(tmp_path)]\n"
            "    assert subprocess.run(run, check=False).returncode == 1\n"
        },
    ),
    "again what failed": (
        f"{PYTEST} || {PYTEST}",
        {"test_b.py": "import pathlib\n\n\ndef test_b():\n    path = pathlib.Path('/tmp/%s')\n"
         "    seen = path.exists()\n    path.touch()\n    assert seen\n"},
    ),
    "no test at all": (f"{PYTEST} || test $? -eq 5", {"b.py": "x = 1\n"}),
    "no runner that is known": ("echo error: 3 failed; echo FAILED", {"b.py": "x = 1\n"}),
    "unittest with expected failures": (
        UNITTEST,
        {"tests/__init__.py": "", "tests/test_b.py": RED.replace("    def", "    @unittest.expectedFailure\n    def")},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", GREEN_LOGS)
def test_logs_that_only_look_red_stay_clean(repo: Path, tmp_path: Path, name: str) -> None:
    command, files = GREEN_LOGS[name]
    files = {path: text.replace("%s", f"{tmp_path.name}-seen") for path, text in files.items()}
    done = mtor(repo, "run", "--json", spec(tmp_path / "s.md", *created(files), test=[command]))
    assert (done.code, done.report["outcome"]) == (0, "clean"), (done.report["reason"], done.report["commands"])
    assert [each["stage"] for each in done.report["commands"]] == ["test"]
