"""GitHub's published example payloads of webhooks, which `make setup` fetches through npm."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

ARCHIVES = Path(__file__).resolve().parents[1] / "build" / "npm"


def examples() -> list[tuple[str, dict[str, Any]]]:
    """Return the payloads with the names of their events; skips the test where they were not fetched."""
    archive = max(ARCHIVES.glob("octokit-webhooks-examples-*.tgz"), default=None)
    if archive is None:
        pytest.skip("the example payloads were not fetched: there is no npm")
    with tarfile.open(archive) as tar:
        file = tar.extractfile("package/api.github.com/index.json")
        assert file is not None
        return [(each["name"], example) for each in json.load(file) for example in each["examples"]]
