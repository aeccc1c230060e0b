from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from planning import after, patch, plan, rules, state

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "diff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n"


def test_the_position_is_a_hint_and_the_context_decides() -> None:
    body = HEAD + "@@ -90,2 +95,2 @@ def f():\n a\n-b\n+c\n"

    assert after(patch(body), {"x": state("0\na\nb\n")}) == {"x": state("0\na\nc\n")}
    assert rules(patch(body), {"x": state("a\nb\na\nb\n")}) == ["hunk-ambiguous"]
    assert rules(patch(body), {"x": state("a\nB\n")}) == ["hunk-not-found"]
    assert rules(patch(body), {"x": state("  a\n  b\n")}) == ["hunk-not-found"]


NAMES = "--- a/x\n+++ b/x\n"
ABC = {"x": state("a\n\nb\nc\n")}


@pytest.mark.parametrize(
    "header",
    ["@@", "@@ @@", "@@ ... @@", "@@ def f():", "@@ -3 +3 @@", "@@ -1,9 +1,9 @@", "@@ -1,1 +1,1 @@", "@@ -a +b @@"],
)
def test_positions_and_counts_may_be_wrong_or_left_out(header: str) -> None:
    body = f"{NAMES}{header}\n a\n\n-b\n+B\n"

    assert after(patch(body), ABC) == {"x": state("a\n\nB\nc\n")}
    assert after(patch(body + "\n\n"), ABC) == {"x": state("a\n\nB\nc\n")}


@pytest.mark.parametrize("header", ["@@", "@@ -1,7 +1,7 @@"])
def test_bare_hunks_end_where_the_next_hunk_or_file_begins(header: str) -> None:
    hunks = f"{header}\n-a\n+A\n{header}\n c\n+d\n"
    body = (
        f"{NAMES}{hunks}\n--- a/y\n+++ b/y\n{header}\n-1\n+2\ndiff --git a/z b/z\n--- a/z\n+++ b/z\n{header}\n-1\n+2\n"
    )
    one = state("1\n")

    assert after(patch(body), {**ABC, "y": one, "z": one}) == {
        "x": state("A\n\nb\nc\nd\n"),
        "y": state("2\n"),
        "z": state("2\n"),
    }


def test_a_bare_hunk_must_match_exactly_one_place() -> None:
    assert rules(patch(f"{NAMES}@@\n-b\n+c\n"), {"x": state("b\na\nb\n")}) == ["hunk-ambiguous"]
    assert rules(patch(f"{NAMES}@@\n-B\n+c\n"), {"x": state("b\n")}) == ["hunk-not-found"]


def test_a_bare_hunk_makes_and_deletes_files_and_keeps_a_missing_newline() -> None:
    new = "--- /dev/null\n+++ b/n\n@@\n+1\n+\n+2\n\\ No newline at end of file\n"
    gone = "--- a/x\n+++ /dev/null\n@@\n-a\n-\n-b\n-c\n"

    assert after(patch(new + gone), ABC) == {"n": state("1\n\n2")}


def test_lines_that_look_like_headers_inside_a_hunk_are_content() -> None:
    body = HEAD + "@@ -1,2 +1,2 @@\n--- x\n+++ y\n z\n--- a/y\n+++ b/y\n@@ -1 +1 @@\n-a\n+b\n"

    assert after(patch(body), {"x": state("-- x\nz\n"), "y": state("a\n")}) == {
        "x": state("++ y\nz\n"),
        "y": state("b\n"),
    }


def test_a_hunk_without_context_in_a_file_that_is_not_empty_has_no_place() -> None:
    assert rules(patch(HEAD + "@@ -1,0 +2 @@\n+n\n"), {"x": state("a\n")}) == ["hunk-not-found"]
    assert after(patch(HEAD + "@@ -0,0 +1 @@\n+n\n"), {"x": state("")}) == {"x": state("n\n")}


def test_a_deletion_must_name_every_line() -> None:
    body = "--- a/x\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n"

    assert after(patch(body), {"x": state("a\n")}) == {}
    assert rules(patch(body), {"x": state("a\nb\n")}) == ["missing"]


def test_a_new_file_must_be_new_and_a_rename_must_end_at_a_free_path() -> None:
    assert rules(patch("--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+a\n"), {"x": state("b\n")}) == ["exists"]
    rename = "diff --git a/x b/y\nsimilarity index 100%\nrename from x\nrename to y\n"
    assert rules(patch(rename), {"x": state("a"), "y": state("b")}) == ["exists"]


def test_names_without_prefixes_keep_their_first_folder() -> None:
    body = "--- a/x\n+++ a/x\n@@ -1 +1 @@\n-a\n+b\n"

    assert after(patch(body), {"a/x": state("a\n"), "x": state("a\n")}) == {"a/x": state("b\n"), "x": state("a\n")}


@pytest.mark.parametrize("context", [0, 1, 3, 10])
def test_what_git_prints_does_what_git_did(tmp_path: Path, context: int) -> None:
    def git(*arguments: str) -> bytes:
        identity = ["-c", "user.name=t", "-c", "user.email=t@t", "-c", "core.autocrlf=false"]
        return subprocess.run(["git", *identity, *arguments], cwd=tmp_path, check=True, capture_output=True).stdout

    lines = [f"line {number}\n" for number in range(40)]
    before = {
        "edit.txt": state("".join(lines)),
        "crlf.txt": state("a\r\nb\r\nc\r\n"),
        "bare.txt": state("a\nb"),
        "gets-newline.txt": state("a\nb"),
        "mode.sh": state("echo\n"),
        "old name.txt": state("".join(lines)),
        'ä "quoted".txt': state("one\n"),
        "gone.txt": state("x\ny\n"),
        "empty-gone.txt": state(""),
    }
    result = {
        "edit.txt": state("".join(["new\n", *lines[:20], "changed\n", *lines[21:], "end"])),
        "crlf.txt": state("a\r\nB\r\nc\r\nd\r\n"),
        "bare.txt": state("a\nB"),
        "gets-newline.txt": state("a\nb\n"),
        "mode.sh": state("echo\n", "100755"),
        "new name.txt": state("".join([*lines[:30], "x\n", *lines[30:]])),
        'ä "quoted".txt': state("two\n"),
        "fresh.txt": state("-- a\n++ b\n"),
        "empty.txt": state(""),
    }
    git("init", "-q")
    for files in (before, result):
        for path in tmp_path.iterdir():
            if path.name != ".git":
                path.unlink()
        for name, file in files.items():
            (tmp_path / name).write_bytes(file.content)
            (tmp_path / name).chmod(0o755 if file.mode == "100755" else 0o644)
        git("add", "-A")
        git("commit", "-qm", "x")
    printed = git("diff", "-M", f"-U{context}", "HEAD~", "HEAD").decode()

    if context == 0:
        # Without context a line that is only added has no place; everything else is as before.
        assert {found.rule for found in plan(patch(printed), before).faults} <= {"hunk-not-found", "hunk-ambiguous"}
    else:
        assert after(patch(printed), before) == result
