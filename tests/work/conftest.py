from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from standins.github import GitHubSandbox
from work.workplace import Workplace, open_place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def place() -> Iterator[Path]:
    with open_place() as folder:
        yield folder


@pytest.fixture
def workplace(place: Path, tmp_path: Path) -> Iterator[Workplace]:
    with GitHubSandbox(tmp_path) as github:
        yield Workplace(place, github)
