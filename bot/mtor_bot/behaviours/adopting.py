"""Move over to the App: it takes over the runs that event runs started, by their names, and follows them to the end.

A run's inputs cannot be read back from GitHub. Its name gives the issue and the beginning of the spec's digest; the
status comment of the event run gives the rest, and counts only if both agree. Writers can edit that comment, so it
decides no more than which text a repeated run would be pinned to, and whom the end mentions.
"""

from __future__ import annotations

import logging
from dataclasses import replace

import sqlalchemy as sa

from mtor_action.access.decision import Account, AccountKind
from mtor_action.errors import MtorError
from mtor_action.github.actions.dispatched_runs import DispatchedRun, digest_in, dispatched_runs, is_event_job, read_run
from mtor_action.github.branches.repositories import repository
from mtor_action.github.client import Client
from mtor_action.github.failures import LIMITED, GitHubError, RequestFailureKind, Tolerance
from mtor_action.github.issues.comments import actions_comment, marker
from mtor_action.github.sources.spec_source import fetch_spec
from mtor_action.github.texts.pins import Pin, digest
from mtor_action.job_start import spec_texts
from mtor_action.job_start.planning_on_github import plan
from mtor_action.on_issues.state_labels import UNDER_WAY
from mtor_action.on_issues.status_memory import StatusMemory, memory_in
from mtor_action.repository.branch_names import slug
from mtor_bot.behaviours.starting import Ready
from mtor_bot.bot import Bot
from mtor_bot.database.schema import TURNS
from mtor_bot.github_app.installed_repository import InstalledRepository
from mtor_bot.jobs import attempts, job_rows, workflow_runs
from mtor_bot.jobs.attempts import Attempt
from mtor_bot.jobs.job_record import ADOPTED, Job, JobRequest, JobState, Trigger, durable_workflow_id
from mtor_bot.speech.status_comment import say_plan

# An ended run that is older was reported, or its people have seen to it.
OLDEST_SECONDS = 24 * 3600.0
logger = logging.getLogger(__name__)


def adopt_listed(bot: Bot, client: Client, place: InstalledRepository) -> int:
    """Adopt the runs of a repository that nobody follows; return how many. One request where there is nothing to do.

    Raises GitHubError.
    """
    runs = [run for run in _listed(client) if is_event_job(run.job)]
    strange = [run for run in runs if job_rows.by_run(bot.engine, place.repository_id, run.id) is None]
    return sum(_adopt_one(bot, client, place, run) for run in reversed(strange))


def _listed(client: Client) -> list[DispatchedRun]:
    """Return the newest hundred runs, none if the repository has no such workflow."""
    with Tolerance(RequestFailureKind.NOT_FOUND):
        return dispatched_runs(client, workflow_runs.FILE, 1)
    return []


def _adopt_one(bot: Bot, client: Client, place: InstalledRepository, run: DispatchedRun) -> bool:
    """Adopt a run whose issue may be gone; only a rate limit ends the pass."""
    try:
        return adopt(bot, client, place, run) is not None
    except GitHubError as error:
        if error.kind in LIMITED:
            raise
        about = {"repository": place.repository, "run": run.id, "why": error.message}
        logger.info("a run of an event run is not adopted", extra=about)
        return False


def adopt_by_id(bot: Bot, place: InstalledRepository, run_id: int) -> Job | None:
    """Adopt a run that a webhook told of; return its job, None for a run that is not for us. Raises GitHubError."""
    with bot.clients.repository(place) as client:
        run = read_run(client.call("GET", f"actions/runs/{run_id}"))
        return adopt(bot, client, place, run) if run and is_event_job(run.job) else None


def adopt(bot: Bot, client: Client, place: InstalledRepository, run: DispatchedRun) -> Job | None:
    """Enter a job for a run that an event run started, unless its end was shown; return it. Raises GitHubError.

    Doing so twice changes nothing.
    """
    if not run.is_live and not _is_unreported(bot, client, run):
        return None
    comment = actions_comment(client, run.number, marker("status", str(run.number)))
    memory = memory_in(comment.body) if comment else StatusMemory()
    is_its = digest(memory.pins).startswith(digest_in(run.job)) if memory.pins else False
    order, text = _work(bot, client, place, run, memory.pins if is_its else ())
    order = replace(order, requester=memory.requester if is_its else "", asked_at=run.created_at)
    # Before the job's state can be shown.
    if text:
        say_plan(bot, place, run.number, text)
    job_id, is_adopted = _enter(bot, order, run)
    if is_adopted:
        about = {"repository": place.repository, "number": run.number, "run": run.id, "job": job_id}
        logger.info("a run that an event run had started is adopted", extra=about)
    return job_rows.job_by_id(bot.engine, job_id)


