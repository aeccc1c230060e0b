"""create, write, delete, move and their order."""

from __future__ import annotations

import pytest

from planning import Files, after, applied, edit, files, patch, plan, rules, settings, state, whole


def test_create_makes_a_new_file_and_refuses_one_with_other_content() -> None:
    assert after(whole("create", "a b/é.txt", "x\n"), {}) == {"a b/é.txt": state("x\n")}
    assert rules(whole("create", "a.py", "x\n"), files(a_py="y\n")) == ["exists"]


def test_create_over_the_same_content_changes_nothing() -> None:
    made = plan(whole("create", "a.py", "x\n") + whole("create", "b.py", "y\n"), files(a_py="x\n"))

    assert [(landing.path, landing.placement) for landing in made.landings] == [("a.py", "noop"), ("b.py", "exact")]
    assert [change.path for change in made.changes] == ["b.py"]


def test_write_replaces_and_keeps_the_mode_unless_it_names_one() -> None:
    tree = {"a.sh": state("x\n", "100755")}

    assert after(whole("write", "a.sh", "y\n"), tree) == {"a.sh": state("y\n", "100755")}
    assert after(whole("write", "a.sh", "y\n", "mode=644"), tree) == {"a.sh": state("y\n")}
    assert after(whole("create", "b.sh", "y\n", "mode=755"), {}) == {"b.sh": state("y\n", "100755")}


def test_an_edit_keeps_the_mode() -> None:
    assert after(edit("a.sh", ("x\n", "y\n")), {"a.sh": state("x\n", "100755")}) == {"a.sh": state("y\n", "100755")}


def test_several_edits_and_patches_of_one_file_follow_each_other() -> None:
    text = (
        edit("a.py", ("a\n", "b\n"))
        + patch("--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-b\n+c\n")
        + edit("a.py", ("c\n", "d\n"))
    )

    assert after(text, files(a_py="a\n")) == files(a_py="d\n")


def test_delete_removes_and_a_missing_file_is_an_error_with_a_hint() -> None:
    assert after(settings("delete: [src/a.py]"), files(src__a_py="x", b_py="y")) == files(b_py="y")
    made = plan(settings("delete: [a.py]") + whole("create", "c.py", ""), files(src__a_py="x"))
    assert [found.rule for found in made.faults] == ["missing"]
    assert made.faults[0].help == "did you mean src/a.py?"


def test_a_path_with_a_symbol_is_answered_with_the_attribute() -> None:
    made = plan(edit("src/a.py::A.f", ("a\n", "b\n")), {"src/a.py": state("a\n")})

    assert [fault.rule for fault in made.faults] == ["missing"]
    assert "edit=src/a.py in=A.f" in made.faults[0].help


def test_delete_of_a_directory_is_refused() -> None:
    assert rules(settings("delete: [src]"), files(src__a_py="x")) == ["not-a-file"]


@pytest.mark.parametrize(
    ("moves", "before", "result"),
    [
        ("{a: b}", {"a": "1"}, {"b": "1"}),
        ("{a: b, b: a}", {"a": "1", "b": "2"}, {"b": "1", "a": "2"}),
        ("{a: b, b: c}", {"a": "1", "b": "2"}, {"b": "1", "c": "2"}),
        ("{a: b, b: c, c: a}", {"a": "1", "b": "2", "c": "3"}, {"b": "1", "c": "2", "a": "3"}),
        ("{a: A}", {"a": "1"}, {"A": "1"}),
        ("{a: a/b}", {"a": "1"}, {"a/b": "1"}),
        ("{a/b: a}", {"a/b": "1"}, {"a": "1"}),
    ],
)
def test_moves_happen_all_at_once(moves: str, before: dict[str, str], result: dict[str, str]) -> None:
    tree = {path: state(content) for path, content in before.items()}
    made = plan(settings(f"move: {moves}"), tree)

    assert made.faults == []
    assert applied(made, tree) == {path: state(content) for path, content in result.items()}


def test_a_move_keeps_bytes_and_mode_of_any_file() -> None:
    tree = {"a.bin": state(b"\0\xff", "100755")}

    assert after(settings("move: {a.bin: b.bin}"), tree) == {"b.bin": state(b"\0\xff", "100755")}


def test_a_move_onto_an_existing_file_is_refused() -> None:
    assert rules(settings("move: {a.py: b.py}"), files(a_py="1", b_py="2")) == ["exists"]


def test_a_move_of_a_missing_file_is_refused() -> None:
    assert rules(settings("move: {a.py: b.py}"), files(c_py="1")) == ["missing"]


def test_blocks_name_paths_as_they_are_after_moves_and_deletes() -> None:
    text = (
        settings("move: {old.py: new.py}\ndelete: [gone.py]")
        + edit("new.py", ("a\n", "b\n"))
        + whole("create", "old.py", "o\n")
    )

    result = after(text, files(old_py="a\n", gone_py="x"))

    assert result == files(new_py="b\n", old_py="o\n")


def test_a_directory_becomes_a_file_when_its_files_go() -> None:
    text = settings("delete: [a/b.py]") + whole("create", "a", "x\n")

    assert after(text, files(a__b_py="1")) == {"a": state("x\n")}


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        (whole("create", "a/b", ""), {"a": "1"}),
        (whole("create", "a", ""), {"a/b": "1"}),
        (whole("create", "a/b", "") + whole("create", "a", ""), {}),
        (whole("create", "a", "") + whole("create", "a/b", ""), {}),
        (settings("move: {x: a/b}") + whole("create", "a", ""), {"x": "1"}),
        (edit("a", ("1\n", "2\n")), {"a/b": "1"}),
    ],
)
def test_no_path_is_both_a_file_and_a_directory(text: str, tree: dict[str, str]) -> None:
    assert rules(text, {path: state(content) for path, content in tree.items()}) == ["not-a-file"]


def test_a_new_name_that_differs_only_in_case_from_a_standing_one_is_refused() -> None:
    assert rules(whole("create", "README.md", ""), {"readme.md": state("")}) == ["case-fold"]
    assert rules(whole("create", "caf\u00e9", ""), {"cafe\u0301": state("")}) == ["case-fold"]
    assert rules(settings("move: {a: README.md}"), {"readme.md": state(""), "a": state("")}) == ["case-fold"]


def test_what_fails_in_the_last_block_changes_nothing_at_all() -> None:
    text = whole("create", "a.py", "x\n") + settings("delete: [b.py]") + whole("create", "c.py", "x\n")

    made = plan(text, files(b_py="1", c_py="2"))

    assert [found.rule for found in made.faults] == ["exists"]
    assert made.changes == ()


def test_every_unmet_precondition_is_reported_at_once() -> None:
    text = settings("delete: [x]\nmove: {y: z}") + whole("create", "c.py", "") + edit("d.py", ("a\n", "b\n"))

    assert sorted(rules(text, files(c_py="2"))) == ["exists", "missing", "missing", "missing"]


def test_a_thousand_files_are_planned() -> None:
    text = "".join(whole("create", f"d{number % 10}/f{number}", f"{number}\n") for number in range(1000))

    assert len(after(text, {})) == 1000


def test_added_and_removed_lines_are_counted() -> None:
    text = edit("a", ("b\n", "c\nd\n")) + whole("write", "w", "1\n2\n") + settings("delete: [gone]")
    tree: Files = {"a": state("b\n"), "w": state("1\n3\n4\n"), "gone": state("x\ny")}

    counted = {landing.path: (landing.added, landing.removed) for landing in plan(text, tree).landings}

    assert counted == {"a": (2, 1), "w": (1, 2), "gone": (0, 2)}
