from __future__ import annotations

import time

import pytest

from mtor_action.processes.output import BoundedOutput, last_lines, plain_text


def test_short_output_is_kept_as_it_is() -> None:
    output = BoundedOutput(head_bytes=4, tail_bytes=6)
    for data in (b"ab", b"cdef", b"", b"ghij"):
        output.add(data)
    assert output.content() == b"abcdefghij"
    assert output.total_bytes == 10


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_long_output_keeps_head_and_tail_and_counts_the_rest(size: int) -> None:
    output = BoundedOutput(head_bytes=4, tail_bytes=6)
    stream = b"head" + b"." * 1990 + b"finish"
    for start in range(0, len(stream), size):
        output.add(stream[start : start + size])
    assert output.content() == b"head\n[mtor: 1990 bytes of output left out here]\nfinish"
    assert output.total_bytes == 2000


def test_the_last_line_skips_blank_ones_and_is_readable() -> None:
    output = BoundedOutput()
    assert output.last_line() == ""
    output.add(b"first\n\x1b[32mcollected 3 items\x1b[0m\n\n  \n")
    assert output.last_line() == "collected 3 items"


@pytest.mark.parametrize(
    ("raw", "readable"),
    [
        (b"\x1b[1;31mred\x1b[0m", "red"),
        (b"\x1b]0;title\x07text", "text"),
        (b"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        (b"\x1b]never ended\nnext", "\nnext"),
        (b"\x1b(Bcharset\x1b=", "charset"),
        (b"cut short\x1b[", "cut short"),
        ("\x9b31mc1\x9b0m".encode(), "c1"),
        (b"10%\r50%\r100%\r\nok\r\n", "100%\nok\n"),
        (b"bell\x07, back\x08, nul\x00, del\x7f", "bell, back, nul, del"),
        (b"tab\tstays", "tab\tstays"),
        ("abc\u202edcba\u2066\u200b".encode(), "abcdcba"),
        ("grün ✓ 日本".encode(), "grün ✓ 日本"),
        (b"not \xff\xfe utf-8", "not \ufffd\ufffd utf-8"),
    ],
)
def test_text_is_readable_whatever_was_printed(raw: bytes, readable: str) -> None:
    assert plain_text(raw) == readable


@pytest.mark.parametrize("unit", [b"\x1b]", b"\x1b[", b"\x1b[0", b"\x1b", b"\r", b"\x1b]x\x1b", b"\xff", b"\x1bP;"])
def test_no_input_makes_reading_slow(unit: bytes) -> None:
    started = time.monotonic()
    plain_text(unit * (320 * 1024 // len(unit)))
    assert time.monotonic() - started < 2


def test_a_short_text_is_not_cut() -> None:
    assert last_lines("one\ntwo\n\n", 7) == "one\ntwo"


@pytest.mark.parametrize("limit", [8, 9, 10, 13])
def test_a_long_text_keeps_its_last_whole_lines(limit: int) -> None:
    assert last_lines("zero\nfirst\ntwo\nfour", limit).split("\n", 1)[1] == "two\nfour"


def test_the_note_says_how_much_was_cut() -> None:
    assert last_lines("0123456789\n" * 10 + "end", 14) == "[99 characters in 9 line(s) cut]\n0123456789\nend"


def test_a_last_line_longer_than_the_limit_is_cut_at_its_start() -> None:
    assert last_lines("a\n" + "b" * 100, 5) == "[97 characters in 1 line(s) cut]\nbbbbb"
