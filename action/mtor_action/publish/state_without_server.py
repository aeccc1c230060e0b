"""The end of a job that an event run started, on the issue's sticky comment and label: there is no server to do it.

All of it is best effort: the report has been posted, and nothing here undoes that.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from mtor_action.errors import MtorError
from mtor_action.github.actions.dispatched_runs import (
    DIGEST_CHARACTERS,
    DispatchedRun,
    digest_in,
    dispatched_runs,
    is_event_job,
    run_by_id,
)
from mtor_action.github.issues.comments import ACTIONS_LOGIN, own_id
from mtor_action.github.issues.label_events import is_same_label, newest_label_event
from mtor_action.github.payloads import read_time
from mtor_action.github.prefetch import ask_ahead
from mtor_action.github.texts.pins import WORDS, digest
from mtor_action.night.night_without_server import keep_last_night
from mtor_action.on_issues.best_effort import best_effort
from mtor_action.on_issues.plan_requests import is_planning
from mtor_action.on_issues.remake_runs import LookingRun, look_at_pulls
from mtor_action.on_issues.shown_state import show_state
from mtor_action.on_issues.state_labels import ALL, QUEUED, RUNNING, TRIGGER, is_set, label_after, set_label, under_way
from mtor_action.on_issues.status_memory import read_status, state_line, write_status
from mtor_action.on_issues.unreported_ends import show_unreported
from mtor_action.on_issues.waiting_specs import start_waiting
from mtor_action.report.report import Outcome

if TYPE_CHECKING:
    from mtor_action.github.client import Client
    from mtor_action.github.remembering_client import RememberingClient
    from mtor_action.on_issues.status_memory import StatusMemory
    from mtor_action.publish.inputs import Order
    from mtor_action.publish.publication import Published

_LONGEST_JOB_SECONDS = 12 * 3600.0
logger = logging.getLogger(__name__)


def show_end(client: RememberingClient, order: Order, published: Published, own_login: str = "") -> None:
    """Show how the job ended, and which of those that waited run now; never raises MtorError.

    `client` is GITHUB_TOKEN's, whose account has written the sticky comment; `own_login` the one that publishes.
    """
    ours = {ACTIONS_LOGIN, own_login.casefold()} - {""}
    if not (is_event_job(order.job) and published.outcome):
        return
    try:
        client.forget_reads()  # the job took its time, and pushed
        ask_ahead(client, issue=order.number, labels=tuple(ALL))
        own_id(client)
        # A pull request that is remade by itself shows nothing of it; a round of the implementer's costs something.
        if not (order.remade_head and order.is_unasked()):
            with best_effort("status"):
                _update_status(client, order, published)
        _show_running(client, order)
        show_unreported(client, order.workflow, order.number)
        start_waiting(client, order.workflow)
        # What was pushed may be what others are stacked on; and the base may have moved on meanwhile.
        looking = LookingRun(client, order.workflow, lambda _id, login: login.casefold() in ours)
        if not order.paused:
            look_at_pulls(looking)
    except MtorError as error:
        logger.warning("the state on the issue is not up to date: %s", error.message)
        return
    try:
        _end_night(client, order)
    except (MtorError, OSError) as error:
        logger.warning("the issue of the night is not up to date: %s", error)


def _end_night(client: Client, order: Order) -> None:
    """Write the issue of the night after its last job.

    Each job has set its own label before it looks at the others', so that of several that end at once one sees all.
    A label that was left behind long ago holds up nothing.
    """
    since = client.clock.wall() - _LONGEST_JOB_SECONDS
    for issue in under_way(client):
        is_open = issue.text("state") == "open" and read_time(issue, "updated_at") >= since
        if is_open and issue.number("number") != order.number:
            return
    keep_last_night(client, order.night)


def _update_status(client: Client, order: Order, published: Published) -> None:
    outcome = Outcome(published.outcome)
    number = published.pull_request or 0
    line = state_line(str(outcome), order.job, order.run_url, published.reason, pull_request=number)
    memory = read_status(client, order.number)
    # A round of the implementer that never began is not counted; publishing again changes nothing.
    is_of_words = bool(order.pins) and order.pins[0].kind in WORDS
    is_round = published.paused and is_of_words and memory.state != line
    memory = replace(memory, rounds=max(0, memory.rounds - is_round))
    if not _is_of_newer_job(client, order, memory):
        memory = replace(memory, state=line, waits=None)
        show_state(client, order.number, memory, label_after(outcome), consumed=_left_over(client, order))
    elif is_round:
        write_status(client, order.number, memory)


def _is_of_newer_job(client: Client, order: Order, memory: StatusMemory) -> bool:
    """Return whether the memory is of a job that was asked for since and has not ended: it waits, or its run is live.

    What this job waited for before may still be there: the run that started it may have been killed right after that.
    """
    if memory.waits is not None:
        return digest(memory.pins)[:DIGEST_CHARACTERS] != digest_in(order.job)
    newer = run_by_id(client, memory.run_id) if memory.run_id and memory.job != order.job else None
    return newer is not None and newer.is_live


def _left_over(client: Client, order: Order) -> str:
    """Return the trigger label if the event run that started this was lost before it took the label off, else ""."""
    issue = client.recall(f"issues/{order.number}")  # read with what this began with
    labels = issue.items("labels") if issue else client.pages(f"issues/{order.number}/labels")
    if not any(is_same_label(label.text("name"), TRIGGER) for label in labels):
        return ""
    event, run = newest_label_event(client, order.number, TRIGGER), run_by_id(client, order.run_id)
    is_older = event is not None and run is not None and read_time(event, "created_at") <= run.created_at
    return TRIGGER if is_older else ""


def _show_running(client: Client, order: Order) -> None:
    """The place that this job had is another's now."""
    for run in dispatched_runs(client, order.workflow):
        if (
            run.is_running
            and not is_planning(run)
            and run.number != order.number
            and is_set(client, run.number, QUEUED)
        ):
            with best_effort("status"):
                _show_run(client, run)


def _show_run(client: Client, run: DispatchedRun) -> None:
    memory = read_status(client, run.number)
    if memory.waits is None and memory.job in ("", run.job):  # else the label is a newer job's
        write_status(client, run.number, replace(memory, state=state_line("mtor is running", run.job, run.html_url)))
        set_label(client, run.number, RUNNING)
