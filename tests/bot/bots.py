"""Bots as processes, against the stand-in for GitHub."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dbos import DBOS

from mtor_action.github.actions import run_results
from mtor_action.github.texts.pins import digest, pin_issue
from mtor_bot.durable.launch import LEAST_POLL_SECONDS, assemble, opened
from mtor_bot.jobs import job_rows, workflow_runs
from mtor_bot.jobs.admission import admit
from mtor_bot.jobs.job_record import JobRequest, Trigger
from mtor_bot.queue.durable_queue import DELIVERIES_QUEUE, JOBS_QUEUE, connect
from mtor_bot.queue.lease import Lease
from mtor_bot.server_settings import BotSettings, DatabaseSettings
from standins.github import GitHubSandbox
from standins.github.runner.queueless import dispatched_alone
from standins.nursery import nursery

if TYPE_CHECKING:
    import signal
    from collections.abc import Callable, Iterator

    from mtor_bot.bot import Bot
    from mtor_bot.jobs.job_record import Job
    from standins.github.apps import Installation
    from standins.github.issues import Issue
    from standins.github.repositories import Repository
    from standins.github.runs import Run

ROOT = Path(__file__).parents[2]
WARM_UP = "bot.bots:warm_up"
SCALE = 0.01
PATIENCE_SECONDS = 60.0
WORKFLOW = dispatched_alone((ROOT / "action" / "mtor_action" / "setup" / "workflow.yml").read_text(encoding="utf-8"))


def settings(url: str, github: GitHubSandbox, **changes: Any) -> BotSettings:
    """Of a bot for the sandbox's App."""
    given = {
        "database_url": url,
        "app_id": str(github.app.id),
        "app_private_key": github.app.private_key,
        "api_url": github.api_url,
        "time_scale": SCALE,
    }
    return BotSettings.model_validate({**given, **changes})


def _walk() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name == "MTOR_KILL_READS"}


def warm_up() -> None:
    """Let the bot's modules, and those that they import when they are first needed, be there."""
    import mtor_bot.behaviours.table
    import mtor_bot.cli.serve
    import mtor_bot.durable.job_workflow
    import mtor_bot.durable.reconcile
    import mtor_bot.server.serving
    import mtor_bot.speech.end_announcement
    import mtor_bot.speech.status_comment  # noqa: F401  all of them
    from mtor_action.github.client import connect
    from mtor_action.github.failures import GitHubError
    from mtor_bot.clock import ScaledClock
    from mtor_bot.github_app.clients import Clients

    with suppress(ValueError):
        Clients("1", "none", "http://127.0.0.1:9", ScaledClock()).app()
    with suppress(GitHubError):
        connect("token", "nobody/nothing", api_url="http://127.0.0.1:9", patience_seconds=0).call("GET", "")


class BotProcess:
    """`bot_process.py` in a process."""

    def __init__(self, settings: BotSettings, **environment: str) -> None:
        given = settings.model_dump(exclude_defaults=True) | {
            "app_private_key": settings.app_private_key.get_secret_value()
        }
        variables = {f"MTOR_BOT_{name.upper()}": str(value) for name, value in given.items()}
        reading, writing = os.pipe()
        self._process = nursery(WARM_UP).start(
            "bot.bot_process:main",
            env={"PATH": os.environ["PATH"], **_walk(), **variables, **environment},
            stdout=writing,
            stderr=2,
        )
        os.close(writing)
        self._printed = os.fdopen(reading)
        self.id = ""

    def ready(self) -> BotProcess:
        """Wait until it works."""
        line = self._printed.readline()
        assert line.startswith("ready "), f"the bot did not start: {line!r}"
        self.id = line.split()[1]
        return self

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def wait(self) -> int:
        return self._process.wait(PATIENCE_SECONDS)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        self._printed.close()


