"""Failing checks of mtor's pull request that go to the implementer by themselves, without a server (`fix_ci: true`)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mtor_action.errors import CommandError
from mtor_action.github.actions.dispatched_runs import SpecRun, branch_input, dispatch_spec, next_event_job
from mtor_action.github.issues.comments import own_id
from mtor_action.github.sources.spec_source import fetch_spec
from mtor_action.job_start.fix_unasked import CheckedCommit, due_fix
from mtor_action.job_start.planning_on_github import plan
from mtor_action.on_issues.plan_text import plan_text
from mtor_action.on_issues.state_labels import set_label
from mtor_action.on_issues.status_memory import read_status, state_line, write_status
from mtor_action.serverless.starting_run import slot_for

if TYPE_CHECKING:
    from mtor_action.job_start.suggestions_to_apply import Rules
    from mtor_action.serverless.event_run import EventRun


def fix_checks(run: EventRun, checked: CheckedCommit, rules: Rules) -> int:
    """Start the round that is due and return the pull request's number, 0 where nobody wants it.

    Raises CommandError with the reason why nothing is due, MtorError, GitHubError.
    """
    client = run.client
    own_id(client)
    fix = due_fix(client, checked, rules, lambda number: read_status(client, number).rounds)
    if fix is None:
        return 0
    planned = plan(client, fix.number, fetch_spec(client, fix.number, fix.chosen.pins))
    if planned.faults:
        raise CommandError(planned.faults[0].message, "write `/mtor fix ci`, which lists all of it")
    runs = run.runs()
    if live := run.live_runs(fix.number, runs):
        raise CommandError(f"the run {live[0].id} is at work on it", "its end has checks of its own")
    memory = read_status(client, fix.number)
    job = next_event_job(fix.number, planned.digest, [*(each.job for each in runs), memory.job])
    slot = slot_for(run, fix.number, runs)
    text = plan_text(planned, (), fix.note)
    memory = replace(memory, pins=planned.pins, requester="", text=text, rounds=memory.rounds + 1)
    # Counted before it costs anything: what cannot be counted must not start, since its own commit has checks again.
    write_status(client, fix.number, memory)
    wanted = SpecRun(fix.number, job, planned.pins, "", branch_input(planned.target_branch), slot.number)
    started = dispatch_spec(client, run.inputs.workflow, wanted)
    state = state_line("mtor is queued", job, started.html_url)
    write_status(client, fix.number, replace(memory, state=state, job=job, run_id=started.id))
    set_label(client, fix.number, slot.label)
    return fix.number
