"""The work job of `/mtor plan`: an architect writes a spec for an issue, with a token that reads.

duplicate? → fetch thread, base and notes (token) → scout and architect (model) → hand over, set outputs

No command of the repository runs, nothing of it is written, and the token is used no more once a model is asked.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mtor_action.architect.plan_record import PlanOutcome, PlanRecord, record_of
from mtor_action.architect.repository_facts import facts_at
from mtor_action.errors import MtorError
from mtor_action.github.actions.twin_runs import earlier_twin
from mtor_action.github.branches.settings_file import settings_at
from mtor_action.github.client import Client, connect
from mtor_action.github.texts.plan_comments import asking_comment
from mtor_action.implementer.cost.budget import Spending
from mtor_action.job_start.issue_threads import IssueThread, read_thread
from mtor_action.manifest.settings_block.limits import budget_of
from mtor_action.model.loading import load_after, not_installed, wait_for_packages
from mtor_action.model.provider_client import ModelClient
from mtor_action.model.roles import DEFAULT_MAX_OUTPUT_TOKENS
from mtor_action.on_issues import paused
from mtor_action.redaction.redactor import Redactor
from mtor_action.redaction.secret_names import secrets_in
from mtor_action.repository.git import Git
from mtor_action.repository.remote import Remote
from mtor_action.repository.revisions.base_tree import BaseTree
from mtor_action.runner.command_files import set_outputs
from mtor_action.runner.log import Log
from mtor_action.work.day_budget import Allowance, allowance
from mtor_action.work.fetching import fetch_to_plan
from mtor_action.work.model_install import installer
from mtor_action.work.users import give
from mtor_action.work.work import trust_checkout

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mtor_action.manifest.settings_block.settings import Settings
    from mtor_action.model.chat import Message, Reply, Tool
    from mtor_action.work.context import Context


@dataclass(frozen=True, slots=True)
class _ToPlan:
    """All that is fetched: the task, the commit to read, the default branch's settings, what the day leaves."""

    thread: IssueThread
    commit: str
    settings: Settings
    day: Allowance | None
    problem: str  # what of the coaching notes is missing


def plan_for_issue(context: Context, token: str, repo: Path) -> int:
    """Do all of it and return the exit code: 0 if a record was handed over, 3 if it is one of an error."""
    redactor = Redactor(os.environ, [token])
    with Log(sys.stdout, redactor) as console:
        console.mask([token, *secrets_in(os.environ).values()])
        with connect(token, context.repository, api_url=context.api_url) as client:
            if twin := earlier_twin(client, context.run_id, context.workflow):
                console.say(f"the run {twin} is for the same comment and came first, so this one leaves the work to it")
                return 0
            remote = Remote(f"{context.server_url}/{context.repository}.git", token)
            record = _recorded(context, client, remote, repo, console)
        _hand_over(context, record, redactor)
        console.say(f"{record.outcome}: {record.reason}" if record.reason else str(record.outcome))
        return 3 if record.outcome is PlanOutcome.ERROR else 0


def _recorded(context: Context, client: Client, remote: Remote, repo: Path, console: Log) -> PlanRecord:
    """Return the record of how it ended; never raises MtorError."""
    if context.paused:
        return PlanRecord(context.job, PlanOutcome.STOPPED, reason=paused.REASON, next_step=paused.STEP)
    started = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    counts_for_day = False
    try:
        trust_checkout(repo.resolve())
        git = Git.open(repo.resolve())
        to_plan = _fetch(context, client, git, remote)
        counts_for_day = to_plan.day is not None
        if to_plan.problem:
            console.warn(to_plan.problem)
        if to_plan.day and to_plan.day.refusal:
            record = PlanRecord(context.job, PlanOutcome.STOPPED, reason=to_plan.day.refusal)
        else:
            record = _planned(context, git, to_plan, console)
    except (MtorError, OSError) as error:
        message, hint = (error.message, error.hint) if isinstance(error, MtorError) else (str(error), "")
        record = PlanRecord(context.job, PlanOutcome.ERROR, reason=message, next_step=hint)
    return replace(record, started=started, counts_for_day=counts_for_day)


def _fetch(context: Context, client: Client, git: Git, remote: Remote) -> _ToPlan:
    """Fetch what planning needs. Raises MtorError, GitHubError, GitError."""
    thread = read_thread(client, context.issue, asking_comment(context.job))
    if thread.is_pull_request:
        raise MtorError("a plan is for an issue, and this is a pull request", "open an issue and ask there")
    settings = settings_at(client).settings
    commit, problem = fetch_to_plan(client, git, remote, context.coaching)
    day = allowance(client, context.run_id, settings._replace(implementer=_architects(settings)), settings)
    return _ToPlan(thread, commit, settings, day, problem)


def _architects(settings: Settings) -> tuple[str, ...]:
    architects = dict(settings.roles).get("architect", ())
    if not architects:
        raise MtorError(
            "no model is named that writes specs", "add `roles: {architect: [MODEL]}` to `.github/mtor.yml`"
        )
    return architects


def _planned(context: Context, git: Git, to_plan: _ToPlan, console: Log) -> PlanRecord:
    """Have it planned within the budget. A model that cannot be asked is an end like others: what it cost is told."""
    if context.model_install:
        load_after(installer(context.model_install, os.environ))
    wait_for_packages()
    try:
        from mtor_action.architect.commit_reader import CommitReader
        from mtor_action.architect.drafting import PlanningModels, SpecPlanner
        from mtor_action.architect.role_conversation import PlanningMeans
    except ModuleNotFoundError as error:  # pydantic comes with the extra `model`, as litellm does
        raise not_installed(error) from error
    redact = Redactor(os.environ).redact
    settings, day = to_plan.settings, to_plan.day
    spending = Spending(budget_of(settings.budget, day.usd_left if day else None), time.monotonic)
    most_tokens = settings.max_output_tokens or DEFAULT_MAX_OUTPUT_TOKENS

    def ask(model: str, messages: Sequence[Message], tools: tuple[Tool, ...], seconds: float) -> Reply:
        safe = [replace(message, text=redact(message.text)) for message in messages]
        return ModelClient(model, max_output_tokens=most_tokens, say=console.say).complete(safe, tools, seconds)

    with BaseTree(git, to_plan.commit) as tree:
        reader = CommitReader(git, tree, to_plan.commit, redact)
        means = PlanningMeans(reader, spending, ask, lambda: None, console.say, dict(settings.stalls))
        models = PlanningModels(_architects(settings), dict(settings.roles).get("scout", ()))
        planner = SpecPlanner(models, facts_at(git, to_plan.commit, console.say), means)
        try:
            planner.plan(to_plan.thread.task)
        except MtorError as error:
            return record_of(context.job, planner, error)
        return record_of(context.job, planner)


def _hand_over(context: Context, record: PlanRecord, redactor: Redactor) -> None:
    """Write the record where the publish job's artifact is made from, without any secret. Raises OSError."""
    owner = context.output.stat()
    context.handover.mkdir(mode=0o700, exist_ok=True)
    record.redacted(redactor.redact).write(context.handover)
    give(context.handover, owner)
    set_outputs(context.output, {"outcome": str(record.outcome), "report": ""})
