"""Runs with a scripted model, all children of one process that has imported litellm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scripted_runs import Runner

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def runner(tmp_path: Path, warm_pytest: None) -> Runner:  # noqa: ARG001
    return Runner(tmp_path)
