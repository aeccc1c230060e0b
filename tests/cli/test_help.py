"""The width of the help texts: that of the terminal, as argparse would have it."""

from __future__ import annotations

import argparse

import pytest

from mtor_action.cli.main import command_line


@pytest.mark.parametrize("columns", ["44", "120", "0", "-3", "wide", None])
def test_help_is_as_wide_as_argparse_would_make_it(monkeypatch: pytest.MonkeyPatch, columns: str | None) -> None:
    if columns is None:
        monkeypatch.delenv("COLUMNS", raising=False)
    else:
        monkeypatch.setenv("COLUMNS", columns)
    parser = command_line([])
    ours = parser.format_help()
    parser.formatter_class = argparse.HelpFormatter
    assert ours == parser.format_help()
