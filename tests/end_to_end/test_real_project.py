"""A real project, real specs, the real command line: iniconfig from the package index and its own test suite."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from real_project import SPEC, WRONG_SPEC, NotFetchedError, environment, fetch, git, make_repository, state

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.timeout(300)

BRANCH = "mtor/add-converters-test-the-readme"
OPERATIONS = {
    ("move", "docs/example.ini"),
    ("delete", "PKG-INFO"),
    ("delete", "setup.cfg"),
    ("create", "src/iniconfig/converters.py"),
    ("create", "testing/test_converters.py"),
    ("create", "testing/test_readme.py"),
    ("edit", "src/iniconfig/__init__.py"),
    ("edit", "docs/example.ini"),
    ("edit", "README.rst"),
    ("edit", "MANIFEST.in"),
    ("edit", "CHANGELOG"),
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    try:
        archive = fetch()
    except NotFetchedError as error:
        pytest.fail(f"this test needs the package index, or the archive that it fetches: {error}", pytrace=False)
    return make_repository(archive, tmp_path / "iniconfig")


def mtor(project: Path, *arguments: str, exit_code: int = 0, stdin: bytes = b"") -> bytes:
    done = subprocess.run(
        ["mtor", *arguments], cwd=project, env=environment(), input=stdin, capture_output=True, check=False
    )
    assert done.returncode == exit_code, (done.stdout.decode(), done.stderr.decode())
    return done.stdout


def report_of(project: Path, spec: Path, exit_code: int = 0) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(mtor(project, "run", str(spec), "--json", exit_code=exit_code))
    return report


def test_exact_code_lands_on_a_branch_after_the_projects_own_suite_ran_on_it_at_zero_tokens(project: Path) -> None:
    suite = subprocess.run(
        "PYTHONPATH=src python -m pytest -q -p no:cacheprovider | tail -1",
        shell=True,
        cwd=project,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    before = state(project)

    report = report_of(project, SPEC)

    assert (report["outcome"], report["branch"], report["diagnostics"]) == ("clean", BRANCH, [])
    assert {(found["kind"], found["path"]) for found in report["operations"]} == OPERATIONS
    assert {found["placement"] for found in report["operations"]} == {"exact"}
    assert report["turns"] == []
    assert [report["usage"][name] for name in ("requests", "input_tokens", "output_tokens", "usd")] == [0, 0, 0, 0.0]

    [command] = report["commands"]
    assert (command["stage"], command["exit_code"]) == ("test", 0)
    assert passed(command["output_tail"]) == passed(suite.stdout) + 13
    assert state(project)[1:] == before[1:]
    assert_branch_is_as_the_spec_says(project, report)
    assert_report_is_written(project, report)


def passed(output: str) -> int:
    found = re.search(r"\b(\d+) passed in ", output)
    assert found is not None, output
    return int(found[1])


def assert_branch_is_as_the_spec_says(project: Path, report: dict[str, Any]) -> None:
    assert git(project, "rev-parse", BRANCH) == report["head"]
    assert git(project, "rev-parse", f"{BRANCH}^") == report["base"] == git(project, "rev-parse", "main")
    files = git(project, "ls-tree", "-r", "--name-only", BRANCH).splitlines()
    assert not {"example.ini", "PKG-INFO", "setup.cfg"} & set(files)
    text = SPEC.read_text()
    for path in ("src/iniconfig/converters.py", "testing/test_converters.py", "testing/test_readme.py"):
        body = text.partition(f"```python create={path}\n")[2].partition("\n```\n")[0]
        assert git(project, "show", f"{BRANCH}:{path}") == body
    assert git(project, "show", f"{BRANCH}:MANIFEST.in").splitlines()[:2] == [
        "include LICENSE",
        "include docs/example.ini",
    ]
    changed = git(project, "diff", "--numstat", "main", BRANCH, "--", "src/iniconfig/__init__.py")
    assert changed.split()[:2] == ["6", "0"]


def assert_report_is_written(project: Path, report: dict[str, Any]) -> None:
    folder = project / ".git" / "mtor" / "jobs" / report["job"]
    assert json.loads((folder / "report.json").read_text()) == report
    assert (folder / "report.html").read_text().startswith("<!doctype html>")
    assert "clean" in (folder / "report.md").read_text().lower()


def test_a_second_run_on_the_result_and_a_second_apply_find_everything_done(project: Path) -> None:
    mtor(project, "apply", str(SPEC))
    assert b"already applied" in mtor(project, "apply", str(SPEC))
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "by hand")

    report = report_of(project, SPEC)

    assert (report["outcome"], report["branch"], report["commands"]) == ("empty", "", [])


def test_the_branch_as_a_spec_gives_the_same_tree(project: Path) -> None:
    report_of(project, SPEC)

    spec = mtor(project, "spec", "--from-diff", f"main..{BRANCH}")
    mtor(project, "apply", "-", stdin=spec)

    git(project, "add", "--all")
    assert git(project, "write-tree") == git(project, "rev-parse", f"{BRANCH}^{{tree}}")


def test_five_mistakes_are_reported_at_once_and_nothing_is_written(project: Path) -> None:
    before = state(project)
    files = {path: path.read_bytes() for path in project.rglob("*") if path.is_file() and ".git" not in path.parts}

    report = report_of(project, WRONG_SPEC, exit_code=2)

    assert (report["outcome"], report["branch"], report["commands"]) == ("rejected", "", [])
    found = [(diagnostic["line"], diagnostic["rule"]) for diagnostic in report["diagnostics"]]
    assert found == [(6, "unknown-key"), (10, "near-miss"), (15, "path"), (25, "elision"), (29, "no-change")]
    assert state(project) == before
    assert files == {
        path: path.read_bytes() for path in project.rglob("*") if path.is_file() and ".git" not in path.parts
    }
