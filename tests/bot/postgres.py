"""Debian's PostgreSQL, as a user of its own, without a port; it ends with the process that asked for it.

Between the two is a keeper, `python postgres.py` in a session of its own. It starts the server, and stops it and
removes its folder once its standard input is closed, which the system does for a process that was killed too.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

USER = "postgres"


@dataclass(slots=True)
class Postgres:
    """A running server; `database()` makes a database, empty or like that of a name, and gives its URL."""

    folder: Path
    binaries: Path
    made: int = field(default=0)

    def database(self, like: str = "template1") -> str:
        self.made += 1
        name = f"mtor{self.made}"
        command: list[str | Path] = [self.binaries / "createdb", "-h", self.folder, "-U", USER, "-T", like, name]
        subprocess.run(command, check=True, capture_output=True)
        return f"postgresql://{USER}@/{name}?host={self.folder}"


def name_of(url: str) -> str:
    """The name of the database at a URL of `Postgres.database`."""
    return url.partition("?")[0].rpartition("/")[2]


def binaries() -> Path | None:
    """The folder of the newest server's programs, None where there is none."""
    initdb = max(Path("/usr/lib/postgresql").glob("*/bin/initdb"), default=None)
    return initdb.parent if initdb else None


@contextmanager
def postgres(programs: Path) -> Iterator[Postgres]:
    """A server for as long as the block, or this process, lasts."""
    command = [sys.executable, "-I", __file__, str(programs)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as keeper:
        assert keeper.stdout is not None
        folder = keeper.stdout.readline().strip()
        assert folder, "PostgreSQL did not start; the reason is above"
        yield Postgres(Path(folder), programs)


# in the keeper


def keep(programs: Path) -> None:
    """Start a server, print its folder, stop it when standard input ends."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit())
    folder = Path(tempfile.mkdtemp(prefix="mtor-pg-"))
    user = _user(folder)
    data = folder / "data"
    try:
        _run([programs / "initdb", "-D", data, "-U", USER, "-A", "trust", "-N", "-E", "UTF8"], user)
        options = f"-k {folder} -c listen_addresses='' -c fsync=off -c max_connections=200"
        _run([programs / "pg_ctl", "-D", data, "-l", folder / "log", "-o", options, "-w", "start"], user)
        print(folder, flush=True)  # noqa: T201  what the other side waits for
        sys.stdin.read()
    finally:
        stop: list[str | Path] = [programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop"]
        subprocess.run(stop, user=user, check=False, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


def _user(folder: Path) -> int | None:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    number = pwd.getpwnam(USER).pw_uid
    os.chown(folder, number, -1)
    return number


def _run(command: list[str | Path], user: int | None) -> None:
    done = subprocess.run(
        command, user=user, check=False, capture_output=True, text=True, cwd="/", stdin=subprocess.DEVNULL
    )
    if done.returncode != 0:
        raise SystemExit(done.stderr)


if __name__ == "__main__":
    keep(Path(sys.argv[1]))
