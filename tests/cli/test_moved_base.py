"""Specs whose base moved since they were written, with `mtor run`, `check` and `apply`, and real git."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from command_line import branches, environment, git, mtor, put, repository, spec

if TYPE_CHECKING:
    from collections.abc import Mapping

LINES = "".join(f"line {number}\n" for number in range(1, 31))
OTHER = "".join(f"other {number}\n" for number in range(1, 31))


def edit(path: str, old: str, new: str) -> str:
    return f"```` edit={path}\n<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n````\n"


# With three lines of context, as models write hunks.
NEAR_20 = "".join(LINES.splitlines(keepends=True)[16:23])
LINE_20 = edit("a.py", NEAR_20, NEAR_20.replace("line 20\n", "mine\n"))


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A repository with one commit: a.py and b.py of thirty lines each."""
    return repository(tmp_path / "repo", {"a.py": LINES, "b.py": OTHER, "c.txt": "c\n"})


def head(repo: Path, name: str = "HEAD") -> str:
    return git(repo, "rev-parse", name).strip()


def commit(repo: Path, files: Mapping[str, str | bytes] | None = None, *, title: str = "moved") -> str:
    """The base moves."""
    put(repo, files or {})
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "--allow-empty", "-m", title)
    return head(repo)


def moved(repo: Path) -> str:
    """Line 22, in the context of LINE_20, changes on the base; the commit before."""
    old = head(repo)
    commit(repo, {"a.py": LINES.replace("line 22\n", "theirs 22\n")})
    for number in range(3):
        commit(repo, {f"later{number}": "x\n"})
    return old


def run(repo: Path, path: Path, *blocks: str, **settings: Any) -> dict[str, Any]:
    return mtor(repo, "run", "--json", spec(path / "s.md", *blocks, **{"test": ["true"], **settings})).report


def rules(report: dict[str, Any]) -> list[str]:
    return [diagnostic["rule"] for diagnostic in report["diagnostics"]]


def messages(report: dict[str, Any]) -> str:
    return "\n".join(f"{diagnostic['message']}\n{diagnostic['help']}" for diagnostic in report["diagnostics"])


def test_a_spec_is_merged_from_the_commit_that_it_was_written_for_and_tested_merged(repo: Path, tmp_path: Path) -> None:
    old = moved(repo)
    report = run(repo, tmp_path, LINE_20, test=["grep -c mine a.py && grep -c 'theirs 22' a.py"])
    assert (report["outcome"], report["base"]) == ("clean", head(repo))
    assert report["written_for"] == {"commit": old, "found": True, "merged": ["a.py"]}
    merged = LINES.replace("line 22\n", "theirs 22\n").replace("line 20\n", "mine\n")
    assert git(repo, "show", f"{report['branch']}:a.py") == merged
    assert git(repo, "diff", "--name-only", "main", report["branch"]).split() == ["a.py"]
    assert git(repo, "rev-parse", f"{report['branch']}^").strip() == head(repo)


def test_the_commit_that_the_spec_names_is_taken_wherever_it_is(repo: Path, tmp_path: Path) -> None:
    git(repo, "checkout", "-q", "-b", "side")
    old = commit(repo, {"a.py": LINES.replace("line 19\n", "side 19\n")})
    git(repo, "checkout", "-q", "main")
    commit(repo, {"a.py": LINES.replace("line 2\n", "theirs 2\n")})
    hunk = edit("a.py", "side 19\nline 20\nline 21\n", "side 19\nline 20\nmine\n")
    assert rules(run(repo, tmp_path, hunk)) == ["hunk-not-found"]
    report = run(repo, tmp_path, hunk, written_for=old[:7])
    assert (report["outcome"], report["written_for"]) == ("clean", {"commit": old, "found": False, "merged": ["a.py"]})
    merged = LINES.replace("line 2\n", "theirs 2\n").replace("line 21\n", "mine\n")
    assert git(repo, "show", f"{report['branch']}:a.py") == merged


def test_check_and_apply_say_and_do_the_same(repo: Path, tmp_path: Path) -> None:
    old = moved(repo)
    path = spec(tmp_path / "s.md", LINE_20, test=["true"])
    checked = mtor(repo, "check", path)
    assert checked.code == 0
    assert f"would be merged from {old[:12]} (found by mtor)" in checked.out
    applied = mtor(repo, "apply", "--json", path)
    assert (applied.code, applied.report["written_for"]["commit"]) == (0, old)
    assert (repo / "a.py").read_text() == LINES.replace("line 22\n", "theirs 22\n").replace("line 20\n", "mine\n")
    assert git(repo, "status", "--porcelain") == " M a.py\n"


