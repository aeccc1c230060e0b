"""An edit changes what it names and nothing else: endings, BOM and a missing final newline stay."""

from __future__ import annotations

import pytest

from planning import after, edit, patch, plan, rules, state, whole

HUNK = ("b\n", "B\nB2\n")


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("before", "result"),
    [
        (b"a\r\nb\r\nc\r\n", b"a\r\nB\r\nB2\r\nc\r\n"),
        (b"a\nb\nc", b"a\nB\nB2\nc"),
        (b"a\nb", b"a\nB\nB2"),
        (b"a\r\nb", b"a\r\nB\r\nB2"),
        (b"\xef\xbb\xbfb\r\nc\r\n", b"\xef\xbb\xbfB\r\nB2\r\nc\r\n"),
        (b"\xef\xbb\xbfb", b"\xef\xbb\xbfB\nB2"),
        (b"a\r\nb\nc\r\n", b"a\r\nB\nB2\nc\r\n"),
        (b"a\nb\r\nc\n", b"a\nB\r\nB2\r\nc\n"),
        (b"a\rx\nb\n", b"a\rx\nB\nB2\n"),
    ],
)
def test_endings_bom_and_a_missing_final_newline_are_kept(line_end: str, before: bytes, result: bytes) -> None:
    text = edit("a.py", HUNK).replace("\n", line_end)

    assert after(text, {"a.py": state(before)})["a.py"].content == result


def test_lines_that_both_sides_share_keep_their_own_ending() -> None:
    text = edit("a.py", ("a\nb\nc\n", "a\nB\nnew\nc\n"))

    assert after(text, {"a.py": state(b"a\nb\r\nc\n")})["a.py"].content == b"a\nB\r\nnew\r\nc\n"


def test_a_patch_keeps_endings_and_changes_the_final_newline_only_when_it_says_so() -> None:
    body = "--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,2 @@\n a\n-b\n{}+c\n{}"
    bare = "\\ No newline at end of file\n"

    assert after(patch(body.format("", "")), {"a.py": state(b"a\r\nb\r\n")})["a.py"].content == b"a\r\nc\r\n"
    assert after(patch(body.format(bare, bare)), {"a.py": state(b"a\nb")})["a.py"].content == b"a\nc"
    assert after(patch(body.format(bare, "")), {"a.py": state(b"a\nb")})["a.py"].content == b"a\nc\n"
    assert after(patch(body.format("", bare)), {"a.py": state(b"a\nb\n")})["a.py"].content == b"a\nc"


@pytest.mark.parametrize("content", [b"\xff\xfea\x00\n\x00", b"\xfe\xff\x00a\x00\n", b"a\0b\n", b"\x89PNG\r\n\x1a\n\0"])
def test_a_utf16_or_binary_target_is_a_clear_error(content: bytes) -> None:
    assert rules(edit("a.py", HUNK), {"a.py": state(content)}) == ["binary"]
    assert rules(patch("--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-a\n+b\n"), {"a.py": state(content)}) == ["binary"]


def test_a_latin_1_file_takes_ascii_and_refuses_more() -> None:
    tree = {"a.py": state(b"caf\xe9\nb\n")}

    assert after(edit("a.py", HUNK), tree)["a.py"].content == b"caf\xe9\nB\nB2\n"
    assert rules(edit("a.py", ("b\n", "é\n")), tree) == ["not-utf8"]


@pytest.mark.parametrize(
    ("content", "attributes", "result"),
    [
        ("a\nb\n", "", b"a\nb\n"),
        ("", "", b""),
        ("a\n", "newline=none", b"a"),
        ("\n", "newline=none", b""),
        ("a\nb\n", "eol=crlf", b"a\r\nb\r\n"),
        ("a\nb\n", "eol=crlf newline=none bom=yes", b"\xef\xbb\xbfa\r\nb"),
    ],
)
def test_a_whole_file_has_the_bytes_that_its_attributes_say(content: str, attributes: str, result: bytes) -> None:
    assert after(whole("create", "a", content, attributes), {})["a"].content == result


def test_a_file_of_five_megabytes_is_written_and_edited() -> None:
    lines = "".join(f"line {number}\n" for number in range(400_000))

    assert len(after(whole("create", "a", lines), {})["a"].content) == len(lines)
    made = plan(edit("a.py", ("line 399999\n", "end\n")), {"a.py": state(lines)})
    assert made.changes[0].after is not None
    assert made.changes[0].after.content.endswith(b"line 399998\nend\n")
