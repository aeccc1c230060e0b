"""Debian's PostgreSQL, started by the tests as a user of its own, without a port."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

USER = "postgres"


@dataclass(slots=True)
class Postgres:
    """A running server; `database()` makes an empty database and gives its URL."""

    folder: Path
    binaries: Path
    made: int = field(default=0)

    def database(self) -> str:
        self.made += 1
        name = f"mtor{self.made}"
        command: list[str | Path] = [self.binaries / "createdb", "-h", self.folder, "-U", USER, name]
        subprocess.run(command, check=True, capture_output=True)
        return f"postgresql://{USER}@/{name}?host={self.folder}"


@contextmanager
def postgres() -> Iterator[Postgres]:
    """Skips where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        pytest.skip("PostgreSQL is not installed (Debian's package `postgresql`)")
    binaries, folder = found[-1].parent, Path(tempfile.mkdtemp(prefix="mtor-pg-"))
    user = _user(folder)
    data = folder / "data"
    try:
        _run([binaries / "initdb", "-D", data, "-U", USER, "-A", "trust", "-N", "-E", "UTF8"], user)
        options = f"-k {folder} -c listen_addresses='' -c fsync=off -c max_connections=200"
        _run([binaries / "pg_ctl", "-D", data, "-l", folder / "log", "-o", options, "-w", "start"], user)
        yield Postgres(folder, binaries)
    finally:
        subprocess.run(
            [binaries / "pg_ctl", "-D", data, "-m", "immediate", "stop"], user=user, check=False, capture_output=True
        )
        shutil.rmtree(folder, ignore_errors=True)


def _user(folder: Path) -> int | None:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    number = pwd.getpwnam(USER).pw_uid
    os.chown(folder, number, -1)
    return number


def _run(command: list[str | Path], user: int | None) -> None:
    done = subprocess.run(command, user=user, check=False, capture_output=True, text=True, cwd="/")
    assert done.returncode == 0, done.stderr
