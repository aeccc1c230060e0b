"""Every ending of `mtor run` that exists without a model, as a process, with real git."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from command_line import EDIT, branches, environment, git, mtor, put, repository, spec, state

TYPES: dict[str, Any] = {
    "schema": int,
    "job": str,
    "outcome": str,
    "reason": str,
    "next_step": str,
    "spec": dict,
    "base": str,
    "written_for": dict,
    "head": str,
    "branch": str,
    "operations": list,
    "settings": list,
    "per_day": dict,
    "runner": dict,
    "signature": dict,
    "order": dict,
    "commands": list,
    "turns": list,
    "forms": list,
    "usage": dict,
    "stall": dict,
    "reflection": dict,
    "coaching": dict,
    "isolation": str,
    "diagnostics": list,
    "untested": bool,
    "flaky": bool,
    "base_red": bool,
    "red_before": dict,
    "verified": str,
    "excused": list,
    "fill": list,
    "formatted": list,
    "dirtied": list,
    "look_first": list,
    "diff": str,
    "started": str,
    "seconds": float,
}
ONCE = "test -e {0} || {{ touch {0}; echo FAILED; exit 1; }}"  # red the first time only


def test_green_is_clean_and_committed_on_a_branch_of_its_own(repo: Path, tmp_path: Path) -> None:
    before = state(repo)
    new = "```python create=tests/test_a.py\nassert True\n```\n"
    done = mtor(repo, "run", spec(tmp_path / "s.md", EDIT, new, test=["grep 'return 2' a.py"]))
    assert (done.code, done.out.split()[0]) == (0, "CLEAN")
    assert state(repo) == before
    assert branches(repo) == ["mtor/return-two"]
    assert git(repo, "show", "mtor/return-two:a.py") == "def f():\n    return 2\n"
    assert git(repo, "diff", "--name-only", "main", "mtor/return-two").split() == ["a.py", "tests/test_a.py"]
    assert git(repo, "log", "-1", "--format=%P", "mtor/return-two") == git(repo, "rev-parse", "main")


def test_nothing_in_the_commits_message_closes_an_issue_calls_somebody_or_switches_ci_off(
    repo: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "odd\nCo-authored-by: x <x@x>"
    folder.mkdir()
    title = "Fixes #1 for @ada [skip ci]"
    report = mtor(repo, "run", "--json", spec(folder / "s.md", EDIT, title=title, test=["true"])).report
    message = git(repo, "log", "-1", "--format=%B", report["branch"])
    assert not [word for word in ("#1", "@ada", "[skip", "\nCo-authored-by:") if word in message]
    assert message.replace("\u200b", "").startswith(f"{title}\n\nSpec: ")


def test_json_is_one_object_with_every_field_of_the_contract(repo: Path, tmp_path: Path) -> None:
    done = mtor(repo, "run", "--json", spec(tmp_path / "s.md", EDIT, setup=["true"], test=["echo fine"]))
    report = done.report
    assert {name: type(value) for name, value in report.items()} == TYPES
    assert report["schema"] == 1
    assert report["outcome"] == "clean"
    assert set(report["spec"]) >= {"title", "sha256", "parts", "source"}
    assert report["operations"] == [
        {
            "kind": "edit",
            "path": "a.py",
            "line": 3,
            "placement": "exact",
            "added": 1,
            "removed": 1,
            "note": "",
            "places": [],
            "changed_by_model": False,
        }
    ]
    assert [(c["stage"], c["command"], c["exit_code"], c["output_tail"]) for c in report["commands"]] == [
        ("setup", "true", 0, ""),
        ("test", "echo fine", 0, "fine"),
    ]
    assert all(type(c["seconds"]) is float for c in report["commands"])
    usage = report["usage"]
    assert [usage[name] for name in ("requests", "input_tokens", "output_tokens", "usd")] == [0, 0, 0, 0.0]
    assert (report["stall"]["signals"], report["coaching"]) == ([], {"injected": [], "left_out": []})
    assert report["base"] == git(repo, "rev-parse", "main").strip()
    assert report["head"] == git(repo, "rev-parse", report["branch"]).strip()
    assert report["diff"].startswith("diff --git a/a.py b/a.py\n")


def test_the_report_lies_in_the_job_folder_or_where_out_says(repo: Path, tmp_path: Path) -> None:
    path = spec(tmp_path / "s.md", EDIT, test=["true"])
    report = mtor(repo, "run", "--json", path).report
    folder = repo / ".git/mtor/jobs" / report["job"]
    assert json.loads((folder / "report.json").read_text()) == report
    assert sorted(file.name for file in folder.iterdir()) == ["report.html", "report.json", "report.md"]
    out = tmp_path / "a" / "b"
    report = mtor(repo, "run", "--json", "--out", str(out), path).report
    assert json.loads((out / "report.json").read_text()) == report
    assert not (repo / ".git/mtor/jobs" / report["job"]).exists()


def test_an_out_that_cannot_be_written_loses_neither_outcome_nor_branch(repo: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    path = spec(tmp_path / "s.md", EDIT, test=["true"])
    done = mtor(repo, "run", "--json", "--out", str(tmp_path / "file" / "x"), path)
    assert (done.code, done.report["outcome"]) == (3, "clean")
    assert "the report cannot be written" in done.err
    assert "Traceback" not in done.err


def test_red_then_green_without_a_change_is_clean_and_flaky(repo: Path, tmp_path: Path) -> None:
    # Green on the base too, so the failure is not the base's.
    command = f"grep -q 'return 1' a.py && exit 0; {ONCE.format(tmp_path / 'seen')}"
    done = mtor(repo, "run", "--json", spec(tmp_path / "s.md", EDIT, test=["true", command]))
    report = done.report
    assert (done.code, report["outcome"], report["flaky"], report["base_red"]) == (0, "clean", True, False)
    assert [c["stage"] for c in report["commands"]] == ["test", "test", "base", "flaky"]


def test_a_spec_that_is_in_place_already_is_empty(repo: Path, tmp_path: Path) -> None:
    path = spec(tmp_path / "s.md", EDIT, test=["false"])
    put(repo, {"a.py": "def f():\n    return 2\n"})
    git(repo, "commit", "-qam", "by hand")
    before = state(repo)
    done = mtor(repo, "run", "--json", path)
    assert (done.code, done.report["outcome"], done.report["commands"]) == (0, "empty", [])
    assert (state(repo), branches(repo)) == (before, [])


def test_red_is_failing_and_the_branch_is_there_to_look_at(repo: Path, tmp_path: Path) -> None:
    before = state(repo)
    done = mtor(repo, "run", "--json", spec(tmp_path / "s.md", EDIT, test=["grep 'return 1' a.py"]))
    report = done.report
    assert (done.code, report["outcome"], report["base_red"], report["flaky"]) == (1, "failing", False, False)
    assert [c["stage"] for c in report["commands"]] == ["test", "base", "flaky"]
    assert (state(repo), branches(repo)) == (before, [report["branch"]])


def test_what_is_red_on_the_base_already_is_reported_as_that(repo: Path, tmp_path: Path) -> None:
    done = mtor(repo, "run", "--json", spec(tmp_path / "s.md", EDIT, test=["echo broken; exit 9"]))
    report = done.report
    assert (done.code, report["outcome"], report["base_red"]) == (1, "failing", True)
    assert [c["stage"] for c in report["commands"]] == ["test", "base"]
    told = (repo / ".git/mtor/jobs" / report["job"] / "report.md").read_text()
    assert "Repair the base first" in told
    assert "correct the spec" not in told


def test_one_new_failure_beside_an_old_one_is_the_specs(repo: Path, tmp_path: Path) -> None:
    path = spec(tmp_path / "s.md", EDIT, test=["echo broken; exit 9", "grep 'return 1' a.py"])
    report = mtor(repo, "run", "--json", path).report
    assert (report["outcome"], report["base_red"]) == ("failing", False)


@pytest.mark.parametrize("text", ["test: []", "test: []\nsetup: ['true']"])
def test_an_empty_list_of_tests_is_clean_and_untested(repo: Path, tmp_path: Path, text: str) -> None:
    path = tmp_path / "s.md"
    path.write_text(f"# T\n{EDIT}\n```yaml mtor\n{text}\n```\n")
    done = mtor(repo, "run", "--json", str(path))
    assert (done.code, done.report["outcome"], done.report["untested"]) == (0, "clean", True)
    assert "Untested" in mtor(repo, "run", str(path)).out


REJECTED = {
    "attribute": f"{EDIT}```python create=x.py y\n```\n```yaml mtor\ntest: ['true']\n```\n",
    "hunk-not-found": EDIT.replace("return 1", "return 7") + "```yaml mtor\ntest: ['true']\n```\n",
    "no-test": EDIT,
    "no-manifest": "only words\n```yaml mtor\ntest: ['true']\n```\n",
    "exists": "```python create=lib.py\nother\n```\n```yaml mtor\ntest: ['true']\n```\n",
    "path": "```python create=../x\n```\n```yaml mtor\ntest: ['true']\n```\n",
}


@pytest.mark.parametrize("rule", REJECTED)
def test_a_spec_that_does_not_apply_is_rejected_and_nothing_is_written(repo: Path, tmp_path: Path, rule: str) -> None:
    (tmp_path / "s.md").write_text(f"# T\n{REJECTED[rule]}")
    before = state(repo)
    done = mtor(repo, "run", "--json", str(tmp_path / "s.md"))
    assert (done.code, done.report["outcome"]) == (2, "rejected")
    assert [found["rule"] for found in done.report["diagnostics"]] == [rule]
    assert (state(repo), branches(repo)) == (before, [])
    assert f"[{rule}]" in mtor(repo, "run", str(tmp_path / "s.md")).out


def test_settings_that_cannot_be_read_are_not_called_settings_without_a_test(repo: Path, tmp_path: Path) -> None:
    for text, rule in (("title: a: b\ntest: [x]", "yaml"), ("tset: [x]", "unknown-key"), ("test: {a: b}", "setting")):
        (tmp_path / "s.md").write_text(f"{EDIT}```yaml mtor\n{text}\n```\n")
        done = mtor(repo, "run", "--json", str(tmp_path / "s.md"))
        assert [found["rule"] for found in done.report["diagnostics"]] == [rule]


def test_defaults_of_the_base_give_the_test(repo: Path, tmp_path: Path) -> None:
    put(repo, {".github/mtor.yml": "test: [grep 'return 2' a.py]\n"})
    git(repo, "add", "-A", ".github")
    git(repo, "commit", "-qm", "defaults")
    report = mtor(repo, "run", "--json", spec(tmp_path / "s.md", EDIT)).report
    assert (report["outcome"], [c["command"] for c in report["commands"]]) == ("clean", ["grep 'return 2' a.py"])


def test_a_base_whose_setup_fails_is_an_error_and_no_verdict(repo: Path, tmp_path: Path) -> None:
    before = state(repo)
    done = mtor(repo, "run", "--json", spec(tmp_path / "s.md", EDIT, setup=["exit 4"], test=["true"]))
    report = done.report
    assert (done.code, report["outcome"]) == (3, "error")
    assert report["reason"]
    assert report["next_step"]
    assert [(c["stage"], c["exit_code"]) for c in report["commands"]] == [("setup", 4), ("base", 4)]
    assert (state(repo), branches(repo)) == (before, [])


def test_a_setup_that_only_the_spec_breaks_is_failing(repo: Path, tmp_path: Path) -> None:
    path = spec(tmp_path / "s.md", EDIT, setup=["grep 'return 1' a.py"], test=["true"])
    assert mtor(repo, "run", "--json", path).report["outcome"] == "failing"


@pytest.mark.parametrize("how", ["modified", "staged", "deleted", "merging"])
def test_a_dirty_tree_is_refused_and_stays_as_it_is(repo: Path, tmp_path: Path, how: str) -> None:
    put(repo, {"lib.py": "edited\n"} if how in {"modified", "staged"} else {})
    if how == "staged":
        git(repo, "add", "lib.py")
    if how == "deleted":
        (repo / "lib.py").unlink()
    if how == "merging":
        (repo / ".git/MERGE_HEAD").write_text(git(repo, "rev-parse", "HEAD"))
    before = state(repo)
    path = spec(tmp_path / "s.md", EDIT, test=["true"])
    done = mtor(repo, "run", "--json", path)
    assert (done.code, done.report["outcome"]) == (3, "error")
    assert ("merge" if how == "merging" else "lib.py") in done.report["reason"]
    assert mtor(repo, "apply", path).code == 3
    assert (state(repo), branches(repo)) == (before, [])


def test_an_untracked_file_where_the_spec_creates_one_is_never_lost(repo: Path, tmp_path: Path) -> None:
    before = state(repo)
    for verb in ("create", "write"):
        path = spec(tmp_path / "s.md", EDIT, f"```text {verb}=untracked\nother\n```\n", test=["true"])
        done = mtor(repo, "run", "--json", path)
        assert (done.code, done.report["outcome"]) == (3, "error")
        assert "untracked" in done.report["reason"]
        assert mtor(repo, "apply", path).code in {2, 3}
        assert (state(repo), branches(repo)) == (before, [])


def test_untracked_files_are_never_edited_moved_or_deleted_by_apply(repo: Path, tmp_path: Path) -> None:
    before = state(repo)
    edit = "```text edit=untracked\n<<<<<<< SEARCH\nmine\n=======\nhis\n>>>>>>> REPLACE\n```\n"
    paths = [
        spec(tmp_path / "1.md", edit),
        spec(tmp_path / "2.md", delete=["untracked"]),
        spec(tmp_path / "3.md", move={"untracked": "b"}),
        spec(tmp_path / "4.md", delete=["sub/x.ignored"]),
    ]
    for path in paths:
        done = mtor(repo, "apply", path)
        assert done.code in {2, 3}
        assert state(repo) == before


def test_an_edit_that_git_was_told_not_to_see_survives(repo: Path, tmp_path: Path) -> None:
    git(repo, "update-index", "--assume-unchanged", "lib.py")
    put(repo, {"lib.py": "local settings\n"})
    refused = mtor(repo, "run", spec(tmp_path / "s.md", EDIT, test=["true"]))
    assert refused.code == 3
    assert "modified: lib.py" in refused.out
    assert (repo / "lib.py").read_text() == "local settings\n"


def test_without_a_commit_or_a_repository_it_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "void").mkdir()
    path = spec(tmp_path / "s.md", EDIT, test=["true"])
    none = mtor(tmp_path / "void", "run", path, env=environment(GIT_CEILING_DIRECTORIES=str(tmp_path)))
    assert (none.code, none.out) == (3, "")
    assert "not in a git repository" in none.err
    git(tmp_path, "init", "-q", "void")
    first = mtor(tmp_path / "void", "run", "--json", path)
    assert (first.code, first.report["outcome"]) == (3, "error")
    assert "no commit" in first.report["reason"]


def test_of_several_specs_the_highest_exit_wins_and_each_gets_its_line(repo: Path, tmp_path: Path) -> None:
    good = spec(tmp_path / "good.md", EDIT, test=["true"])
    red = spec(tmp_path / "red.md", EDIT, test=["grep 'return 1' a.py"])
    bad = spec(tmp_path / "bad.md", "words")
    done = mtor(repo, "run", "--json", "--out", str(tmp_path / "out"), bad, red, good)
    reports = [json.loads(line) for line in done.out.splitlines()]
    assert [report["outcome"] for report in reports] == ["rejected", "failing", "clean"]
    assert done.code == 2
    assert all((tmp_path / "out" / report["job"] / "report.json").exists() for report in reports)
    assert mtor(repo, "run", good, red).code == 1


def test_two_specs_of_one_name_get_two_branches(repo: Path, tmp_path: Path) -> None:
    path = spec(tmp_path / "s.md", EDIT, test=["true"])
    other = spec(tmp_path / "t.md", EDIT.replace("return 2", "return 3"), test=["true"])
    assert mtor(repo, "run", path, other).code == 0
    assert branches(repo) == ["mtor/return-two", "mtor/return-two-2"]


def test_a_spec_comes_on_standard_input(repo: Path, tmp_path: Path) -> None:
    text = Path(spec(tmp_path / "s.md", EDIT, test=["true"])).read_bytes()
    done = mtor(repo, "run", "--json", "-", stdin=text)
    assert (done.code, done.report["outcome"], done.report["spec"]["source"]) == (0, "clean", "-")
    assert mtor(repo, "run", "-", "-", stdin=text).code == 64


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("fly",),
        ("run",),
        ("check",),
        ("apply",),
        ("apply", "a", "b"),
        ("run", "--abort", "SPEC"),
        ("run", "missing.md"),
        ("run", "SPEC", "missing.md"),
        ("run", "sub"),
        ("run", "--jsn", "SPEC"),
        ("run", "--js", "SPEC"),
        ("check", "missing.md"),
        ("apply", "missing.md"),
        ("spec",),
        ("spec", "--from-diff", "main...HEAD"),
    ],
)
def test_a_wrong_command_line_exits_64_before_anything_happens(
    repo: Path, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    path = spec(tmp_path / "s.md", EDIT, test=["true"])
    before = state(repo)
    done = mtor(repo, *(path if argument == "SPEC" else argument for argument in arguments))
    assert (done.code, done.out) == (64, "")
    assert done.err.startswith("mtor: ")
    assert (state(repo), branches(repo)) == (before, [])


def test_help_and_version_are_not_errors(repo: Path) -> None:
    assert mtor(repo, "--version").out.startswith("mtor ")
    assert "apply" in mtor(repo, "--help").out
    assert "--abort" in mtor(repo, "run", "--help").out


def test_a_base_that_differs_from_the_current_commit(repo: Path, tmp_path: Path) -> None:
    git(repo, "checkout", "-q", "-b", "work")
    put(repo, {"a.py": "def f():\n    return 9\n", "work.txt": "w\n"})
    git(repo, "add", "a.py", "work.txt")
    git(repo, "commit", "-qm", "work")
    before = state(repo)
    path = spec(tmp_path / "s.md", EDIT, base="main", test=["test ! -e work.txt"])
    report = mtor(repo, "run", "--json", path).report
    assert (report["outcome"], report["base"]) == ("clean", git(repo, "rev-parse", "main").strip())
    assert state(repo) == before


def test_a_base_that_does_not_exist_is_an_error_of_that_spec_alone(repo: Path, tmp_path: Path) -> None:
    lost = spec(tmp_path / "lost.md", EDIT, base="nowhere", test=["true"])
    good = spec(tmp_path / "good.md", EDIT, test=["true"])
    for verb in ("run", "check"):
        done = mtor(repo, verb, "--json", lost, good)
        reports = [json.loads(line) for line in done.out.splitlines()]
        assert (done.code, reports[0]["outcome"]) == (3, "error")
        assert "nowhere" in reports[0]["reason"]
        assert len(reports) == 2


def test_a_detached_head_is_gone_back_to(repo: Path, tmp_path: Path) -> None:
    git(repo, "checkout", "-q", "--detach")
    before = state(repo)
    assert mtor(repo, "run", spec(tmp_path / "s.md", EDIT, test=["true"])).code == 0
    assert state(repo) == before


def test_a_repository_is_named_from_elsewhere_and_from_a_subfolder(repo: Path, tmp_path: Path) -> None:
    path = spec(tmp_path / "s.md", EDIT, test=["test -e lib.py"])
    assert mtor(tmp_path, "run", "--repo", str(repo), path).code == 0
    assert mtor(repo / "sub", "run", "../../s.md").code == 0


def test_moves_deletes_modes_and_odd_names_are_committed_as_tested(tmp_path: Path) -> None:
    root = repository(tmp_path / "repo", {"a b.txt": "x\n", "gone": "g\n", "ünï 🙂": "u\n"})
    block = '```sh create="bin/run me" mode=755\n#!/bin/sh\n```\n'
    path = spec(
        tmp_path / "s.md",
        block,
        move={"a b.txt": "r f.txt"},
        delete=["gone"],
        test=["test -x 'bin/run me' && test -e 'r f.txt'"],
    )
    done = mtor(root, "run", "--json", path)
    assert done.report["outcome"] == "clean"
    listed = git(root, "ls-tree", "-r", "-z", done.report["branch"])
    assert sorted((line[:6], line.partition("\t")[2]) for line in listed.split("\0") if line) == [
        ("100644", "r f.txt"),
        ("100644", "ünï 🙂"),
        ("100755", "bin/run me"),
    ]


def test_a_reader_that_goes_away_does_not_stop_a_run(repo: Path, tmp_path: Path) -> None:
    path = spec(tmp_path / "s.md", EDIT, test=["true"])
    command = f"{sys.executable} -m mtor_action run {path} 2>&1 | true"
    done = subprocess.run(["sh", "-c", command], cwd=repo, env=environment(), capture_output=True, check=False)
    assert done.stderr == b""
    assert branches(repo) == ["mtor/return-two"]


def test_a_terminal_without_unicode_shows_what_it_can(repo: Path, tmp_path: Path) -> None:
    path = spec(tmp_path / "s.md", EDIT, test=["echo ✓"])
    done = mtor(repo, "run", path, env=environment(PYTHONIOENCODING="ascii"))
    assert (done.code, done.err.count("Traceback")) == (0, 0)


def test_the_same_spec_again_with_the_same_result_keeps_its_branch(repo: Path, tmp_path: Path) -> None:
    path = spec(tmp_path / "s.md", EDIT, test=["true"])
    first = mtor(repo, "run", "--json", path).report
    again = mtor(repo, "run", "--json", path)
    assert (again.report["branch"], again.report["head"]) == (first["branch"], first["head"])
    assert branches(repo) == [first["branch"]]
    assert f"{first['branch']} has this result already" in again.err


def test_another_result_base_or_spec_gets_a_branch_of_its_own(repo: Path, tmp_path: Path) -> None:
    path = spec(tmp_path / "s.md", EDIT, test=["true"])
    mtor(repo, "run", "--json", path)
    other = mtor(repo, "run", "--json", spec(tmp_path / "t.md", EDIT, test=["true", "true"])).report
    assert other["branch"] == "mtor/return-two-2"
    put(repo, {"lib.py": "x = 3\n"})
    git(repo, "commit", "-qam", "three")
    moved = mtor(repo, "run", "--json", path).report
    assert moved["branch"] == "mtor/return-two-3"
    assert mtor(repo, "run", "--json", path).report["branch"] == "mtor/return-two-3"


def test_a_branch_that_somebody_committed_to_is_not_the_result(repo: Path, tmp_path: Path) -> None:
    path = spec(tmp_path / "s.md", EDIT, test=["true"])
    first = mtor(repo, "run", "--json", path).report
    git(repo, "checkout", "-q", first["branch"])
    git(repo, "commit", "-q", "--allow-empty", "-m", "mine")
    git(repo, "checkout", "-q", "main")
    assert mtor(repo, "run", "--json", path).report["branch"] == f"{first['branch']}-2"
