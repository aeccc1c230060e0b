"""A hunk that only removes or repeats lines proves nothing by being found: only an older state of the file does."""

from __future__ import annotations

import pytest

from mtor_action.plan.plan import make_plan
from mtor_action.tree.tree import DictTree
from planning import Files, applied, edit, files, patch, plan, read, rules, settings, state, whole

TEXT = "def run(cmd):\n    log(cmd)\n    call(cmd)\n    return 0\n"

WRONG = {
    "only removes": edit("a.py", ("    lgo(cmd)\n", "")),
    "shortens": edit("a.py", ("    log(cmd)\n    call(str(cmd))\n", "    log(cmd)\n")),
    "shortens in the middle": edit("a.py", ("def run(cmd):\n    lgo(cmd)\n    call(cmd)\n", "    call(cmd)\n")),
    "doubles": edit("a.py", ("    log(cmd)\n    return 1\n", "    return 1\n    log(cmd)\n"), ("x\n", "")),
    "unwraps": edit("a.py", ("if cmd:\n    log(cmd)\n", "log(cmd)\n")),
    "leaves a blank line": edit("b.py", ("    lgo(cmd)\n", "\n")),
    "of several places": edit("a.py", ("    lgo(cmd)\n", ""), attributes="count=2"),
    "patch": patch("--- a/a.py\n+++ b/a.py\n@@ -1,3 +1,2 @@\n def run(cmd):\n-    lgo(cmd)\n     log(cmd)\n"),
    "patch without context": patch("--- a/a.py\n+++ b/a.py\n@@ -1,1 +0,0 @@\n-    lgo(cmd)\n"),
    "beside what is there": whole("create", "c.py", "x\n") + edit("a.py", ("    lgo(cmd)\n", "")),
    "beside an edit that is made": edit("a.py", ("    colour = 1\n", "    return 0\n"), ("    lgo(cmd)\n", "")),
}
TREE = files(a_py=TEXT, b_py="one\n\ntwo\n", c_py="x\n")


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG)
def test_a_removal_with_a_wrong_search_is_a_miss(text: str) -> None:
    assert set(rules(text, TREE)) == {"hunk-not-found"}
    # Neither does a past prove it in which SEARCH never was.
    made = make_plan(read(text), DictTree(TREE), lambda path: [TREE[path].content])
    assert {fault.rule for fault in made.faults} == {"hunk-not-found"}


def test_the_miss_shows_the_closest_region_and_nothing_is_done_twice() -> None:
    text = edit(
        "a.py",
        ("def run(cmd):\n", "def run(cmd):\n    check(cmd)\n"),
        ("    audit(cmd)\n    log(cmd)\n", "    log(cmd)\n"),
    )
    done = files(a_py="def run(cmd):\n    check(cmd)\n    log(cmd)\n")
    made = plan(text, done)

    # The first hunk would find its place again: it must not be made twice while a model works on the second.
    assert made.changes == ()
    assert [(hunk.search, hunk.replace) for hunk in made.unplaced] == [
        ((b"    audit(cmd)", b"    log(cmd)"), (b"    log(cmd)",))
    ]
    assert made.unplaced[0].diagnostic.help.splitlines() == [
        "the closest region, lines 2-3 of the file:",
        "    2 |     check(cmd)",
        "  yours     audit(cmd)",
        "            ^^^^^",
        "    3 |     log(cmd)",
        "if these lines were removed already, take the hunk out of the spec",
    ]
    assert [landing.placement for landing in made.landings] == ["model"]


REMOVALS = {
    "line": (edit("a.py", ("b\n", "")), "a\nb\nc\n"),
    "some lines": (edit("a.py", ("a\nb\nc\n", "a\nc\n")), "a\nb\nc\n"),
    "at several places": (edit("a.py", ("b\n", ""), attributes="count=2"), "a\nb\nc\nb\n"),
    "beside a hunk that shows": (edit("a.py", ("a\n", "x\ny\n"), ("b\n", "")), "a\nb\nc\n"),
    "with other white space": (edit("a.py", ("if a:\n    b\n", "b\n")), "  if a:\n      b\n"),
    "patch": (patch("--- a/a.py\n+++ b/a.py\n@@ -1,3 +1,2 @@\n a\n-b\n c\n"), "a\nb\nc\n"),
    "two lines changed round": (edit("a.py", ("a\nb\n", "b\na\n")), "a\nb\nc\n"),
    "everything": (edit("a.py", ("a\n", "")), "a\n"),
}


@pytest.mark.parametrize(("text", "before"), REMOVALS.values(), ids=REMOVALS)
def test_a_removal_is_empty_the_second_time_where_its_past_is_known(text: str, before: str) -> None:
    tree = files(a_py=before)
    done = applied(plan(text, tree), tree)

    assert set(rules(text, done)) == {"hunk-not-found"}
    again = make_plan(read(text), DictTree(done), lambda _: [b"unrelated\n", before.encode()])
    assert (again.changes, again.faults) == ((), [])


def test_the_past_of_a_moved_file_is_that_of_its_old_name() -> None:
    text = settings("move: {a.py: b.py}") + edit("b.py", ("b\n", ""))
    past = {"a.py": [b"a\nb\n"]}
    again = make_plan(read(text), DictTree(files(b_py="a\n")), lambda path: past.get(path, []))

    assert (again.changes, again.faults) == ((), [])


@pytest.mark.parametrize(
    "text",
    [
        settings("delete: [gone.py]"),
        settings("move: {gone.py: a.py}"),
        patch("--- a/gone.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n"),
        patch("diff --git a/gone.py b/a.py\nsimilarity index 100%\nrename from gone.py\nrename to a.py\n"),
    ],
    ids=["delete", "move", "patch", "rename"],
)
def test_a_path_that_never_was_is_missing_and_not_deleted(text: str) -> None:
    def never(_: str) -> list[bytes]:
        return []

    made = make_plan(read(text), DictTree(files(a_py="x\n")), never)
    assert [fault.rule for fault in made.faults] == ["missing"]
    # Once it was there, or where nobody can know, its absence is what was asked for.
    for past in (lambda _: [b"x\n"], None):
        made = make_plan(read(text), DictTree(files(a_py="x\n")), past)
        assert (made.changes, made.faults) == ((), [])


def test_a_removal_whose_place_differs_in_white_space_is_made() -> None:
    tree: Files = files(a_py="def f():\n    log(1)\n    return 1\n")

    assert applied(plan(edit("a.py", ("log(1)\n", "")), tree), tree) == files(a_py="def f():\n    return 1\n")
    unwrapped = applied(
        plan(edit("a.py", ("def f():\n  log(1)\n", "log(1)\n")), files(a_py="  def f():\n    log(1)\n")),
        {"a.py": state("  def f():\n    log(1)\n")},
    )
    assert unwrapped == files(a_py="  log(1)\n")


def test_what_is_only_indented_anew_is_empty_the_second_time() -> None:
    text = edit("a.py", ("a\nb\n", "    a\n    b\n"))

    assert plan(text, files(a_py="    a\n    b\n")).changes == ()
    assert rules(text, files(a_py="    a\n    b\n")) == []
