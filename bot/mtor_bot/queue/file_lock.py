"""One process at a time for a SQLite file: a lock that the kernel gives back when the process ends, however it ends."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from mtor_action.errors import MtorError

PATIENCE_SECONDS = 10.0
_TRY_SECONDS = 0.1


@contextmanager
def alone_on(url: str, patience_seconds: float = PATIENCE_SECONDS) -> Iterator[bool]:
    """Hold the lock beside a SQLite file; yield whether there is one to hold. Raises MtorError if it is taken."""
    parsed = sa.make_url(url)
    if parsed.get_backend_name() != "sqlite":
        yield False
        return
    path = Path(f"{parsed.database}.lock")
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise MtorError(
            f"{path} cannot be opened: {error.strerror}", "give the bot a folder that it can write to, such as a volume"
        ) from error
    try:
        _lock(handle, path, patience_seconds)
        yield True
    finally:
        os.close(handle)


def _lock(handle: int, path: Path, patience_seconds: float) -> None:
    """Take the lock, waiting for a predecessor that is just ending. Raises MtorError after that."""
    give_up = time.monotonic() + patience_seconds
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > give_up:
                raise MtorError(
                    f"another mtor-bot serves from this database ({path} is locked)",
                    "stop it first; several replicas need Postgres: set MTOR_BOT_DATABASE_URL to postgresql://…",
                ) from error
            time.sleep(_TRY_SECONDS)
        else:
            return
