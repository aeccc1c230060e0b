"""The base's runs, remembered in `.git/mtor/base/`: once for each commit, list of commands and environment.

Kept for a day, since what a test needs from outside (the network, installed packages) changes without a commit.
"""

from __future__ import annotations

import hashlib
import json
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeAlias

from mtor_action.lazy_dataclasses import dataclass, field
from mtor_action.processes.commands import CommandResult
from mtor_action.workspace.early_stops import GoingOn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

# The results of one run: the last went to its end, those before it stopped early.
BaseRun: TypeAlias = "tuple[CommandResult, ...]"

_SCHEMA = 1
_MOST_AGE_SECONDS = 24 * 3600
_MOST_RECORDS = 50
_MOST_CHARACTERS = 400_000


@dataclass(frozen=True, slots=True)
class BaseRecord:
    """The runs of every command on one base: one if it was green, else two. `going_on` as in `BaseRuns`."""

    key: str
    tested: float  # unix seconds
    runs: Mapping[str, tuple[BaseRun, ...]]  # by command, in order
    going_on: Mapping[str, GoingOn] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BaseMemory:
    """The folder of records of one working tree; `redact` is what every output passes before it is written."""

    folder: Path
    redact: Callable[[str], str]

    def load(self, key: str) -> BaseRecord | None:
        """Return the record of that key; None if there is none that is fresh and whole."""
        try:
            body = json.loads((self.folder / f"{key}.json").read_bytes())
            if body["schema"] != _SCHEMA or not 0 <= time.time() - body["tested"] < _MOST_AGE_SECONDS:
                return None
            runs = {
                str(command): tuple(tuple(_result(command, result) for result in run) for run in made)
                for command, made in body["runs"]
            }
            if not all(run for made in runs.values() for run in made):
                return None
            going_on = {str(command): GoingOn(*map(str, way)) for command, way in body["going_on"].items()}
            return BaseRecord(key, float(body["tested"]), runs, going_on)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def save(self, record: BaseRecord) -> None:
        """Write it; a disk that is full costs the memory, never the run."""
        runs = [
            [command, [[self._as_json(result) for result in run] for run in made]]
            for command, made in record.runs.items()
        ]
        body = {
            "schema": _SCHEMA,
            "tested": record.tested,
            "going_on": {command: list(way) for command, way in record.going_on.items()},
            "runs": runs,
        }
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            temporary = self.folder / f"{record.key}.new"
            temporary.write_text(json.dumps(body), encoding="ascii")
            temporary.replace(self.folder / f"{record.key}.json")
            self._forget_oldest()

    def forget(self, key: str) -> None:
        """Remove the record of `key`, if there is one."""
        with suppress(OSError):
            (self.folder / f"{key}.json").unlink(missing_ok=True)

    def _forget_oldest(self) -> None:
        by_age = sorted(self.folder.glob("*.json"), key=lambda path: path.stat().st_mtime)
        for path in by_age[:-_MOST_RECORDS]:
            path.unlink(missing_ok=True)

    def _as_json(self, result: CommandResult) -> dict[str, object]:
        return {
            "exit_code": result.exit_code,
            "seconds": round(result.seconds, 3),
            "output": self.redact(result.tail(_MOST_CHARACTERS)),
            "timed_out": result.timed_out,
            "doubt": result.doubt,
            "cwd": result.cwd,
        }


def base_key(base: str, setup: Sequence[str], test: Sequence[str], environment: Mapping[str, str], user: str) -> str:
    """Return 32 hex digits for a commit, its commands in order, and what they run with."""
    # Bash sets these anew in every shell; the job's own marks are not there yet.
    steady = {name: value for name, value in environment.items() if name not in {"OLDPWD", "SHLVL", "_"}}
    text = json.dumps([_SCHEMA, base, list(setup), list(test), sorted(steady.items()), user])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _result(command: str, run: Mapping[str, Any]) -> CommandResult:
    output = str(run["output"]).encode("utf-8", "replace")
    return CommandResult(
        stage="base",
        command=str(command),
        exit_code=int(run["exit_code"]),
        seconds=float(run["seconds"]),
        output=output,
        output_total_bytes=len(output),
        timed_out=run["timed_out"] is True,
        doubt=str(run["doubt"]),
        cwd=str(run["cwd"]),
    )
