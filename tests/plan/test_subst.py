"""`subst`: text within lines of every file that a glob matches, in exactly as many places as the spec says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtor_action.diagnostics import render
from mtor_action.manifest.manifest import parse_spec
from mtor_action.manifest.text import Part
from mtor_action.plan.substitution import exchanged, places_in
from mtor_action.tree.tree import DictTree, Entry
from planning import Files, after, applied, edit, files, patch, plan, rules, settings, state, whole


def subst(glob: str, count: int, *hunks: tuple[str, str], regex: bool = False) -> str:
    attributes = f"count={count}" + (" regex=yes" if regex else "")
    body = "".join(f"<<<<<<< SEARCH\n{old}\n=======\n{new}>>>>>>> REPLACE\n" for old, new in hunks)
    return f'```` subst="{glob}" {attributes}\n{body}````\n'


GO: Files = {
    "cmd/a.go": state("x := strings.Replace(a, b, -1)\ny := strings.Replace(c, d, -1)\n"),
    "cmd/a_test.go": state("\tif strings.Replace(q, r, -1) != s {\n"),
    "doc/b.go": state("// nothing\n"),
}


def test_a_bulk_change_is_one_hunk_and_tests_are_included() -> None:
    text = subst("**/*.go", 3, (r"strings\.Replace\((.*), -1\)", "strings.ReplaceAll(\\1)\n"), regex=True)

    made = plan(text, GO)
    result = applied(made, GO)

    assert result["cmd/a.go"].content == b"x := strings.ReplaceAll(a, b)\ny := strings.ReplaceAll(c, d)\n"
    assert result["cmd/a_test.go"].content == b"\tif strings.ReplaceAll(q, r) != s {\n"
    assert [(landing.kind, landing.path, landing.places) for landing in made.landings] == [
        ("subst", "cmd/a.go", (1, 2)),
        ("subst", "cmd/a_test.go", (1,)),
    ]


def test_literal_text_is_replaced_wherever_it_is_in_a_line_and_is_empty_the_second_time() -> None:
    tree = files(a_py="f(old, old)\nold\n", b_py="bold\n", c_txt="old\n")

    assert after(subst("*.py", 4, ("old", "new\n")), tree) == files(
        a_py="f(new, new)\nnew\n", b_py="bnew\n", c_txt="old\n"
    )


def test_a_place_that_already_reads_as_replace_does_not_count() -> None:
    tree = files(a_py="foo foobar xfoo\n")

    once = applied(plan(subst("a.py", 2, ("foo", "foobar\n")), tree), tree)

    assert once == files(a_py="foobar foobar xfoobar\n")
    assert rules(subst("a.py", 2, ("foo", "foobar\n")), once) == ["subst-count"]


@pytest.mark.parametrize("count", [1, 3])
def test_more_or_fewer_places_than_count_name_each_place_and_change_nothing(count: int) -> None:
    made = plan(subst("**/*.py", count, ("x", "y\n")), files(a_py="1\nx\n", src__b_py="x\n"))

    (fault,) = made.faults
    assert (fault.rule, made.changes) == ("subst-count", ())
    assert f'2 places of the files that "**/*.py" matches, expected {count}' in fault.message
    assert "a.py:2, src/b.py:1" in fault.help
    assert fault.line == 2


def test_each_hunk_of_a_block_has_as_many_places_as_count_says() -> None:
    tree = files(a_py="a b\n", b_py="a\n")

    assert rules(subst("*.py", 1, ("a", "c\n"), ("b", "d\n")), tree) == ["subst-count"]
    assert after(subst("*.py", 1, ("a b", "c\n"), ("c", "d\n")), tree) == files(a_py="d\n", b_py="a\n")


def test_blocks_are_carried_out_in_order_and_lines_are_numbered_as_the_file_has_them() -> None:
    tree = files(a_py="one\ntwo\nold\n")
    text = edit("a.py", ("one\n", "one\n1.5\n")) + subst("a.py", 1, ("old", "new\n"))
    text += edit("a.py", ("new\n", "newer\n"))

    assert after(text, tree) == files(a_py="one\n1.5\ntwo\nnewer\n")
    assert [landing.places for landing in plan(text, tree).landings] == [(), (3,), ()]


def test_moved_files_are_matched_by_their_new_names_and_whole_files_are_left_alone() -> None:
    tree = files(old__a_py="x\n", b_py="x\n")
    text = (
        settings("move: {old/a.py: new/a.py}") + whole("create", "new/c.py", "x\n") + subst("new/**", 1, ("x", "y\n"))
    )

    assert after(text, tree) == files(new__a_py="y\n", new__c_py="x\n", b_py="x\n")


def test_a_file_that_a_patch_creates_is_left_alone() -> None:
    text = patch("--- /dev/null\n+++ b/n.py\n@@ -0,0 +1 @@\n+x\n") + subst("*.py", 1, ("x", "y\n"))

    assert after(text, files(a_py="x\n")) == files(a_py="y\n", n_py="x\n")


class LinkedTree(DictTree):
    """One of its files is a symbolic link."""

    def entry(self, path: str) -> Entry | None:
        return Entry("120000", "symlink") if path == "link.txt" else super().entry(path)


def test_what_no_spec_may_change_is_never_touched_nor_counted_but_named() -> None:
    tree: Files = {
        ".github/workflows/ci.txt": state("x\n"),
        ".github/mtor.txt": state("x\n"),
        "link.txt": state("x"),
        "binary.txt": state(b"x\0"),
        "utf16.txt": state(b"\xff\xfex\0"),
        "a.txt": state("x\n"),
    }
    made = plan(subst("*.txt", 1, ("x", "y\n")), LinkedTree(tree))
    assert [change.path for change in made.changes] == ["a.txt"]

    (fault,) = plan(subst("*.txt", 5, ("x", "y\n")), LinkedTree(tree)).faults
    assert all(path in fault.help for path in tree if path != "a.txt")


@pytest.mark.parametrize("glob", [".github/workflows/*", "../*.py", "/etc/*", "!*.py", ".git/**", "a\\*.py", ""])
def test_a_glob_that_no_allowed_path_can_have_is_an_error_when_it_is_read(glob: str) -> None:
    spec = parse_spec([Part("spec.md", subst(glob, 1, ("x", "y\n")).encode())])

    assert {"path", "near-miss", "no-manifest", "attribute"} & {found.rule for found in spec.diagnostics}


def test_a_glob_that_matches_nothing_says_how_globs_are_read() -> None:
    (fault,) = plan(subst("src/*.rs", 1, ("x", "y\n")), files(src__a_py="x\n")).faults

    assert fault.rule == "missing"
    assert "** is any folders" in fault.help


def test_endings_bom_and_a_missing_final_newline_stay() -> None:
    tree = {"a.py": state(b"\xef\xbb\xbfx\r\ny x\nx")}

    assert after(subst("a.py", 3, ("x", "longer\n")), tree)["a.py"].content == b"\xef\xbb\xbflonger\r\ny longer\nlonger"


def test_a_latin_1_file_takes_ascii_and_refuses_more() -> None:
    tree = {"a.py": state(b"caf\xe9 x\n")}

    assert after(subst("a.py", 1, ("x", "y\n")), tree)["a.py"].content == b"caf\xe9 y\n"
    assert rules(subst("a.py", 1, ("x", "\u00fc\n")), tree) == ["not-utf8"]
    assert rules(subst("a.py", 1, ("x", "\u00fc\n"), regex=True), tree) == ["not-utf8"]
    made = plan(subst("a.py", 1, ("x$", "y\n"), regex=True), tree)
    assert [change.after for change in made.changes] == [state(b"caf\xe9 y\n")]


def test_a_removal_leaves_no_trace_so_a_second_run_finds_no_place() -> None:
    text = subst("a.txt", 1, ("debug()", ""))
    once = applied(plan(text, files(a_txt="debug(); f()\n")), files(a_txt="debug(); f()\n"))

    assert once == files(a_txt="; f()\n")
    assert rules(text, once) == ["subst-count"]


def test_a_half_applied_subst_is_an_error() -> None:
    assert rules(subst("*.py", 2, ("old", "new\n")), files(a_py="new\n", b_py="old\n")) == ["subst-count"]


@pytest.mark.parametrize(
    ("pattern", "replace", "reason"),
    [
        ("(", "y\n", "not a valid regular expression"),
        ("x", "\\2\n", "not a valid regular expression or REPLACE"),
        ("x", "\\n\n", "more than one line"),
        ("x*", "y\n", "matches the empty text at a.py:1"),
        ("x", "xx\n", "still matches what REPLACE writes at a.py:1"),
        ("(x+x+)+y", "z\n", "took more than"),
    ],
)
def test_a_pattern_that_is_wrong_slow_or_endless_is_refused_by_name(pattern: str, replace: str, reason: str) -> None:
    (fault,) = plan(subst("a.py", 1, (pattern, replace), regex=True), files(a_py="x" * 60 + "\n")).faults

    assert fault.rule == "subst-pattern"
    assert reason in fault.message


def test_a_pattern_whose_matches_are_gone_has_no_place() -> None:
    text = subst("a.py", 1, (r"\bfoo\b", "bar\n"), regex=True)

    assert rules(text, files(a_py="bar\n")) == ["subst-count"]


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ("<<<<<<< SEARCH\na\nb\n=======\nc\n>>>>>>> REPLACE\n", "subst-line"),
        ("<<<<<<< SEARCH\na\n=======\nb\nc\n>>>>>>> REPLACE\n", "subst-line"),
        ("<<<<<<< SEARCH\n\n=======\nb\n>>>>>>> REPLACE\n", "empty-search"),
        ("", "no-hunk"),
    ],
)
def test_a_hunk_that_is_not_within_one_line_is_an_error(body: str, rule: str) -> None:
    spec = parse_spec([Part("spec.md", f"```subst=*.py count=1\n{body}```\n".encode())])

    assert [found.rule for found in spec.diagnostics] == [rule]


@pytest.mark.parametrize("attributes", ["", "count=0", "count=x", "regex=no count=1", "mode=755 count=1"])
def test_count_is_required_and_attributes_are_checked(attributes: str) -> None:
    hunk = "<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE\n"
    spec = parse_spec([Part("spec.md", f"```subst=*.py {attributes}\n{hunk}```\n".encode())])

    assert [found.rule for found in spec.diagnostics] == ["attribute"], list(map(render, spec.diagnostics))


@given(st.text("ab ", max_size=20), st.text("ab", min_size=1, max_size=3), st.text("ab", max_size=4))
def test_what_was_replaced_is_never_a_place_again_where_replace_holds_search(line: str, search: str, tail: str) -> None:
    replace = (search + tail).encode()
    if replace == search.encode():
        return
    starts = places_in(line.encode(), search.encode(), replace)
    new = exchanged(line.encode(), starts, search.encode(), replace)

    assert new.count(replace) >= (1 if starts else 0)
    assert len(new) == len(line) + len(starts) * (len(replace) - len(search))


@pytest.mark.parametrize(("number", "regex"), [(51, False), (11, True)])
def test_a_spec_of_very_many_blocks_is_refused_before_anything_is_searched(number: int, regex: bool) -> None:  # a case
    text = "".join(subst("*.py", 1, (f"a{at}", "b\n"), regex=regex) for at in range(number))
    spec = parse_spec([Part("spec.md", text.encode())])

    assert [found.rule for found in spec.diagnostics] == ["too-large"]


def test_a_block_that_changes_too_many_files_is_refused() -> None:
    tree = {f"{number}.py": state("x\n") for number in range(1_001)}

    assert rules(subst("*.py", 1_001, ("x", "y\n")), tree) == ["too-large"]
