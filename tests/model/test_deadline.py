from __future__ import annotations

import threading

import pytest

from mtor_action.model.deadline import call_within


def test_a_result_comes_back() -> None:
    assert call_within(10, lambda: 42) == 42


def test_none_is_a_result() -> None:
    assert call_within(10, lambda: None) is None


def test_an_error_comes_back_as_itself() -> None:
    with pytest.raises(ZeroDivisionError):
        call_within(10, lambda: 1 / 0)


def test_a_call_that_hangs_is_left_behind() -> None:
    release = threading.Event()
    with pytest.raises(TimeoutError, match=r"within 0\.05 s"):
        call_within(0.05, release.wait)
    release.set()
