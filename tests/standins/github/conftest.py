from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from github_scene import Scene
from standins.github import GitHubSandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with GitHubSandbox(tmp_path, scale=0.01) as github:
        made = Scene(github)
        yield made
        made.close()
