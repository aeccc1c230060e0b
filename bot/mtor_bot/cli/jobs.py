"""`mtor-bot jobs`: list the queue in the terminal, or the history of one job."""

from __future__ import annotations

import os
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mtor_action.cli.printing import print_json
from mtor_action.errors import UsageError

if TYPE_CHECKING:
    import argparse

    import sqlalchemy as sa

    from mtor_bot.jobs.job_record import Job

HELP = "list jobs, or show one and its history"
STATES = ("waiting", "starting", "dispatched", "running", "finished")
MOST = 50


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that choose jobs, and `--json`."""
    parser.add_argument("id", nargs="?", metavar="ID", help="show this job with its history")
    parser.add_argument("--json", action="store_true", help="print JSON on stdout")
    parser.add_argument("--state", action="append", choices=STATES, help="list only jobs in this state; repeatable")
    parser.add_argument("--repository", metavar="OWNER/REPO", default="", help="list only jobs of this repository")
    parser.add_argument("--most", metavar="N", type=int, default=MOST, help=f"list the newest N (default: {MOST})")


def run(arguments: argparse.Namespace) -> int:
    """Print the jobs, or one with its history; return 0 even if there are none. Raises UsageError for an unknown id."""
    from mtor_bot.durable.launch import opened
    from mtor_bot.server_settings import DatabaseSettings, load

    with opened(load(DatabaseSettings, os.environ, arguments.settings)) as engine:
        return _show_history(engine, arguments) if arguments.id else _several(engine, arguments)


def _several(engine: sa.Engine, arguments: argparse.Namespace) -> int:
    from mtor_bot.jobs import job_rows
    from mtor_bot.jobs.job_record import JobState

    states = [JobState(name) for name in arguments.state or ()]
    jobs = job_rows.jobs(engine, states, repository=arguments.repository, most=max(arguments.most, 1))
    if arguments.json:
        print_json({"jobs": [_plain(job) for job in jobs]})
        return 0
    for job in jobs:
        _print(
            f"{job.id}  {job.state.value:<10}  {_moment(job.created_at)}  {job.repository}#{job.number}  {job.title}"
        )
        if words := _standing(job):
            _print(f"{'':<18}{words}")
    counted = ", ".join(f"{number} {state.value}" for state, number in job_rows.counts(engine).items() if number)
    _print(f"{len(jobs)} shown; in all: {counted or 'no jobs yet'}")
    return 0


def _show_history(engine: sa.Engine, arguments: argparse.Namespace) -> int:
    from mtor_bot.jobs import job_rows

    job = job_rows.find(engine, arguments.id)
    if job is None:
        raise UsageError(f"there is no job {arguments.id!r}", "mtor-bot jobs lists them")
    history = job_rows.history(engine, job.id)
    if arguments.json:
        changes = [{"at": change.at, "state": change.state.value, "note": change.note} for change in history]
        print_json({**_plain(job), "history": changes})
        return 0
    _print(f"{job.id}  {job.state.value}  {job.repository}#{job.number}  {job.title}")
    _print(f"  asked for by {job.requester} ({job.trigger.kind} {job.trigger.id}), branch {job.target_branch}")
    for words in (_standing(job), job.next_step, job.run_url):
        if words:
            _print(f"  {words}")
    for change in history:
        _print(f"  {_moment(change.at)}  {change.state.value:<10}  {change.note}")
    return 0


def _standing(job: Job) -> str:
    """Return the outcome, or what the job waits for, as a sentence; "" if the state says enough."""
    if job.outcome is None:
        return job.waits_for
    pull = f", pull request #{job.pull_request}" if job.pull_request else ""
    return f"{job.outcome.value}{pull}" + (f": {job.reason}" if job.reason else "")


def _plain(job: Job) -> dict[str, object]:
    """Return the job as JSON values, without the pins of its texts; moments are seconds since the epoch."""
    outcome = job.outcome.value if job.outcome else None
    columns = {name: value for name, value in asdict(job).items() if name not in ("pins", "shown", "generation")}
    return {**columns, "state": job.state.value, "outcome": outcome}


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def _print(line: str) -> None:
    from mtor_action.neutral import visible

    print(visible(line).replace("\n", " ").rstrip()[:400])
