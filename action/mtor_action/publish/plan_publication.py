"""The publish job of `/mtor plan`: what the architect wrote becomes a comment; nothing else is written.

GITHUB_TOKEN posts it. Of the artifact only texts are taken, for people to read: who wrote what was read is asked of
GitHub, and the spec is planned again against the files as they are.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mtor_action.access.accounts import Sender, account_of
from mtor_action.access.decision import Account, untrusted
from mtor_action.architect.plan_record import PlanOutcome, PlanRecord, read_record
from mtor_action.errors import MtorError
from mtor_action.github.actions.twin_runs import earlier_twin
from mtor_action.github.issues.comments import MOST_CHARACTERS, create_comment, delete_comment, marker, own_comment
from mtor_action.github.sources.spec_source import FetchedSpec
from mtor_action.github.texts.pins import digest, lf_bytes, pin_comment
from mtor_action.github.texts.plan_comments import asking_comment, named_specs, planned_spec, several_specs
from mtor_action.job_start.issue_threads import read_thread
from mtor_action.job_start.planning_on_github import plan
from mtor_action.manifest.text import Part
from mtor_action.on_issues import paused
from mtor_action.on_issues.plan_answer import above_plan, above_plans, no_plan, plan_body, posted_spec
from mtor_action.on_issues.reactions import DONE, NOT_DONE, react
from mtor_action.publish.publication import Published
from mtor_action.publish.runner_time import has_worked

if TYPE_CHECKING:
    from mtor_action.github.client import Client
    from mtor_action.github.texts.authors import Author
    from mtor_action.publish.credentials import ActingAccount
    from mtor_action.publish.inputs import Order
    from mtor_action.repository.git import Git

_SMALLER = "ask for a smaller step below `/mtor plan`, or use `mtor plan` in a clone"
_LOST = "the planning job ended before it handed anything over"


def publish_plan(order: Order, account: ActingAccount, git: Git) -> Published:
    """Post the comment and say how it went; never raises MtorError. `git` is an empty repository."""
    try:
        if earlier_twin(account.client, order.run_id, order.workflow):
            return Published("", reason="a run for the same comment came first; this one stops")
        record = _record(order, account)
        warnings = _record_spending(git, account, order, record)
        return _posted(account.client, order, record, warnings)
    except MtorError as error:
        return Published(str(PlanOutcome.ERROR), reason=error.message, next_step=error.hint)


def _record(order: Order, account: ActingAccount) -> PlanRecord:
    """Return what the work job says, or the record of one that was lost. Raises GitHubError."""
    try:
        record = read_record(order.handover)
    except MtorError as error:
        return PlanRecord(order.job, PlanOutcome.ERROR, reason=error.message, next_step=error.hint)
    if record is None and order.paused and not has_worked(account.client, order):
        return PlanRecord(order.job, PlanOutcome.STOPPED, reason=paused.REASON, next_step=paused.STEP)
    if record is None or record.job != order.job:
        return PlanRecord(order.job, PlanOutcome.ERROR, reason=_LOST, next_step="write `/mtor plan` again")
    return record


def _record_spending(git: Git, account: ActingAccount, order: Order, record: PlanRecord) -> list[str]:
    from mtor_action.publish.recorded_spending import record_nothing, record_spending

    if not record.counts_for_day:
        never_began = order.paused and record.outcome is PlanOutcome.STOPPED
        return record_nothing(git, account, order.run_id, order.run_attempt) if never_began else []
    return record_spending(git, account, order.run_id, order.run_attempt, record.usage, record.started)


def _posted(client: Client, order: Order, record: PlanRecord, warnings: list[str]) -> Published:
    asking = asking_comment(order.job)
    name = marker("plan", order.job)
    before = own_comment(client, order.number, name)
    if before and planned_spec(before.body) is None:
        # An attempt before this one ended without a plan.
        delete_comment(client, before.id)
        before = None
    text = before.body if before else _text(client, order, record)
    # Never edited: the comment that runs is the one that was posted.
    posted = before or create_comment(client, order.number, name, text)
    react(client, order.number, asking, DONE if record.outcome is PlanOutcome.PLANNED else NOT_DONE)
    return Published(str(record.outcome), None, posted.id, posted.html_url, "; ".join(warnings), text=text)


def _text(client: Client, order: Order, record: PlanRecord) -> str:
    if record.outcome is not PlanOutcome.PLANNED or not record.specs:
        return no_plan(record, order.requester, order.run_url)
    thread = read_thread(client, order.number, asking_comment(order.job))
    spec = several_specs((name, posted_spec(text)) for name, text in record.specs)
    if len(named_specs(spec)) != len(record.specs):
        return _unusable(order, record, "a line of a spec reads as the beginning of another one", _SMALLER)
    pin = pin_comment(1, _whole(order, thread.authors, "", spec))
    outsiders = _outsiders(client, thread.authors)
    if len(record.specs) > 1:
        above = above_plans(record, order.requester, digest([pin]), order.number, outsiders)
    else:
        part = Part(f"#{order.number} plan", lf_bytes(spec))
        planned = plan(client, order.number, FetchedSpec(thread.title, (part,), (pin,), None))
        above = above_plan(record, order.requester, digest([pin]), planned, outsiders)
    body = plan_body(thread.authors, above, spec)
    if len(body) <= MOST_CHARACTERS:
        return body
    return _unusable(order, record, "the plan is longer than a comment may be on GitHub", _SMALLER)


def _whole(order: Order, authors: tuple[Author, ...], above: str, spec: str) -> str:
    return f"{marker('plan', order.job)}\n{plan_body(authors, above, spec)}"


def _unusable(order: Order, record: PlanRecord, reason: str, step: str) -> str:
    failed = replace(record, outcome=PlanOutcome.REJECTED, reason=reason, next_step=step, diagnostics=())
    return no_plan(failed, order.requester, order.run_url)


def _outsiders(client: Client, authors: tuple[Author, ...]) -> tuple[Account, ...]:
    """Return those who cannot write here: of bots no API tells, so that none is trusted."""
    accounts = [account_of(client, Sender(author.id, author.login, author.type)) for author in authors]
    return untrusted(accounts, ())
