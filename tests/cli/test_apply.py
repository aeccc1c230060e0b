"""`mtor apply`, `check` and `run` of removals: done once, empty the second time, a miss where SEARCH is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from command_line import git, mtor, spec

if TYPE_CHECKING:
    from pathlib import Path

REMOVES = "```python edit=a.py\n<<<<<<< SEARCH\ndef f():\n    return 1\n=======\n>>>>>>> REPLACE\n```\n"
WRONG = REMOVES.replace("return 1", "return  1")


@pytest.mark.parametrize("verb", ["check", "apply", "run"])
def test_a_removal_with_a_wrong_search_is_rejected_by_every_verb(repo: Path, tmp_path: Path, verb: str) -> None:
    done = mtor(repo, verb, spec(tmp_path / "s.md", WRONG, test=["true"]), "--json")

    assert (done.code, done.report["outcome"]) == (2, "rejected")
    assert [found["rule"] for found in done.report["diagnostics"]] == ["hunk-not-found"]
    assert "lines 1-2" in done.report["diagnostics"][0]["help"]


def test_a_removal_applied_twice_is_empty_before_and_after_it_is_committed(repo: Path, tmp_path: Path) -> None:
    path = spec(tmp_path / "s.md", REMOVES, test=["true"])
    assert mtor(repo, "apply", path).code == 0

    assert mtor(repo, "apply", path, "--json").report["outcome"] == "empty"
    git(repo, "commit", "-qam", "as the spec says")
    for number in range(3):
        (repo / "lib.py").write_text(f"x = {number + 5}\n")
        git(repo, "commit", "-qam", "something else")
    for verb in ("check", "apply", "run"):
        done = mtor(repo, verb, path, "--json")
        assert (verb, done.code, done.report["outcome"]) == (verb, 0, "empty")


def test_a_merged_removal_is_empty(repo: Path, tmp_path: Path) -> None:
    path = spec(tmp_path / "s.md", REMOVES, test=["true"])
    branch = mtor(repo, "run", path, "--json").report["branch"]
    git(repo, "merge", "-q", "--no-ff", "-m", "merged", branch)

    assert mtor(repo, "run", path, "--json").report["outcome"] == "empty"


def test_to_delete_what_never_was_is_an_error_and_what_was_deleted_is_empty(repo: Path, tmp_path: Path) -> None:
    never = mtor(
        repo, "check", spec(tmp_path / "n.md", "```yaml mtor\ndelete: [odl.txt]\ntest: ['true']\n```\n"), "--json"
    )
    assert (never.code, [found["rule"] for found in never.report["diagnostics"]]) == (2, ["missing"])

    git(repo, "rm", "-q", "old.txt")
    git(repo, "commit", "-qm", "removed by hand")
    gone = mtor(
        repo, "check", spec(tmp_path / "g.md", "```yaml mtor\ndelete: [old.txt]\ntest: ['true']\n```\n"), "--json"
    )
    assert (gone.code, gone.report["outcome"]) == (0, "empty")