def _is_unreported(bot: Bot, client: Client, run: DispatchedRun) -> bool:
    """Return whether the issue still says that work is under way, though its newest run has ended."""
    if bot.clock.since(run.created_at) > OLDEST_SECONDS:
        return False
    names = {label.text("name").casefold() for label in client.pages(f"issues/{run.number}/labels")}
    return bool(names & UNDER_WAY) and not any(
        other.number == run.number and other.id > run.id for other in _listed(client)
    )


def _work(
    bot: Bot, client: Client, place: InstalledRepository, run: DispatchedRun, pins: tuple[Pin, ...]
) -> tuple[JobRequest, str]:
    """Return the job and the spec's plan if its texts are as they were, else what the issue and the run's name tell."""
    try:
        if pins:
            return _planned(bot, client, place, run, pins)
    except GitHubError:
        raise
    except MtorError as error:
        about = {"number": run.number, "run": run.id, "why": error.message}
        logger.info("the text of an adopted run is not as it was", extra=about)
    return _outline(client, place, run, pins), ""


def _planned(
    bot: Bot, client: Client, place: InstalledRepository, run: DispatchedRun, pins: tuple[Pin, ...]
) -> tuple[JobRequest, str]:
    """Return the job and the plan. Raises GitHubError, and MtorError for texts that changed."""
    nobody, fetched = Account(AccountKind.GHOST, 0, "", "none"), fetch_spec(client, run.number, pins)
    texts = spec_texts.with_authors(client, fetched, nobody)
    ready = Ready(plan(client, run.number, texts.fetched), texts)
    return ready.request(bot, place, run.number, Trigger(ADOPTED, run.id)), ready.text(bot)


def _outline(client: Client, place: InstalledRepository, run: DispatchedRun, pins: tuple[Pin, ...]) -> JobRequest:
    issue = client.call("GET", f"issues/{run.number}")
    title, is_pull_request = issue.text("title"), issue.at("pull_request").value is not None
    branch = f"mtor/{run.number}-{slug(title)}"
    if is_pull_request:
        branch = client.call("GET", f"pulls/{run.number}").text("head", "ref") or branch
    return JobRequest(
        installation_id=place.installation_id,
        repository_id=place.repository_id,
        repository=place.repository,
        number=run.number,
        is_pull_request=is_pull_request,
        title=title,
        digest=digest(pins) if pins else digest_in(run.job),
        pins=pins,
        requester="",
        trigger=Trigger(ADOPTED, run.id),
        target_branch=branch,
        base_ref=repository(client).default_branch,
    )


def _enter(bot: Bot, order: JobRequest, run: DispatchedRun) -> tuple[str, bool]:
    """Enter the job in one transaction; return its id, and whether it follows this run from now on.

    If a job for the same spec waits in the queue, it gets the run, and starts none of its own.
    """
    now = bot.clock.now()
    while True:
        with bot.engine.begin() as connection:
            # As admission does, which would otherwise start a run at the same time.
            connection.execute(sa.update(TURNS).where(TURNS.c.name == "admission").values(at=now))
            job_id = job_rows.enter(connection, order, now)
            if job_id is not None:
                return job_id, _attach(bot, connection, job_id, order, run)


def _attach(bot: Bot, connection: sa.Connection, job_id: str, order: JobRequest, run: DispatchedRun) -> bool:
    attempt = Attempt(
        job=job_id,
        attempt=1,
        repository_id=order.repository_id,
        intended_at=run.created_at,
        accepted=True,
        run_id=run.id,
        run_url=run.html_url,
        dispatches=1,
        named=run.job,
    )
    if not attempts.attach(connection, attempt):
        return False
    words = f"run {run.id} ({run.job}) of an event run is adopted"
    states, now = [JobState.WAITING, JobState.STARTING], bot.clock.now()
    job_rows.move(connection, job_id, states, JobState.DISPATCHED, words, now, admitted_at=run.created_at, waits_for="")
    bot.queue.start(connection, job_id, durable_workflow_id(job_id))
    return True
