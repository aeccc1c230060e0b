"""Applying twice: the whole spec is applied already, or every unmet precondition is an error."""

from __future__ import annotations

from planning import after, edit, files, patch, plan, rules, settings, state, whole

EVERYTHING = (
    settings("move: {m.py: n.py, o.py: p.py}\ndelete: [gone.py]")
    + whole("create", "new.py", "x\n", "mode=755")
    + whole("write", "w.py", "y\n")
    + edit("n.py", ("one\n", "two\n"), ("two\n", "two\nthree\n"))
    + edit("all.py", ("a\n", "b\n"), attributes="count=2")
    + patch("--- a/q.py\n+++ b/q.py\n@@ -1,2 +1,2 @@\n k\n-l\n+m\n")
)
BEFORE = files(
    m_py="one\n", o_py="o\n", gone_py="", w_py="z\n", all_py="a\nx\na\n", q_py="k\nl\n", untouched_py="same\n"
)


def test_a_spec_of_every_kind_is_empty_the_second_time() -> None:
    result = after(EVERYTHING, BEFORE)

    assert result["n.py"].content == b"two\nthree\n"
    assert {landing.placement for landing in plan(EVERYTHING, result).landings} == {"noop"}


def test_half_applied_is_no_longer_idempotent_but_an_error() -> None:
    half = dict(after(EVERYTHING, BEFORE))
    half["w.py"] = state("changed since\n")

    assert {"missing", "hunk-not-found"} <= set(rules(EVERYTHING, half))


def test_an_edit_does_not_count_as_applied_while_its_search_is_still_there() -> None:
    text = edit("a.py", ("b\n", "c\n"))

    assert after(text, files(a_py="b\n")) == files(a_py="c\n")
    assert plan(text, files(a_py="c\nb\n")).changes != ()


def test_a_replace_that_holds_its_search_is_applied_once_only() -> None:
    text = edit("a.py", ("import a\n", "import a\nimport b\n"))

    assert after(text, files(a_py="import a\n")) == files(a_py="import a\nimport b\n")


def test_a_removed_line_stays_removed() -> None:
    after(edit("a.py", ("b\n", "")), files(a_py="a\nb\nc\n"))


def test_an_adjusted_edit_is_empty_the_second_time() -> None:
    after(edit("a.py", ("if a:\n    b\n", "if a:\n    c\n")), files(a_py="    if a:\n        b\n"))


def test_a_swap_is_done_again_since_nothing_shows_that_it_was_done() -> None:
    assert len(plan(settings("move: {a: b, b: a}"), {"a": state("1"), "b": state("2")}).changes) == 2


def test_the_same_bytes_with_another_mode_are_not_applied() -> None:
    made = plan(whole("write", "a", "x\n", "mode=755"), {"a": state("x\n")})

    assert [change.after for change in made.changes] == [state("x\n", "100755")]


def test_the_base_moved_elsewhere_and_the_edit_still_finds_its_place() -> None:
    assert after(edit("a.py", ("b\n", "c\n")), files(a_py="new\nlines\na\nb\n")) == files(a_py="new\nlines\na\nc\n")


def test_the_base_moved_under_the_edit_and_it_is_refused() -> None:
    assert rules(edit("a.py", ("a\nb\n", "a\nc\n")), files(a_py="a\nB\n")) == ["hunk-not-found"]


def test_a_patch_that_removes_and_makes_a_file_anew_is_empty_the_second_time() -> None:
    text = patch(
        "diff --git a/x b/x\ndeleted file mode 100644\n--- a/x\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n"
        "diff --git a/x b/x\nnew file mode 100755\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+b\n"
    )

    assert after(text, {"x": state("a\n")}) == {"x": state("b\n", "100755")}


def test_a_renamed_file_whose_old_name_is_taken_again_is_empty_the_second_time() -> None:
    text = patch("diff --git a/x b/y\nsimilarity index 100%\nrename from x\nrename to y\n") + whole(
        "create", "x", "n\n"
    )

    assert after(text, {"x": state("a\n")}) == {"y": state("a\n"), "x": state("n\n")}