def test_a_conflict_is_refused_with_both_sides(repo: Path, tmp_path: Path) -> None:
    old = moved(repo)
    commit(repo, {"a.py": LINES.replace("line 20\n", "theirs 20\n")})
    report = run(repo, tmp_path, LINE_20)
    assert (report["outcome"], rules(report), branches(repo)) == ("rejected", ["base-moved"], [])
    assert report["written_for"] == {"commit": old, "found": True, "merged": []}
    said = messages(report)
    assert '"a.py"' in said
    assert "line 20 of the base now:\n    | theirs 20\nthe spec:\n    | mine" in said
    assert report["diagnostics"][0]["line"] == 4  # of its hunk


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"remove": "a.py"}, "it was deleted or moved away there, and the change edits it"),
        ({"put": {"new.txt": "theirs\n"}}, "it was added there with other content"),
    ],
)
def test_what_is_not_about_lines_is_refused_by_name(
    repo: Path, tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    if "remove" in change:
        (repo / change["remove"]).unlink()
    commit(repo, change.get("put"))
    report = run(repo, tmp_path, LINE_20, "``` create=new.txt\nmine\n```\n")
    assert (report["outcome"], rules(report)) == ("rejected", ["base-moved"])
    assert words in messages(report)


@pytest.mark.parametrize(
    "target",
    [
        "tests/conftest.py",
        ".github/workflows/ci.yml",
        "tests/test_b.py",
        "sitecustomize.py",
        ".github/actions/x/action.yml",
    ],
)
def test_a_rename_on_the_base_carries_no_edit_to_a_file_that_the_spec_may_not_mean(
    repo: Path, tmp_path: Path, target: str
) -> None:
    (repo / target).parent.mkdir(parents=True, exist_ok=True)
    git(repo, "mv", "b.py", target)
    commit(repo)
    report = run(repo, tmp_path, edit("b.py", "other 20\n", "mine\n"))
    assert (report["outcome"], rules(report), branches(repo)) == ("rejected", ["base-moved"], [])
    assert target in messages(report)


def test_a_rename_on_the_base_is_followed(repo: Path, tmp_path: Path) -> None:
    (repo / "src").mkdir()
    git(repo, "mv", "b.py", "src/b.py")
    commit(repo)
    report = run(repo, tmp_path, edit("b.py", "other 20\n", "mine\n"))
    assert (report["outcome"], report["written_for"]["merged"]) == ("clean", ["src/b.py"])
    assert [(row["path"], row["note"]) for row in report["operations"]] == [
        ("src/b.py", "in b.py, as it was called; merged with the base's changes")
    ]
    assert git(repo, "show", f"{report['branch']}:src/b.py") == OTHER.replace("other 20\n", "mine\n")


def test_a_renamed_folder_takes_no_new_file_along(repo: Path, tmp_path: Path) -> None:
    commit(repo, {"lib/x.py": LINES, "lib/y.py": OTHER})
    git(repo, "mv", "lib", "tests")
    commit(repo)
    git(repo, "config", "merge.directoryRenames", "true")
    commit(repo, {"a.py": LINES.replace("line 22\n", "theirs 22\n")})
    report = run(repo, tmp_path, LINE_20, "``` create=lib/conftest.py\nnew = 1\n```\n")
    assert report["outcome"] == "clean"
    assert git(repo, "diff", "--name-only", "main", report["branch"]).split() == ["a.py", "lib/conftest.py"]


def test_no_merge_driver_runs_and_no_setting_of_the_repository_counts(repo: Path, tmp_path: Path) -> None:
    commit(repo, {".gitattributes": "*.py merge=evil\n"})
    moved(repo)
    proof = tmp_path / "ran"
    git(repo, "config", "merge.evil.driver", f"touch {proof}; exit 0")
    git(repo, "config", "merge.evil.name", "evil")
    git(repo, "config", "merge.default", "evil")
    (repo / ".git/info/attributes").write_text("*.py -merge\n")
    report = run(repo, tmp_path, LINE_20)
    assert (report["outcome"], proof.exists()) == ("clean", False)


def test_the_attributes_of_the_base_count_wherever_it_is_merged(repo: Path, tmp_path: Path) -> None:
    moved(repo)
    commit(repo, {"sub/.gitattributes": "", ".gitattributes": "a.py -merge\n"})
    report = run(repo, tmp_path, LINE_20)
    assert (report["outcome"], rules(report)) == ("rejected", ["base-moved"])


def test_a_filter_that_the_base_got_meanwhile_is_refused(repo: Path, tmp_path: Path) -> None:
    moved(repo)
    commit(repo, {".gitattributes": "a.py filter=lfs\n"})
    assert rules(run(repo, tmp_path, LINE_20)) == ["filter"]


def test_merging_and_placing_that_differ_are_a_conflict(repo: Path, tmp_path: Path) -> None:
    moved(repo)
    theirs = OTHER.replace("other 3\n", "theirs 3\n")
    commit(repo, {"b.py": theirs})
    report = run(repo, tmp_path, LINE_20, f"``` write=b.py\n{OTHER}more\n```\n")
    assert (report["outcome"], rules(report)) == ("rejected", ["base-moved"])
    assert "gives a different file from the spec merged into it" in messages(report)


def test_a_spec_that_names_its_commit_does_not_undo_what_the_base_got_since(repo: Path, tmp_path: Path) -> None:
    old = head(repo)
    commit(repo, {"b.py": OTHER.replace("other 3\n", "theirs 3\n")})
    whole = f"``` write=b.py\n{OTHER}more\n```\n"
    report = run(repo, tmp_path, whole, written_for=old)
    assert (report["outcome"], rules(report), branches(repo)) == ("rejected", ["base-moved"], [])
    assert run(repo, tmp_path, whole)["outcome"] == "clean"  # nobody says what its author saw


def test_what_the_base_has_of_the_spec_already_is_left_out(repo: Path, tmp_path: Path) -> None:
    commit(repo, {"a.py": LINES.replace("line 20\n", "mine\n").replace("line 5\n", "theirs 5\n")})
    report = run(repo, tmp_path, LINE_20, edit("b.py", "other 20\n", "mine\n"))
    assert report["outcome"] == "clean"
    assert git(repo, "diff", "--name-only", "main", report["branch"]).split() == ["b.py"]


def test_a_removal_that_the_base_made_too_is_empty(repo: Path, tmp_path: Path) -> None:
    commit(repo, {"a.py": LINES.replace("line 20\n", "").replace("line 22\n", "theirs\n")})
    report = run(repo, tmp_path, edit("a.py", "line 19\nline 20\nline 21\nline 22\n", "line 19\nline 21\nline 22\n"))
    assert report["outcome"] == "empty"
    assert report["written_for"]["found"] is True


def test_a_spec_that_was_applied_and_changed_afterwards_is_not_applied_again(repo: Path, tmp_path: Path) -> None:
    commit(repo, {"a.py": LINES.replace("line 20\n", "mine\n")})
    commit(repo, {"a.py": LINES.replace("line 20\n", "")})
    report = run(repo, tmp_path, LINE_20)
    assert (report["outcome"], rules(report), report["written_for"]["commit"]) == ("rejected", ["hunk-not-found"], "")


def test_a_wrong_spec_says_what_it_said_before(repo: Path, tmp_path: Path) -> None:
    moved(repo)
    report = run(repo, tmp_path, edit("a.py", "never there\n", "mine\n"))
    assert (report["outcome"], rules(report), report["written_for"]["commit"]) == ("rejected", ["hunk-not-found"], "")


def test_a_spec_made_of_a_difference_names_its_commit_and_outlives_the_base(repo: Path, tmp_path: Path) -> None:
    """Among equal lines a hunk needs the marks around them, and both marks change on the base."""
    same = ["same\n"] * 7
    commit(repo, {"a.py": "".join([LINES, "mark 1\n", *same, "mark 2\n"])})
    old = head(repo)
    git(repo, "checkout", "-q", "-b", "work")
    commit(repo, {"a.py": "".join([LINES, "mark 1\n", *same[:3], "mine\n", *same[:3], "mark 2\n"])}, title="mine")
    git(repo, "checkout", "-q", "main")
    text = mtor(repo, "spec", "--from-diff", "main..work").out
    assert f"written_for: {old}\n" in text
    assert "base:" not in text
    commit(repo, {"a.py": "".join([LINES, "theirs 1\n", *same, "theirs 2\n"])})
    (tmp_path / "s.md").write_text(text.replace(f"written_for: {old}\n", f"written_for: {old}\ntest: []\n"))
    report = mtor(repo, "run", "--json", str(tmp_path / "s.md")).report
    assert (report["outcome"], report["written_for"]) == ("clean", {"commit": old, "found": False, "merged": ["a.py"]})


def test_a_commit_that_is_not_here_is_an_error_only_where_it_matters(repo: Path, tmp_path: Path) -> None:
    missing = "deadbeef" * 5
    assert run(repo, tmp_path, edit("a.py", "line 20\n", "mine\n"), written_for=missing)["outcome"] == "clean"
    moved(repo)
    report = run(repo, tmp_path, LINE_20, written_for=missing)
    assert (report["outcome"], missing in report["reason"]) == ("error", True)


def test_the_search_has_an_end(repo: Path, tmp_path: Path) -> None:
    """Forty states are planned at most: the forty-first is not looked at."""
    old = moved(repo)
    for number in range(42):  # every line is there, in two places
        commit(repo, {"a.py": f"{number}\n{NEAR_20}{LINES}"})
    assert rules(run(repo, tmp_path, LINE_20)) == ["hunk-ambiguous"]
    assert run(repo, tmp_path, LINE_20, written_for=old)["written_for"]["commit"] == old


def test_a_commit_without_the_lines_is_ruled_out_before_it_is_planned(repo: Path, tmp_path: Path) -> None:
    old = moved(repo)
    for number in range(42):
        commit(repo, {"a.py": LINES.replace("line 22\n", f"theirs {number}\n").replace("line 17\n", "x\n")})
    report = run(repo, tmp_path, LINE_20)
    assert (report["outcome"], report["written_for"]["commit"]) == ("clean", old)


FUNCTIONS = "def one():\n    return 1\n\n\ndef two():\n    return 2\n"
TWO = "```python replace=f.py symbol=two\ndef two():\n    return 22\n```\n"


def test_what_is_overwritten_unread_is_what_the_author_saw_at_the_named_commit(repo: Path, tmp_path: Path) -> None:
    old = commit(repo, {"f.py": FUNCTIONS})
    assert rules(run(repo, tmp_path, TWO)) == ["unseen"]
    assert run(repo, tmp_path, TWO, written_for=old)["outcome"] == "clean"
    commit(repo, {"f.py": FUNCTIONS.replace("return 1", "return 11")})
    assert rules(run(repo, tmp_path, TWO)) == ["unseen"]  # what mtor finds is not what the author saw
    report = run(repo, tmp_path, TWO, written_for=old)
    assert (report["outcome"], report["written_for"]["commit"]) == ("clean", "")
    commit(repo, {"f.py": FUNCTIONS.replace("return 2", "return 3")})
    assert rules(run(repo, tmp_path, TWO, written_for=old)) == ["base-moved"]


def counting_git(tmp_path: Path) -> tuple[dict[str, str], Path]:
    """An environment in which every git process leaves a line."""
    log, tools = tmp_path / "processes", tmp_path / "tools"
    tools.mkdir()
    script = f'#!/bin/sh\necho "$@" >> {log}\nPATH={os.environ["PATH"]} exec git "$@"\n'
    (tools / "git").write_text(script)
    (tools / "git").chmod(0o755)
    return environment(PATH=f"{tools}:{Path(sys.executable).parent}:{os.environ['PATH']}"), log


NEVER = {"merge-tree", "rev-list", "init", "log", "diff-tree"}


@pytest.mark.parametrize("names", [False, True])
def test_a_spec_that_applies_costs_no_process_more(repo: Path, tmp_path: Path, *, names: bool) -> None:
    env, log = counting_git(tmp_path)
    settings = {"written_for": head(repo)[:9]} if names else {}
    path = spec(tmp_path / "s.md", edit("a.py", "line 20\n", "mine\n"), test=["true"], **settings)
    assert mtor(repo, "check", path, env=env).code == 0
    assert len(log.read_text().splitlines()) == 4
    assert mtor(repo, "apply", path, env=env).code == 0
    git(repo, "checkout", "-q", "a.py")
    words = {word for line in log.read_text().splitlines() for word in line.split()}
    assert words.isdisjoint(NEVER)


def test_a_run_of_a_spec_that_names_its_base_has_the_processes_of_one_that_does_not(repo: Path, tmp_path: Path) -> None:
    env, log = counting_git(tmp_path)
    counts = []
    for settings in ({}, {"written_for": head(repo)}):
        log.unlink(missing_ok=True)
        path = spec(tmp_path / "s.md", edit("a.py", "line 20\n", "mine\n"), test=["true"], **settings)
        assert mtor(repo, "run", path, env=env).code == 0
        git(repo, "branch", "-q", "-D", *branches(repo))
        counts.append(sorted(line.split()[-1] for line in log.read_text().splitlines() if "merge-tree" not in line))
        assert "rev-list" not in log.read_text()
    assert len(counts[0]) == len(counts[1])


@pytest.mark.parametrize("value", ["main", "123", "ABCDEF1", "HEAD~1", "--upload-pack=x"])
def test_only_the_id_of_a_commit_is_a_commit(repo: Path, tmp_path: Path, value: str) -> None:
    assert rules(run(repo, tmp_path, LINE_20, written_for=value)) == ["setting"]


def test_it_is_a_setting_of_specs_alone(repo: Path, tmp_path: Path) -> None:
    commit(repo, {".github/mtor.yml": f"written_for: {head(repo)}\n"})
    assert rules(run(repo, tmp_path, LINE_20)) == ["unknown-key"]
