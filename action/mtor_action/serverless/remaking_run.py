"""A pull request of mtor's remade because somebody asked for it, without a server."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mtor_action.job_start.remakes import moved_pull, refuse_up_to_date, remake_of
from mtor_action.on_issues.reactions import SEEN
from mtor_action.on_issues.remake_runs import dispatch_remake, remake_text
from mtor_action.on_issues.state_labels import FAILED, RUNNING, set_label
from mtor_action.on_issues.status_memory import read_status, state_line, write_status
from mtor_action.serverless.cancelled_since import cancelled_since
from mtor_action.serverless.starting_run import answered_with_twin

if TYPE_CHECKING:
    from mtor_action.serverless.event_run import EventRun
    from mtor_action.serverless.starting_run import RunWanted


def remake_pull_request(run: EventRun, request: RunWanted, *, has_own_text: bool) -> bool:
    """Start the run that remakes the pull request; False if it is not mtor's, or up to date.

    `has_own_text`: a spec was run on the pull request itself; then that is what is tried again, unless the pull request
    does not merge any more. Raises CommandError, GitHubError, MtorError.
    """
    client, number = run.client, request.number
    moved = moved_pull(client, number, lambda _id, login: run.is_publisher(login))
    if moved is None and not has_own_text:
        refuse_up_to_date(client, number, lambda _id, login: run.is_publisher(login))
    if moved is None or (has_own_text and not moved.is_needed):
        return False
    remake = remake_of(client, moved, read_status(client, moved.change.issue).pins)
    runs, memory = run.runs(), read_status(client, number)
    if ended := cancelled_since(run, number, request.asked_at):
        write_status(client, number, replace(memory, state=state_line("cancelled", "", "", ended)))
        set_label(client, number, FAILED, request.consumed(run))
    elif not answered_with_twin(run, request, remake.digest, runs):
        jobs = [*(each.job for each in runs), memory.job]
        started, job = dispatch_remake(client, run.inputs.workflow, remake, jobs, request.actor.login)
        state = state_line("mtor is queued", job, started.html_url)
        text = remake_text(remake)
        write_status(client, number, replace(memory, state=state, job=job, run_id=started.id, text=text, pins=()))
        set_label(client, number, RUNNING, request.consumed(run))
    run.react(number, request.text, SEEN)
    return True
