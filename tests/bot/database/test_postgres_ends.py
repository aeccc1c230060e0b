"""The server that tests share ends with them, also when they are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.bots import until

if TYPE_CHECKING:
    from bot.postgres import Postgres

TESTS = Path(__file__).parents[2]
SUITE = """\
import os, signal
from pathlib import Path

def test_something_that_takes_long(postgres):
    postgres.database()
    server = (postgres.folder / "data" / "postmaster.pid").read_text().split()[0]
    file = Path({folder!r}, os.environ.get("PYTEST_XDIST_WORKER", "main"))
    file.with_suffix(".part").write_text(f"{{server}} {{postgres.folder}}")
    file.with_suffix(".part").rename(file.with_suffix(".ready"))
    signal.pause()

test_another_one = test_something_that_takes_long
"""


@pytest.mark.parametrize("workers", [0, 2])
def test_a_killed_suite_leaves_no_server_and_no_folder(postgres: Postgres, tmp_path: Path, workers: int) -> None:
    assert postgres.folder.exists()  # where there is no PostgreSQL, this skips
    (tmp_path / "test_suite.py").write_text(SUITE.format(folder=str(tmp_path)), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "bot.conftest", "-p", "no:cacheprovider", "-n", str(workers)]
    environment = os.environ | {"PYTHONPATH": str(TESTS), "PYTEST_ADDOPTS": ""}
    environment.pop("PYTEST_XDIST_WORKER", None)
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, start_new_session=True, stdout=subprocess.DEVNULL
    ) as suite:
        until(lambda: len(list(tmp_path.glob("*.ready"))) == max(workers, 1) or suite.poll() is not None)
        os.killpg(suite.pid, signal.SIGKILL)
    servers = [file.read_text(encoding="utf-8").split() for file in tmp_path.glob("*.ready")]
    assert len(servers) == max(workers, 1)
    until(lambda: not any(_runs(server) or Path(folder).exists() for server, folder in servers), lambda: servers)


def _runs(process: str) -> bool:
    """Whether there is such a process; one that has ended and was not waited for does not count."""
    try:
        return Path("/proc", process, "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