@dataclass(slots=True)
class Scene:
    """A repository with the App, a database, and bots; `bot` is this process's view of it, which does no job."""

    github: GitHubSandbox
    repository: Repository
    installation: Installation
    settings: BotSettings
    bot: Bot
    processes: list[BotProcess] = field(default_factory=list)

    def start(self, **environment: str) -> BotProcess:
        """A bot in a process; it may not be ready yet."""
        self.processes.append(BotProcess(self.settings, **environment))
        return self.processes[-1]

    def request(
        self, issue: Issue, *, kind: str = "label", event: int = 1, repository: Repository | None = None
    ) -> JobRequest:
        """What a behaviour asks for when an issue is labelled."""
        pins, here = (pin_issue(issue.number, issue.title, issue.body),), repository or self.repository
        return JobRequest(
            installation_id=self.installation.id,
            repository_id=here.id,
            repository=here.full_name,
            number=issue.number,
            is_pull_request=False,
            title=issue.title,
            digest=digest(pins),
            pins=pins,
            requester="alice",
            trigger=Trigger(kind, event),
            target_branch=f"mtor/{issue.number}-x",
            base_ref="main",
        )

    def ask(self, issue: Issue, *, kind: str = "label", event: int = 1) -> Job:
        """Ask for a job, and let start what may."""
        asked = job_rows.request(self.bot.engine, self.request(issue, kind=kind, event=event), self.bot.clock.now())
        admit(self.bot)
        return self.job(asked.job.id)

    def job(self, job_id: str) -> Job:
        return job_rows.job_by_id(self.bot.engine, job_id)

    def until(self, job: Job, condition: Callable[[Job], object]) -> Job:
        """Wait until the job is so."""
        until(lambda: condition(self.job(job.id)), lambda: f"{self.job(job.id)}\n{self.notes(job)}")
        return self.job(job.id)

    def told(self, job: Job) -> Job:
        """Wait until the job has ended and GitHub was told."""
        return self.until(job, lambda now: now.told_at)

    def notes(self, job: Job) -> list[str]:
        return [f"{change.state.value}: {change.note}" for change in job_rows.history(self.bot.engine, job.id)]


def until(condition: Callable[[], object], shown: Callable[[], object] = lambda: "") -> None:
    """Wait until another process has made it so."""
    give_up, pause = time.monotonic() + PATIENCE_SECONDS, threading.Event()
    while not condition():
        assert time.monotonic() < give_up, f"it did not come to that: {shown()}"
        pause.wait(0.02)


@cache
def used_before() -> Path:
    """A database as a bot has left it: on an empty one the library begins its queues a second after it is launched."""
    folder = Path(tempfile.mkdtemp(prefix="mtor-database-"))
    atexit.register(shutil.rmtree, folder)
    url = f"sqlite:///{folder / 'mtor.sqlite'}"
    use(url)
    return folder / "mtor.sqlite"


def use(url: str) -> None:
    """Make the tables, and what a bot enters there when it starts."""
    with opened(DatabaseSettings(database_url=url)) as engine:
        DBOS.migrate(url)
        for queue in (JOBS_QUEUE, DELIVERIES_QUEUE):
            connect(engine).client.register_queue(queue, polling_interval_sec=LEAST_POLL_SECONDS)


@contextmanager
def scene(root: Path, url: str = "", **changes: Any) -> Iterator[Scene]:
    """A stand-in for GitHub with one repository that has the App, and a database (SQLite without `url`)."""
    with GitHubSandbox(root / "github", scale=SCALE) as github:
        repository = github.repository("acme/widget", {workflow_runs.PATH: WORKFLOW}, roles={"alice": "write"})
        installation = github.app.install(repository)
        given = settings(url or f"sqlite:///{shutil.copy(used_before(), root / 'mtor.sqlite')}", github, **changes)
        with opened(given) as engine:
            here = Scene(github, repository, installation, given, assemble(given, engine, Lease(engine, "a test")))
            try:
                yield here
            finally:
                for process in here.processes:
                    process.kill()


def works(run: Run) -> None:
    """A runner on which all goes well."""
    run.begin()
    run.job("work", "success")
    publish(run)


def publish(run: Run, **changes: object) -> None:
    """A publish job that goes well, and the end of the run."""
    result = {
        "schema": 1,
        "job": run.inputs["job"],
        "outcome": "clean",
        "pull_request": 7,
        "comment": None,
        "reason": "",
    }
    run.artifact(run_results.RESULT, {"result.json": json.dumps({**result, **changes})})
    run.job("publish", "success")
    run.finish("success")


def statuses(issue: Issue) -> list[str]:
    """The bot's comments on an issue that say how things stand."""
    return [each.body for each in issue.comments if each.user.login == "mtor[bot]" and "<!-- mtor:status " in each.body]
