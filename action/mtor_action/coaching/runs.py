"""runs/YYYY-MM.jsonl: what each run did, one JSON object a line, from which every counter is derived.

A file that has grown to PART_BYTES is followed by runs/YYYY-MM.2.jsonl, and so on: what a run reads and writes must
not grow with all that ran before it. A line that cannot be read (torn by a crash, written by somebody else) is skipped.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from mtor_action.coaching import form_results
from mtor_action.errors import MtorError
from mtor_action.untyped import parsed_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mtor_action.coaching.form_results import FormResult

FOLDER = "runs"
PART_BYTES = 64 * 1024

_FILE_NAME = re.compile(r"([0-9]{4}-(?:0[1-9]|1[0-2]))(?:\.([2-9]|[1-9][0-9]{1,5}))?\.jsonl")
_DATE = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])-[0-9]{2}(?:[T ][0-9:.+Z-]{1,40})?")
_MOST_FILES = 200  # of one run: more say nothing about which notes concern them
_LONGEST_LINE = 100_000  # bytes
_MOST_USD = 1e9


class RunRecord(NamedTuple):
    """One run: `date` is ISO 8601, `injected` the ids of the notes it got, `files` the paths it changed.

    `forms` says what each form of asking came to with each model that was asked. `usd` is an estimate, 0.0 where the
    price is not known. `issue` is the number of the issue or pull request that it was asked for on, 0 in a terminal.
    """

    job: str
    date: str
    outcome: str
    injected: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    tokens: int = 0
    green_without_model: bool = False
    forms: tuple[FormResult, ...] = ()
    usd: float = 0.0
    issue: int = 0


class RunsFile(NamedTuple):
    """A file of runs: the `number`-th of its month, from 1. Parts sort by time."""

    month: str
    number: int = 1

    @property
    def path(self) -> str:
        """The path of the file on the branch, relative to its top."""
        number = f".{self.number}" if self.number > 1 else ""
        return f"{FOLDER}/{self.month}{number}.jsonl"

    @property
    def following(self) -> RunsFile:
        """The next file of runs of the same month."""
        return self._replace(number=self.number + 1)


def first_part(run: RunRecord) -> RunsFile:
    """Return the file that the month of `run` begins with. Raises MtorError for a date of another form."""
    if not _DATE.fullmatch(run.date):
        raise MtorError(f"a run's date is {run.date!r}, expected ISO 8601", "for example 2026-11-23T16:00:00Z")
    return RunsFile(run.date[:7])


def parts_among(names: Iterable[str]) -> list[RunsFile]:
    """Return the files of runs among the names in FOLDER, oldest first."""
    return sorted(RunsFile(match[1], int(match[2] or 1)) for match in map(_FILE_NAME.fullmatch, names) if match)


def with_run(data: bytes | None, run: RunRecord) -> bytes:
    """Return the file's bytes with one more line, never joined to a torn one."""
    before = data or b""
    if before and not before.endswith(b"\n"):
        before += b"\n"
    body = run._replace(files=run.files[:_MOST_FILES])._asdict()
    if forms := [each.as_json() for each in body.pop("forms")]:
        body["forms"] = forms
    for name in ("usd", "issue"):
        if not body[name]:
            del body[name]
    return before + json.dumps(body, ensure_ascii=True, separators=(",", ":")).encode("ascii") + b"\n"


def read_runs(data: bytes, most: int | None = None) -> list[RunRecord]:
    """Return the runs of one file, oldest first; with `most`, only those of its last lines."""
    lines = data.rsplit(b"\n", most + 1)[-most - 1 :] if most is not None else data.split(b"\n")
    return list(_readable(lines))


def _readable(lines: Iterable[bytes]) -> Iterable[RunRecord]:
    likely = [line for line in lines if line.startswith(b"{") and len(line) <= _LONGEST_LINE]
    # Decoded together they take a third of the time; where a line is not an object, each is decoded alone.
    together = parsed_json(b"[%b]" % b",".join(likely))
    sound = isinstance(together, list) and len(together) == len(likely)
    for record in together if sound else map(parsed_json, likely):
        run = _run(record)
        if run is not None:
            yield run


def _run(record: Any) -> RunRecord | None:
    try:
        run = RunRecord(
            record["job"],
            record["date"],
            record["outcome"],
            tuple(record.get("injected", ())),
            tuple(record.get("files", ())),
            record.get("tokens", 0),
            record.get("green_without_model", False),
            form_results.from_json(record.get("forms")),
            _dollars(record.get("usd")),
            _number(record.get("issue")),
        )
    except (KeyError, TypeError):
        return None
    sound = {*map(type, run[:3]), *map(type, run.injected), *map(type, run.files)} == {str}
    sound = sound and type(run.tokens) is int and 0 <= run.tokens < 1 << 60 and type(run.green_without_model) is bool
    return run if sound and _DATE.fullmatch(run.date) else None


def _dollars(value: Any) -> float:
    """Return an amount of dollars; 0.0 for what cannot be one, so that the rest of the line still counts."""
    return float(value) if type(value) in (int, float) and 0 <= value < _MOST_USD else 0.0


def _number(value: Any) -> int:
    return value if type(value) is int and 0 <= value < 1 << 60 else 0
