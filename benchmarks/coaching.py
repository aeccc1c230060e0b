"""What coaching costs a run: `mtor run` without the branch mtor-coaching, and with 500 notes and 10,000 recorded runs.

    python benchmarks/coaching.py [--rounds N]

Whole processes, alternating, in a fresh copy of each repository; no model is called. `first` is the first run after an
edit of the notes, `next` the one after that, which knows them already; each is compared with the same run without
coaching. The last lines are with a gate.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from mtor_action.coaching import notebook, store
from mtor_action.coaching.note import Forbid, Note, NoteState, Severity
from mtor_action.coaching.runs import PART_BYTES, RunsFile
from mtor_action.repository.git import Git

if TYPE_CHECKING:
    from collections.abc import Iterator

MTOR = [sys.executable, "-m", "mtor_action", "run", "--quiet"]
ENVIRONMENT = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
LIMIT_MILLISECONDS = 50
NOTES, RUNS = 500, 10_000
RUNS_OF_A_COPY = ("first", "next")
SPEC = (
    "# Benchmark\n\n```yaml mtor\ntest:\n  - 'true'\n```\n\n"
    + "".join(f"```python create=src/pkg{n}/m.py\nvalue = {n}\n```\n\n" for n in range(10))
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        (work / "spec.md").write_text(SPEC)
        repositories = {"without": repository(work / "without")}
        for name, gates in (("with", 0), ("with a gate", 1)):
            repositories[name] = repository(work / name)
            coach(repositories[name], gates)
        seconds: dict[tuple[str, str], list[float]] = {
            (name, run): [] for name in repositories for run in RUNS_OF_A_COPY
        }
        for _ in range(rounds):
            for name, origin in repositories.items():
                shutil.rmtree(work / "copy", ignore_errors=True)
                shutil.copytree(origin, work / "copy")
                for run in RUNS_OF_A_COPY:
                    seconds[name, run].append(timed(work / "copy", work / "spec.md"))
    print(f"{'coaching':<14}{'run':<6}{'median':>10}{'fastest':>10}{'more':>10}{'limit':>10}")
    for (name, run), taken in seconds.items():
        middle = statistics.median(taken)
        more = middle - statistics.median(seconds["without", run])
        limit = f"{LIMIT_MILLISECONDS} ms" if name == "with" else ""
        row = f"{1000 * middle:>7.0f} ms{1000 * min(taken):>7.0f} ms{1000 * more:>7.0f} ms"
        print(f"{name:<14}{run:<6}{row}{limit:>10}")


def repository(path: Path) -> Path:
    path.mkdir()
    for arguments in (
        ("init", "-q", "-b", "main"), ("config", "user.name", "b"), ("config", "user.email", "b@localhost"),
        ("commit", "-q", "--allow-empty", "-m", "start"),
    ):  # fmt: skip
        subprocess.run(["git", *arguments], cwd=path, env=ENVIRONMENT, check=True)
    return path


def coach(path: Path, gates: int) -> None:
    """500 notes, of which twenty concern the spec's files, and 10,000 runs in this month and the last."""
    git = Git.open(path)
    severities = list(Severity)
    notes = [
        Note(
            f"note-{n}", f"In package {n}, say what the value {n} means, and keep it in one place.",
            (f"src/pkg{n // 2}/**",), severities[n % 3], NoteState.ACTIVE, created=f"2026-{1 + n % 9:02d}-01",
            forbid=Forbid(r"\bprint\(") if n < gates else None,
        )
        for n in range(NOTES)
    ]  # fmt: skip
    notebook.add(git, notes)
    today = datetime.now(UTC).date()
    for month in (f"{today.replace(day=1) - timedelta(days=1):%Y-%m}", f"{today:%Y-%m}"):
        part = RunsFile(month)
        for lines in parts_of([run_line(n, month) for n in range(RUNS // 2)]):
            store.change(git, part.path, lambda _, lines=lines: lines, "runs")  # type: ignore[misc]  # bound
            part = part.following


def parts_of(lines: list[str]) -> Iterator[bytes]:
    """The files that the runs of a month are in once mtor has recorded them one by one."""
    part = b""
    for line in lines:
        part += line.encode()
        if len(part) >= PART_BYTES:
            yield part
            part = b""
    yield part


def run_line(number: int, month: str) -> str:
    said = {
        "job": f"{month.replace('-', '')}01-{number:06d}-abcdef01", "date": f"{month}-01T10:00:00Z",
        "outcome": "clean" if number % 3 else "fixed",
        "injected": [f"note-{(number + k) % NOTES}" for k in range(6)], "files": [f"src/pkg{number % 250}/m.py"],
        "tokens": 0 if number % 3 else 4_000, "green_without_model": bool(number % 3),
    }  # fmt: skip
    return json.dumps(said) + "\n"


def timed(repository: Path, spec: Path) -> float:
    """Wall seconds of one run."""
    started = time.perf_counter()
    subprocess.run([*MTOR, str(spec)], cwd=repository, env=ENVIRONMENT, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
