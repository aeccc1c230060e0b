"""runs/YYYY-MM.jsonl: what each run did, one JSON object a line, from which every counter is derived.

A line that cannot be read (torn by a crash, written by somebody else) is skipped.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from mtor_action.errors import MtorError

if TYPE_CHECKING:
    from collections.abc import Iterable

FOLDER = "runs"
FILE_NAME = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])\.jsonl")

_DATE = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])-[0-9]{2}(?:[T ][0-9:.+Z-]{1,40})?")
_MOST_FILES = 200  # of one run: more say nothing about which notes concern them
_LONGEST_LINE = 100_000  # bytes


class Run(NamedTuple):
    """One run: `date` is ISO 8601, `injected` the ids of the notes it got, `files` the paths it changed."""

    job: str
    date: str
    outcome: str
    injected: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    tokens: int = 0
    green_without_model: bool = False


def path_of(run: Run) -> str:
    """The file that `run` is recorded in. Raises MtorError for a date of another form."""
    if not _DATE.fullmatch(run.date):
        raise MtorError(f"a run's date is {run.date!r}, expected ISO 8601", "for example 2026-11-23T16:00:00Z")
    return f"{FOLDER}/{run.date[:7]}.jsonl"


def with_run(data: bytes | None, run: Run) -> bytes:
    """The file's bytes with one more line, never joined to a torn one."""
    before = data or b""
    if before and not before.endswith(b"\n"):
        before += b"\n"
    shortened = run._replace(files=run.files[:_MOST_FILES])
    return before + json.dumps(shortened._asdict(), ensure_ascii=True, separators=(",", ":")).encode("ascii") + b"\n"


def read_runs(data: bytes, most: int | None = None) -> list[Run]:
    """The runs of one file, oldest first; with `most`, only those of its last lines."""
    lines = data.rsplit(b"\n", most + 1)[-most - 1 :] if most is not None else data.split(b"\n")
    return list(_readable(lines))


def _readable(lines: Iterable[bytes]) -> Iterable[Run]:
    for line in lines:
        if not line.startswith(b"{") or len(line) > _LONGEST_LINE:
            continue
        try:
            given = json.loads(line)
        except (ValueError, RecursionError):
            continue
        run = _run(given)
        if run is not None:
            yield run


def _run(given: dict[str, Any]) -> Run | None:
    try:
        run = Run(
            given["job"],
            given["date"],
            given["outcome"],
            tuple(given.get("injected", ())),
            tuple(given.get("files", ())),
            given.get("tokens", 0),
            given.get("green_without_model", False),
        )
    except (KeyError, TypeError):
        return None
    sound = all(type(text) is str for text in (*run[:3], *run.injected, *run.files))
    sound = sound and type(run.tokens) is int and 0 <= run.tokens < 1 << 60 and type(run.green_without_model) is bool
    return run if sound and _DATE.fullmatch(run.date) else None
