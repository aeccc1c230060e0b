"""The latest runs of this clone that asked a model, in `.git/mtor/runs.jsonl`, for clones without the branch.

The file has the lines of the branch's runs/YYYY-MM.jsonl. It never grows beyond 64 KiB.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from mtor_action.coaching.runs import PART_BYTES, RunRecord, read_runs, with_run

if TYPE_CHECKING:
    from pathlib import Path


_NAME = "runs.jsonl"
_MOST_RUNS = 200


def local_runs(state_folder: Path) -> list[RunRecord]:
    """Return the runs, oldest first; unreadable lines are skipped, an unreadable file gives none."""
    return read_runs(_content(state_folder / _NAME), _MOST_RUNS)


def keep_run(state_folder: Path, run: RunRecord) -> None:
    """Append a run; a full file loses its oldest half. A full disk costs the record only."""
    path = state_folder / _NAME
    before = _content(path)
    if len(before) >= PART_BYTES:
        before = before[-PART_BYTES // 2 :].partition(b"\n")[2]
    temporary = path.with_name(f"{_NAME}.new")
    with suppress(OSError):
        state_folder.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(with_run(before, run))
        temporary.replace(path)


def _content(path: Path) -> bytes:
    """Return the file's last 64 KiB, "" if it cannot be read."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - PART_BYTES))
            return file.read(PART_BYTES)
    except OSError:
        return b""
