"""`mtor night`: what mtor did since last evening, what needs a person, and what it cost."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from mtor_action.cli.printing import print_json, wants_colour
from mtor_action.cli.whole_number import number_of
from mtor_action.repository.git import Git

if TYPE_CHECKING:
    import argparse

    from mtor_action.coaching.stats import Effect
    from mtor_action.coaching.store import Coaching

WEBHOOK = "MTOR_NIGHT_WEBHOOK"
_HOURS = 16
_MOST_HOURS = 24 * 31


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare how far back the night goes, and where else it is told."""
    parser.add_argument(
        "--hours",
        type=number_of("hours", _MOST_HOURS),
        default=_HOURS,
        metavar="N",
        help=f"look back this many hours (default: {_HOURS})",
    )
    parser.add_argument("--html", metavar="FILE", help="also write one page that needs no network")
    parser.add_argument("--issue", action="store_true", help="also keep the issue `mtor: last night` up to date")
    parser.add_argument("--send", action="store_true", help=f"also post it to the webhook in {WEBHOOK}")


def run(arguments: argparse.Namespace) -> int:
    """Print the night; return 0. Raises MtorError if GitHub or the webhook does not answer."""
    from mtor_action.errors import UsageError
    from mtor_action.github.payloads import stamp_of
    from mtor_action.night.morning import Morning, night_json
    from mtor_action.night.night_issue import keep_issue, night_markdown
    from mtor_action.night.night_message import night_message, send
    from mtor_action.night.night_on_github import read_night
    from mtor_action.night.night_page import night_page
    from mtor_action.night.night_table import night_table
    from mtor_action.report.terminal import Paint
    from mtor_action.setup.connection import connect_to_origin
    from mtor_action.setup.finding import DoctorSubject

    if arguments.send and not os.environ.get(WEBHOOK):
        raise UsageError(f"--send needs the webhook's address in {WEBHOOK}", f"export {WEBHOOK}=https://…")
    git = Git.open(Path(arguments.repo or "."))
    since = stamp_of(time.time() - arguments.hours * 3600)
    with connect_to_origin(DoctorSubject(git.root, os.environ)) as client:
        stored = _stored(git)
        jobs = read_night(client, since, stored.runs if stored else ())
        morning = Morning(client.full_name, since, tuple(jobs), effects=_effects(stored))
        if arguments.json:
            print_json(night_json(morning))
        else:
            print(night_table(morning, Paint(wants_colour(sys.stdout))))
        if arguments.html:
            Path(arguments.html).write_text(night_page(morning), encoding="utf-8")
        if arguments.issue:
            _number, page = keep_issue(client, night_markdown(morning))
            print(f"mtor: kept in {page}", file=sys.stderr)
        if arguments.send:
            send(night_message(morning), os.environ[WEBHOOK])
    return 0


def _stored(git: Git) -> Coaching | None:
    from mtor_action.coaching import store

    return store.load(git, every_run=True)


def _effects(stored: Coaching | None) -> tuple[Effect, ...]:
    from mtor_action.coaching.stats import effects

    return tuple(effects(stored.notes, stored.runs)) if stored else ()
