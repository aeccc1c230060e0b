"""Specs that wait for others without a server: whatever ends one of those others starts them.

What this needs is in the issue's sticky comment; the label says that the spec waits; GitHub is asked each time for the
state of the others. So any run may look, as often as it likes, and one that is killed in between loses nothing: of two
runs that are started for one job the later leaves at once (`github/twin_runs.py`).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mtor_action.errors import MtorError
from mtor_action.github.actions.dispatched_runs import (
    SpecRun,
    dispatch_spec,
    dispatched_runs,
    live_twin,
    next_event_job,
)
from mtor_action.github.failures import LIMITED, GitHubError
from mtor_action.github.issues.comments import delete_surplus, marker, upsert_comment
from mtor_action.github.texts.pins import digest
from mtor_action.job_start.predecessors_on_github import PredecessorState, QueueOrder, join_results, predecessor
from mtor_action.job_start.waiting_spec import check_waiting
from mtor_action.neutral import mention
from mtor_action.on_issues.state_labels import FAILED, QUEUED, labelled, set_label
from mtor_action.on_issues.status_memory import StatusMemory, WaitingSpec, read_status, state_line, write_status

if TYPE_CHECKING:
    from mtor_action.github.client import Client

_STEP = "Get it green or take it out of `after`, then write `/mtor retry`."
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WaitingEnd:
    """The end of a spec that waited: its outcome, why, and the next step (both sentences)."""

    outcome: str
    reason: str
    next_step: str


def start_waiting(client: Client, workflow: str) -> None:
    """Look at every open issue whose spec waits for others; never raises MtorError: the next run looks again.

    What GitHub refuses about one of them keeps back no other, but for its limits, which all would meet.
    """
    try:
        for issue in labelled(client, QUEUED):
            if issue.text("state") == "open":
                _looked_at(client, workflow, issue.number("number"))
    except MtorError as error:
        logger.warning("the specs that wait could not be looked at: %s", error.message)


def _looked_at(client: Client, workflow: str, number: int) -> None:
    try:
        look_again(client, workflow, number)
    except MtorError as error:
        if isinstance(error, GitHubError) and error.kind in LIMITED:
            raise
        logger.warning("the spec of #%s, which waits, could not be looked at: %s", number, error.message)


def look_again(client: Client, workflow: str, number: int) -> None:
    """Start the spec of an issue that waits, end it (blocked, edited), or say what it waits for. Raises GitHubError."""
    memory = read_status(client, number)
    waits = memory.waits
    if waits is None:
        return
    now = check_waiting(client, number, memory.pins, waits.after)
    if now.refusal:
        _end(client, number, memory, WaitingEnd("rejected", now.refusal, now.next_step))
        return
    if now.after != waits.after:
        memory = replace(memory, waits=replace(waits, after=now.after))
        write_status(client, number, memory)
    order = QueueOrder(number, tuple(predecessor(client, issue) for issue in now.after))
    if order.of(PredecessorState.RED):
        _end(client, number, memory, WaitingEnd("blocked", order.obstacle, _STEP))
    elif order.obstacle:
        state = state_line("mtor waits", "", "", order.obstacle)
        if state != memory.state:
            write_status(client, number, replace(memory, state=state))
    elif clash := join_results(client, order):
        reason = f"The results that it comes after do not merge: {clash} conflicts with another."
        _end(client, number, memory, WaitingEnd("blocked", reason, _STEP))
    else:
        _start(client, workflow, number, memory, waits)


def _end(client: Client, number: int, memory: StatusMemory, end: WaitingEnd) -> None:
    asker = f"{mention(memory.requester)}: " if memory.requester else ""
    line, name = state_line(end.outcome, "", "", end.reason), marker("ending", digest(memory.pins)[:12])
    upsert_comment(client, number, name, f"{asker}{line[2:]} · {end.next_step}")
    delete_surplus(client, number, name)
    write_status(client, number, replace(memory, state=line, waits=None))
    set_label(client, number, FAILED)


def _start(client: Client, workflow: str, number: int, memory: StatusMemory, waits: WaitingSpec) -> None:
    runs, identity = dispatched_runs(client, workflow), digest(memory.pins)
    twin = live_twin(number, identity, runs)
    if twin is None:
        job = next_event_job(number, identity, [*(run.job for run in runs), memory.job])
        wanted = SpecRun(number, job, memory.pins, memory.requester, waits.branch, waits.slot)
        started = dispatch_spec(client, workflow, wanted)
        run_id, url = started.id, started.html_url
    else:
        job, run_id, url = twin.job, twin.id, twin.html_url
    state = state_line("mtor is queued", job, url)
    write_status(client, number, replace(memory, state=state, job=job, run_id=run_id, waits=None))
