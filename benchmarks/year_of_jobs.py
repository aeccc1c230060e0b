"""A database after a year: what starting the server, admission and the usual questions take, beside an empty one.

    python benchmarks/year_of_jobs.py [--waiting N] [--days N] [--a-day N] [--database URL]

Filled are 10,000 jobs that wait because as many run as may, and 1,000 finished jobs a day for 365 days in 50
repositories, with an attempt, a trigger and six lines of history each. `--database` takes an empty Postgres database
instead of SQLite.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dbos import DBOS
from deliveries import mtor, resident, started

from mtor_action.github.texts.pins import encode, pin_issue
from mtor_bot.database.schema import ATTEMPTS, HISTORY, JOBS, REPOSITORIES, TRIGGERS
from mtor_bot.durable.launch import assemble, opened
from mtor_bot.jobs import job_rows
from mtor_bot.jobs.admission import admit
from mtor_bot.jobs.archive import archive
from mtor_bot.queue.lease import Lease
from mtor_bot.server_settings import BotSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from deliveries import Peer

    from mtor_bot.bot import Bot

DAY_SECONDS = 24 * 3600.0
REPOSITORIES_FILLED = 50
LINES = 6
PINS = encode((pin_issue(1, "Say how many apples there are", "body"),))
TIMES = 5


def main() -> None:
    """Print the seconds for both databases, and what archiving does to the full one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--waiting", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--a-day", type=int, default=1000)
    parser.add_argument("--database", default="")
    options = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as folder:
        empty, full = mtor(Path(folder), "empty"), mtor(Path(folder), "year")
        with a_bot(empty.environment["MTOR_BOT_DATABASE_URL"]) as bot:
            show("empty", bot)
        start(empty)
        with a_bot(options.database or full.environment["MTOR_BOT_DATABASE_URL"]) as bot:
            fill(bot, options.waiting, options.days, options.a_day)
            show("a year", bot)
        if not options.database:
            start(full)
        with a_bot(options.database or full.environment["MTOR_BOT_DATABASE_URL"]) as bot:
            began = time.perf_counter()
            archived = sum(iter(lambda: archive(bot), 0))
            print(f"{'archiving':<28}{archived:>10,} histories in {time.perf_counter() - began:.0f} s")
            show("a year, archived", bot)


@contextmanager
def a_bot(url: str) -> Iterator[Bot]:
    """Yield the parts of a bot that does nothing."""
    given = {"database_url": url, "app_id": "1", "app_private_key": "none", "api_url": "http://127.0.0.1:9"}
    settings = BotSettings.model_validate(given)
    with opened(settings) as engine:
        DBOS.migrate(engine.url.render_as_string(hide_password=False))
        yield assemble(settings, engine, Lease(engine, "a benchmark"))


def fill(bot: Bot, waiting: int, days: int, a_day: int) -> None:
    """Enter the jobs, in blocks; those that wait do so for a repository whose limit is reached."""
    now = time.time()
    with bot.engine.begin() as connection:
        places = [{"id": n, "installation_id": 1, "full_name": f"acme/r{n}"} for n in range(1, REPOSITORIES_FILLED + 1)]
        connection.execute(REPOSITORIES.insert(), places)
    for number in range(days):
        block(bot, [job(number * a_day + n, now - (days - number) * DAY_SECONDS + n, "finished") for n in range(a_day)])
    block(bot, [job(days * a_day + n, now, "waiting") for n in range(waiting)])
    running = [job(days * a_day + waiting + n, now, "running") for n in range(bot.settings.max_jobs)]
    block(bot, running)


def block(bot: Bot, rows: Sequence[dict[str, Any]]) -> None:
    """Insert jobs with what belongs to them."""
    numbered = list(enumerate(rows))
    with bot.engine.begin() as connection:
        connection.execute(JOBS.insert(), rows)
        attempts = [
            {"job": row["id"], "attempt": 1, "repository_id": row["repository_id"], "run_id": row["trigger_id"]}
            for _, row in numbered
        ]
        connection.execute(ATTEMPTS.insert(), attempts)
        lines = [
            {"job": row["id"], "at": row["created_at"] + line, "state": "finished", "note": "a runner works on it, #1"}
            for _, row in numbered
            for line in range(LINES)
        ]
        connection.execute(HISTORY.insert(), lines)
        triggers = [
            {
                "repository_id": row["repository_id"],
                "kind": "label",
                "id": row["trigger_id"],
                "number": row["number"],
                "job": row["id"],
                "accepted_at": row["created_at"],
            }
            for _, row in numbered
        ]
        connection.execute(TRIGGERS.insert(), triggers)


def job(number: int, at: float, state: str) -> dict[str, Any]:
    """Return the row of a job."""
    has_ended = state == "finished"
    return {
        "id": f"{number:012x}-{number:08x}",
        "state": state,
        "installation_id": 1,
        "repository_id": 1 + number % REPOSITORIES_FILLED,
        "repository": f"acme/r{1 + number % REPOSITORIES_FILLED}",
        "number": 1 + number // REPOSITORIES_FILLED,
        "is_pull_request": False,
        "title": "Say how many apples there are, and what they cost",
        "digest": f"{number:064x}",
        "pins": PINS,
        "requester": "alice",
        "trigger_kind": "label",
        "trigger_id": number + 1,
        "target_branch": f"mtor/{1 + number // REPOSITORIES_FILLED}-say-how-many",
        "base_ref": "main",
        "coaching": "",
        "created_at": at,
        "admitted_at": None if state == "waiting" else at,
        "waits_for": "",
        "outcome": "clean" if has_ended else "",
        "pull_request": number + 100_000 if has_ended else None,
        "finished_at": at + 300 if has_ended else None,
        "told_at": at + 301 if has_ended else None,
    }


def show(name: str, bot: Bot) -> None:
    """Print the seconds that the usual questions take, and the size of the file."""
    admit(bot)  # the first time, each job notes what it waits for
    questions: dict[str, Callable[[], object]] = {
        "admission": lambda: admit(bot),
        "jobs to look after": lambda: job_rows.unsettled(bot.engine),
        "counts of /metrics": lambda: job_rows.counts(bot.engine),
        "the newest 50": lambda: job_rows.jobs(bot.engine),
        "of an issue": lambda: job_rows.unfinished(bot.engine, 1, 5) or job_rows.latest(bot.engine, 1, 5),
        "of a run": lambda: job_rows.by_run(bot.engine, 1, 5),
        "of a pull request": lambda: job_rows.about(bot.engine, 1, {5, 100_005}),
        "archiving, nothing due": lambda: archive(bot) if name != "a year" else None,
    }
    path = Path(bot.engine.url.database or "")
    print(f"{name:<28}{path.stat().st_size / 1e6 if path.is_file() else 0:>10.0f} MB")
    for question, ask in questions.items():
        print(f"    {question:<24}{statistics.median(seconds(ask) for _ in range(TIMES)) * 1000:>10.1f} ms")


def seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def start(peer: Peer) -> None:
    with started(peer) as (process, ready_seconds):
        print(f"{peer.folder.name + ': server':<28}{ready_seconds:>10.2f} s to ready{resident(process):>8.0f} MB")


if __name__ == "__main__":
    main()
