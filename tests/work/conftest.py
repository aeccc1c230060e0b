from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from standins.github import GitHubSandbox
from work.workplace import Workplace

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that others may enter."""
    folder = Path(tempfile.mkdtemp(prefix="mtor-test-")).resolve()
    yield folder
    subprocess.run(["rm", "-rf", folder], check=True)


@pytest.fixture
def workplace(place: Path, tmp_path: Path) -> Iterator[Workplace]:
    with GitHubSandbox(tmp_path) as github:
        yield Workplace(place, github)
