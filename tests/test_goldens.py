from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from goldens import VARIABLE, assert_golden

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("value", [None, "", "0"])
def test_another_text_fails_and_leaves_the_golden_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    if value is not None:
        monkeypatch.setenv(VARIABLE, value)
    (tmp_path / "a.txt").write_text("one\n", encoding="utf-8")
    with pytest.raises(AssertionError, match=f"(?s)-one.*{VARIABLE}=1"):
        assert_golden(tmp_path / "a.txt", "two\n")
    with pytest.raises(AssertionError):
        assert_golden(tmp_path / "new.txt", "two\n")
    assert [(path.name, path.read_text(encoding="utf-8")) for path in tmp_path.iterdir()] == [("a.txt", "one\n")]


def test_with_the_variable_it_is_written_byte_for_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "1")
    assert_golden(tmp_path / "a.txt", "one\r\ntwo\x0b\n")
    assert (tmp_path / "a.txt").read_bytes() == b"one\r\ntwo\x0b\n"
