"""What webhooks say of runs, passed on to the jobs that wait for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mtor_action.report.report import Outcome
from mtor_bot.jobs import attempts, runs, store
from mtor_bot.jobs.cancel import stop_run
from mtor_bot.jobs.job import State

if TYPE_CHECKING:
    from mtor_bot.context import Bot


class RunEvent(NamedTuple):
    """What a `workflow_run` event says of a run.

    https://docs.github.com/webhooks/webhook-events-and-payloads#workflow_run
    """

    repository_id: int
    run_id: int
    run_attempt: int
    display_title: str
    event: str
    path: str
    status: str
    conclusion: str
    html_url: str


def signal_run(bot: Bot, told: RunEvent) -> str | None:
    """Adopt the run if it is an attempt's that does not know it yet, and wake its job; the job's id.

    Only dispatched runs of our workflow count: a pull request from a fork may give its own runs any name.
    Raises GitHubError if a run that nobody wants any more could not be cancelled.
    """
    called = runs.read_title(told.display_title)
    if called is None or told.event != runs.EVENT or told.path.partition("@")[0] != runs.PATH:
        return None
    attempt = attempts.find(bot.engine, *called, told.repository_id)
    if attempt is None:
        return None
    with bot.engine.begin() as connection:
        if attempts.adopt(connection, attempt, told.run_id, told.html_url):
            words = f"run {told.run_id}, by its webhook"
            store.move(connection, attempt.job, [State.STARTING], State.DISPATCHED, words, bot.clock.now())
    job = store.job_by_id(bot.engine, attempt.job)
    # Not one that a person has started again.
    if job.outcome is Outcome.CANCELLED and told.status != "completed" and told.run_attempt == 1:
        stop_run(bot, job, told.run_id)
    elif not job.is_finished:
        bot.workflows.wake(job)
    return job.id
