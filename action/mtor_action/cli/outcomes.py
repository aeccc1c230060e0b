"""`mtor outcomes`: what became of mtor's pull requests, and what they cost, by week and by model."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from mtor_action.cli.printing import print_json
from mtor_action.cli.whole_number import number_of
from mtor_action.repository.git import Git

if TYPE_CHECKING:
    import argparse

    from mtor_action.coaching.runs import RunRecord
    from mtor_action.outcomes.pull_outcomes import Ledger

_WEEKS = 8
_MOST_WEEKS = 520
_FIRST_READING = timedelta(days=365)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare how many weeks are shown, and whether GitHub is asked and the ledger is kept on the branch."""
    parser.add_argument(
        "--weeks",
        type=number_of("weeks", _MOST_WEEKS),
        default=_WEEKS,
        metavar="N",
        help=f"show this many weeks (default: {_WEEKS})",
    )
    parser.add_argument("--offline", action="store_true", help="show what was read before, without asking GitHub")
    parser.add_argument(
        "--record",
        action="store_true",
        help="also commit the ledger to the local branch mtor-coaching; push it to share it",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the figures; return 0. Raises MtorError if GitHub cannot be asked."""
    from mtor_action.outcomes.figures import models, total, weeks
    from mtor_action.outcomes.outcomes_table import outcomes_table

    git = Git.open(Path(arguments.repo or "."))
    now = datetime.now(UTC)
    ledger, runs = _ledger(git, arguments, now), _runs(git)
    first = (now - timedelta(weeks=arguments.weeks - 1)).date()
    rows = weeks(ledger.pulls.values(), runs, first, now.date())
    records = models(run for run in runs if run.date >= rows[0].begins)
    if arguments.json:
        print_json(
            {
                "schema": 1,
                "read_until": ledger.read_until,
                "weeks": [row.as_json() for row in rows],
                "total": total(rows).as_json(),
                "models": [record.as_json() for record in records],
            }
        )
    else:
        print(outcomes_table(rows, records))
    if not runs:
        print(
            "mtor: no runs are recorded, so tokens and models are missing: make the branch mtor-coaching with"
            " `mtor coach add`, then `git push origin mtor-coaching`",
            file=sys.stderr,
        )
    return 0


def _ledger(git: Git, arguments: argparse.Namespace, now: datetime) -> Ledger:
    """Return the ledger, brought up to date and kept unless `--offline`."""
    from mtor_action.coaching import store
    from mtor_action.outcomes.pull_outcomes import PATH, merged, read_ledger, written

    kept = git.state_dir / PATH
    here = kept.read_bytes() if kept.exists() else None
    ledger = merged([read_ledger(store.file_on_branch(git, PATH)), read_ledger(here)])
    if not arguments.offline:
        ledger = _read_github(git, ledger, now)
        _keep(kept, written(ledger))
    if arguments.record:
        store.change(git, PATH, lambda before: written(merged([read_ledger(before), ledger])), "record outcomes")
    return ledger


def _read_github(git: Git, ledger: Ledger, now: datetime) -> Ledger:
    from mtor_action.github.payloads import stamp_of
    from mtor_action.outcomes.changed_pulls import update
    from mtor_action.setup.connection import connect_to_origin
    from mtor_action.setup.finding import DoctorSubject

    with connect_to_origin(DoctorSubject(git.root, os.environ)) as client:
        return update(ledger, client, stamp_of((now - _FIRST_READING).timestamp()))


def _keep(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.new")
    temporary.write_bytes(content)
    temporary.replace(path)


def _runs(git: Git) -> list[RunRecord]:
    from mtor_action.coaching import store

    stored = store.load(git, every_run=True)
    return list(stored.runs) if stored else []
