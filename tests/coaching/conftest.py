"""A repository without coaching."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import command_line
from mtor_action.repository.git import Git

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in command_line.environment().items():
        monkeypatch.setenv(name, value)
    return command_line.repository(tmp_path / "repo")


@pytest.fixture
def git(repo: Path) -> Git:
    return Git.open(repo)
