"""Runs with a scripted model, all children of one process that has imported litellm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scripted_runs import Nursery, Runner

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    with Nursery() as started:
        yield started


@pytest.fixture
def runner(nursery: Nursery, tmp_path: Path) -> Runner:
    return Runner(nursery, tmp_path)
