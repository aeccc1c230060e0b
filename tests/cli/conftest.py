"""A repository and a folder for specs beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import command_line

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """`command_line.FILES`, committed on main, with an untracked and an ignored file lying about."""
    root = command_line.repository(tmp_path / "repo")
    command_line.put(root, {"untracked": "mine\n", "sub/x.ignored": "mine too\n"})
    return root
