"""Specs that come after others: `mtor run` and `mtor check` of a batch."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from command_line import git, mtor, spec

if TYPE_CHECKING:
    from pathlib import Path

FIRST = "```create=n.txt\none\ntwo\nthree\n```\n"
SECOND = "```edit=n.txt\n<<<<<<< SEARCH\none\n=======\n1\n>>>>>>> REPLACE\n```\n"


def edit(path: str, old: str, new: str) -> str:
    return f"```edit={path}\n<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE\n```\n"


def lines(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def commit_of(repo: Path, branch: str) -> str:
    return git(repo, "rev-parse", branch).strip()


@pytest.fixture
def specs(tmp_path: Path) -> dict[str, str]:
    """A diamond: a first, b and c after it, d after both."""
    return {
        "a": spec(tmp_path / "a.md", FIRST, title="A", test=["true"]),
        "b": spec(tmp_path / "b.md", edit("n.txt", "one", "1"), title="B", test=["true"], after=["a.md"]),
        "c": spec(tmp_path / "c.md", edit("n.txt", "three", "3"), title="C", test=["true"], after="a.md"),
        "d": spec(
            tmp_path / "d.md",
            edit("n.txt", "1\ntwo\n3", "all"),
            title="D",
            test=["grep -x all n.txt"],
            after=["b.md", "c.md"],
        ),
    }


def test_a_batch_sorts_itself_and_each_starts_on_the_result_before_it(repo: Path, specs: dict[str, str]) -> None:
    main = commit_of(repo, "main")
    done = mtor(repo, "run", "--json", specs["d"], specs["c"], specs["b"], specs["a"])
    reports = lines(done.out)
    assert done.code == 0, done.err
    assert [(report["spec"]["title"], report["outcome"]) for report in reports] == [
        ("A", "clean"),
        ("C", "clean"),
        ("B", "clean"),
        ("D", "clean"),
    ]
    a, c, b, d = (report["head"] for report in reports)
    assert [report["base"] for report in reports[:3]] == [main, a, a]
    assert git(repo, "rev-list", "--parents", "-1", f"{d}^").split()[1:] == [b, c]
    assert reports[3]["order"]["starts_on"] == ["mtor/b", "mtor/c"]
    assert reports[3]["order"]["after"] == ["b.md", "c.md"]
    assert git(repo, "show", f"{d}:n.txt") == "all\n"
    assert commit_of(repo, "HEAD") == main
    assert git(repo, "status", "--porcelain", "--untracked-files=no") == ""


def test_the_graph_is_in_the_terminal_and_in_each_report(repo: Path, tmp_path: Path, specs: dict[str, str]) -> None:
    done = mtor(repo, "run", "--out", str(tmp_path / "out"), *specs.values())
    drawing = done.out[-len(done.out.rstrip().rpartition("next")[2]) :].strip().split("\n")[-6:]
    names = [specs[name] for name in "abcd"]
    expected = ["● {}  clean", "├─╮", "● │ {}  clean", "│ ● {}  clean", "├─╯", "● {}  clean"]
    filled = iter(names)
    assert drawing == [line.replace("{}", next(filled)) if "{}" in line else line for line in expected]
    reports = [json.loads(path.read_text()) for path in (tmp_path / "out").glob("*/report.json")]
    (last,) = [report for report in reports if report["spec"]["title"] == "D"]
    assert last["order"]["graph"].split("\n")[-1] == f"● {specs['d']}  ← this spec"
    for suffix in ("md", "html"):
        text = (tmp_path / "out" / last["job"] / f"report.{suffix}").read_text()
        assert "├─╮" in text
        assert "b.md" in text


def test_what_comes_after_a_red_spec_is_blocked_and_the_rest_goes_on(repo: Path, tmp_path: Path) -> None:
    red = spec(tmp_path / "red.md", FIRST, title="Red", test=["false"])
    after = spec(tmp_path / "after.md", SECOND, title="After", test=["true"], after=["red.md"])
    last = spec(tmp_path / "last.md", SECOND, title="Last", test=["true"], after=["after.md"])
    free = spec(tmp_path / "free.md", FIRST, title="Free", test=["true"])
    done = mtor(repo, "run", "--json", "--out", str(tmp_path / "out"), last, after, red, free)
    reports = {report["spec"]["title"]: report for report in lines(done.out)}
    assert {title: report["outcome"] for title, report in reports.items()} == {
        "Red": "failing",
        "After": "blocked",
        "Last": "blocked",
        "Free": "clean",
    }
    assert done.code == 1
    assert reports["After"]["order"]["blocked_by"] == [red]
    assert "red.md (failing)" in reports["After"]["reason"]
    assert "after.md (blocked)" in reports["Last"]["reason"]
    assert "mtor/after" not in git(repo, "branch", "--all")
    assert all((tmp_path / "out" / report["job"] / "report.html").exists() for report in reports.values())
    text = mtor(repo, "run", after, red)
    assert text.code == 1
    assert "BLOCKED  After" in text.out


def test_what_comes_after_an_applied_spec_starts_where_that_one_would(repo: Path, tmp_path: Path) -> None:
    old = spec(tmp_path / "old.md", "```write=lib.py\nx = 1\n```\n", title="Old", test=["true"])
    new = spec(tmp_path / "new.md", edit("lib.py", "x = 1", "x = 2"), title="New", test=["true"], after=["old.md"])
    reports = lines(mtor(repo, "run", "--json", new, old).out)
    assert [report["outcome"] for report in reports] == ["empty", "clean"]
    assert reports[1]["base"] == commit_of(repo, "main")


def test_results_that_do_not_merge_block_what_comes_after_both(repo: Path, tmp_path: Path) -> None:
    one = spec(tmp_path / "one.md", edit("lib.py", "x = 1", "x = 2"), title="One", test=["true"])
    two = spec(tmp_path / "two.md", edit("lib.py", "x = 1", "x = 3"), title="Two", test=["true"])
    both = spec(tmp_path / "both.md", "```create=z\n```\n", title="Both", test=["true"], after=["one.md", "two.md"])
    for verb in ("run", "check"):
        done = mtor(repo, verb, "--json", both, one, two)
        last = lines(done.out)[-1]
        assert (done.code, last["outcome"]) == (1, "blocked")
        assert "lib.py" in last["reason"]
        assert last["order"]["blocked_by"] == [one, two]


@pytest.mark.parametrize("verb", ["check", "run"])
def test_a_cycle_and_an_unknown_name_are_found_before_anything_starts(repo: Path, tmp_path: Path, verb: str) -> None:
    good = spec(tmp_path / "good.md", FIRST, title="Good", test=["touch started"])
    a = spec(tmp_path / "a.md", FIRST, title="A", test=["touch started"], after=["b.md"])
    b = spec(tmp_path / "b.md", FIRST, title="B", test=["touch started"], after=["a.md"])
    c = spec(tmp_path / "c.md", FIRST, title="C", test=["touch started"], after=["godo.md"])
    before = git(repo, "for-each-ref")
    done = mtor(repo, verb, "--json", good, a, b, c)
    reports = lines(done.out)
    assert done.code == 2
    rules = {report["spec"]["title"]: [fault["rule"] for fault in report["diagnostics"]] for report in reports}
    assert rules == {"Good": [], "A": ["cycle"], "B": ["cycle"], "C": ["after"]}
    (unknown,) = [report for report in reports if report["spec"]["title"] == "C"]
    assert unknown["diagnostics"][0]["message"].startswith('"godo.md" is not in this batch, expected ')
    assert git(repo, "for-each-ref") == before
    assert not (repo / "started").exists()
    if verb == "run":
        outcomes = {report["spec"]["title"]: report["outcome"] for report in reports}
        assert outcomes == {"Good": "blocked", "A": "rejected", "B": "rejected", "C": "rejected"}


def test_check_plans_the_batch_in_memory(repo: Path, specs: dict[str, str]) -> None:
    objects = git(repo, "count-objects")
    done = mtor(repo, "check", "--json", specs["d"], specs["b"], specs["c"], specs["a"])
    assert done.code == 0, done.out
    reports = lines(done.out)
    assert [report["spec"]["title"] for report in reports] == ["A", "B", "C", "D"]
    assert {report["base"] for report in reports} == {commit_of(repo, "main")}
    assert git(repo, "count-objects") == objects
    text = mtor(repo, "check", *specs.values()).out
    assert "├─╯" in text


def test_check_names_a_mistake_in_what_comes_after_and_blocks_what_follows_it(repo: Path, tmp_path: Path) -> None:
    a = spec(tmp_path / "a.md", FIRST, title="A", test=["true"])
    b = spec(tmp_path / "b.md", edit("n.txt", "four", "4"), title="B", test=["true"], after=["a.md"])
    c = spec(tmp_path / "c.md", edit("n.txt", "one", "1"), title="C", test=["true"], after=["b.md"])
    done = mtor(repo, "check", "--json", c, b, a)
    reports = lines(done.out)
    assert done.code == 2
    assert [report["outcome"] for report in reports] == [None, "rejected", "blocked"]
    assert reports[1]["diagnostics"][0]["rule"] == "hunk-not-found"


def test_check_warns_where_specs_without_an_order_touch_the_same_lines(repo: Path, tmp_path: Path) -> None:
    one = spec(tmp_path / "one.md", edit("a.py", "    return 1", "    return 2"), title="One", test=["true"])
    two = spec(tmp_path / "two.md", edit("a.py", "    return 1", "    return 3"), title="Two", test=["true"])
    done = mtor(repo, "check", one, two)
    assert done.code == 0
    assert f"warning: {one} and {two} both change a.py:2" in done.out
    reports = lines(mtor(repo, "check", "--json", one, two).out)
    assert reports[0]["order"]["overlaps"] == [{"path": "a.py", "lines": "2", "source": two}]
    ordered = spec(tmp_path / "two.md", edit("a.py", "    return 2", "    return 3"), test=["true"], after=["one.md"])
    assert "warning" not in mtor(repo, "check", one, ordered).out


def test_an_issue_blocks_in_a_terminal_and_is_a_note_of_check(repo: Path, tmp_path: Path) -> None:
    path = spec(tmp_path / "s.md", FIRST, title="S", test=["true"], after=["#11"])
    check = mtor(repo, "check", path)
    assert check.code == 0
    assert "waits for #11 on GitHub" in check.out
    done = mtor(repo, "run", "--json", path)
    assert (done.code, done.report["outcome"], done.report["order"]["blocked_by"]) == (1, "blocked", ["#11"])


def test_specs_that_follow_each_other_have_one_base(repo: Path, tmp_path: Path) -> None:
    git(repo, "branch", "same")
    git(repo, "branch", "other", git(repo, "commit-tree", "-m", "other", "main^{tree}").strip())
    a = spec(tmp_path / "a.md", FIRST, title="A", test=["true"])
    same = spec(tmp_path / "b.md", SECOND, title="B", test=["true"], after=["a.md"], base="same")
    assert [report["outcome"] for report in lines(mtor(repo, "run", "--json", a, same).out)] == ["clean", "clean"]
    other = spec(tmp_path / "b.md", SECOND, title="B", test=["true"], after=["a.md"], base="other")
    for verb in ("check", "run"):
        last = lines(mtor(repo, verb, "--json", a, other).out)[-1]
        assert last["outcome"] == "blocked"
        assert "different bases" in last["reason"]
