from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtor_action.test_output.masking import FINGERPRINT_CHARACTERS, fingerprint, mask


@pytest.mark.parametrize(
    ("first", "again"),
    [
        ("3 passed in 0.81s", "3 passed in 12.4s"),
        ("ok  \tpkg\t0.002s", "ok  \tpkg\t1.3s"),
        ("--- FAIL: TestX (0.00s)", "--- FAIL: TestX (0.12s)"),
        ("took 1m2.5s", "took 3m0.1s"),
        ("adds (2 ms)", "adds (14 ms)"),
        ("Time:        0.965 s", "Time:        1.2 s"),
        ("duration_ms: 1.889805", "duration_ms: 87"),
        ("<object at 0x7fee8f0c7a00>", "<object at 0x7f10174c5370>"),
        ("/tmp/pytest-of-root/pytest-0/test_x0", "/tmp/pytest-of-u/pytest-91/test_x0"),
        ("/tmp/pytest-of-u/pytest-9/popen-gw1/test_x0", "/tmp/pytest-of-u/pytest-8/popen-gw0/test_x0"),
        ("open('/tmp/tmpab12_x9z/file')", "open('/tmp/tmpzz34_y0q/file')"),
        ("/var/folders/8x/abc/T/tmp123/x", "/var/folders/9y/def/T/tmp987/x"),
        ("/private/tmp/a1/x", "/private/tmp/b2/x"),
        (r"C:\Users\me\AppData\Local\Temp\abc\x", r"C:\Users\you\AppData\Local\Temp\def\x"),
        ("pid 6952 died", "pid 17 died"),
        ("PID=6952", "PID=1"),
        ("thread 'tests::fails' (9159) panicked", "thread 'tests::fails' (10471) panicked"),
        ("(node:9607) Warning", "(node:12) Warning"),
        ("goroutine 22 [running]", "goroutine 7 [running]"),
        ("http://127.0.0.1:43121/x", "http://127.0.0.1:9/x"),
        ("listening on port 8080", "listening on port 49152"),
        ("at 2026-11-23T14:39:12.00088Z", "at 2027-01-02T03:04:05Z"),
        ("at 2026-11-23 14:39:12,123", "at 2026-11-24 01:00:00,000"),
        ("Mon Nov 23 14:35:17 2026", "Tue Dec  1 04:05:06 2026"),
        ("Start at  14:38:39", "Start at  09:00:01"),
        ("request 123e4567-e89b-12d3-a456-426614174000", "request 00000000-0000-0000-0000-000000000000"),
        ("random seed: 3141", "random seed: 27182"),
        ("demo-8348ca7a80742723", "demo-c3f780f4ebc756c0"),
        ("[gw0] linux", "[gw3] linux"),
        ("at 1732372519", "at 1732372999.25"),
        ("\x1b[31mFAILED\x1b[0m x", "FAILED x"),
        ("a\r\nb  \n", "a\nb"),
    ],
)
def test_what_changes_between_runs_is_masked(first: str, again: str) -> None:
    assert mask(first) == mask(again)
    assert fingerprint(first) == fingerprint(again)


@pytest.mark.parametrize(
    ("first", "other"),
    [
        ("assert 3 == 4", "assert 3 == 5"),
        ("tests/test_a.py:12: AssertionError", "tests/test_a.py:13: AssertionError"),
        ("10 failed, 5 passed", "9 failed, 6 passed"),
        ("NameError: name 'a'", "NameError: name 'b'"),
        ("expected 200, got 404", "expected 200, got 500"),
        ("version 1.2.3", "version 1.2.4"),
        ("0x1f", "0x2f"),
        ("/tmp/a/one.txt", "/tmp/a/two.txt"),
    ],
)
def test_what_tells_failures_apart_is_kept(first: str, other: str) -> None:
    assert fingerprint(first) != fingerprint(other)


def test_masking_again_changes_nothing_more_in_a_typical_text() -> None:
    text = "x in 0.1s at 0xdeadbeef01 /tmp/a/b pid 12 127.0.0.1:80 2026-01-01"
    assert mask(mask(text)) == mask(text)


@given(st.text())
def test_any_text_has_a_fingerprint(text: str) -> None:
    assert len(fingerprint(text)) == FINGERPRINT_CHARACTERS
