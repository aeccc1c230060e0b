"""`subst` through the commands: every place is listed, the run commits all files, a hostile pattern is ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from command_line import git, mtor, put, spec

if TYPE_CHECKING:
    from pathlib import Path

BODY = "```python subst=**/*.py count={count}{more}\n<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE\n```\n"
FILES = {"src/one.py": "a = fetch(1)\n", "tests/test_one.py": "x = 0\nassert fetch(1), fetch(2)\n"}


def block(old: str, new: str, count: int, more: str = "") -> str:
    return BODY.format(old=old, new=new, count=count, more=more)


def test_check_lists_each_place_and_run_commits_them_and_is_empty_the_second_time(repo: Path, tmp_path: Path) -> None:
    put(repo, FILES)
    git(repo, "add", "src", "tests")
    git(repo, "commit", "-qm", "files")
    path = spec(tmp_path / "s.md", block("fetch(", "load(", 3), test=["true"])

    checked = mtor(repo, "check", path)
    assert checked.code == 0, checked.out
    assert [line.strip() for line in checked.out.splitlines() if ".py:" in line] == [
        "src/one.py:1",
        "tests/test_one.py:2",
    ]

    report = mtor(repo, "run", path, "--json").report
    assert report["outcome"] == "clean"
    assert [(row["kind"], row["path"], row["places"]) for row in report["operations"]] == [
        ("subst", "src/one.py", [1]),
        ("subst", "tests/test_one.py", [2]),
    ]
    assert git(repo, "show", f"{report['branch']}:tests/test_one.py") == "x = 0\nassert load(1), load(2)\n"
    git(repo, "merge", "-q", report["branch"])
    assert mtor(repo, "run", path, "--json").report["outcome"] == "empty"


@pytest.mark.parametrize(("pattern", "rule"), [("(a+)+$", "subst-pattern"), ("nowhere", "subst-count")])
def test_a_pattern_that_never_ends_or_has_no_place_is_rejected(
    repo: Path, tmp_path: Path, pattern: str, rule: str
) -> None:
    put(repo, {"src/long.py": "a" * 50 + "!\n"})
    git(repo, "add", "src")
    git(repo, "commit", "-qm", "long")

    done = mtor(repo, "run", spec(tmp_path / "s.md", block(pattern, "b", 1, " regex=yes"), test=["true"]), "--json")

    assert (done.code, [found["rule"] for found in done.report["diagnostics"]]) == (2, [rule])
