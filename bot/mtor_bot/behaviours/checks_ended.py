"""Checks of mtor's own pull request ended: failing ones go to the implementer for one round, if `fix_ci: true`.

The webhook is that of a workflow run: of other checks GitHub keeps no log.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256

from mtor_action.access.accounts import Sender, read_sender
from mtor_action.coaching.note import BRANCH
from mtor_action.errors import CommandError, MtorError
from mtor_action.github.answers import Answer
from mtor_action.github.branches.repositories import branch_head
from mtor_action.github.client import Client
from mtor_action.github.failures import GitHubError
from mtor_action.github.sources.spec_source import fetch_spec
from mtor_action.job_start.fix_unasked import CheckedCommit, due_fix, read_checked
from mtor_action.job_start.planning_on_github import plan
from mtor_action.on_issues import paused
from mtor_action.on_issues.plan_text import plan_text
from mtor_bot.behaviours.commented import rounds_on, rules_of
from mtor_bot.behaviours.starting import planned_request
from mtor_bot.bot import Bot
from mtor_bot.events.event import RepositoryEvent
from mtor_bot.events.payload import read_place
from mtor_bot.github_app.installed_repository import InstalledRepository
from mtor_bot.jobs import job_rows
from mtor_bot.jobs.admission import admit
from mtor_bot.jobs.job_record import CHECKS_FAILED, Trigger
from mtor_bot.jobs.remake_jobs import PAUSED_SECONDS
from mtor_bot.speech.status_comment import refresh, say_plan

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ChecksEnded(RepositoryEvent):
    """A workflow run for `commit` of mtor's branch `branch` ended; RunChanged reads its webhook."""

    sender: Sender
    branch: str
    commit: str

    @classmethod
    def read(cls, payload: Answer, _trigger_label: str) -> ChecksEnded | None:
        """Return the event, None unless checks ended on a branch of mtor's in this repository."""
        place, checked = read_place(payload), read_checked(payload)
        if place is None or checked is None or payload.text("action") != "completed":
            return None
        return cls(place, read_sender(payload.at("sender")), checked.branch, checked.commit)


def checks_ended(bot: Bot, event: ChecksEnded) -> None:
    """Enter the job that is due. Nobody asked, so nobody is told why none is. Raises GitHubError."""
    with bot.clients.repository(event.place) as client:
        try:
            _start_due(bot, client, event)
        except GitHubError:
            raise
        except MtorError as error:
            about = {"repository": event.place.repository, "branch": event.branch, "why": error.message}
            logger.info("failing checks are left to people", extra=about)


def _start_due(bot: Bot, client: Client, event: ChecksEnded) -> None:
    place, checked = event.place, CheckedCommit(event.branch, event.commit)
    rounds = partial(_rounds, bot, place, event.commit)
    fix = due_fix(client, checked, rules_of(bot, place), rounds)
    if fix is None:
        return
    trigger = _trigger(bot, place, fix.number, event.commit)
    with bot.engine.connect() as connection:
        if job_rows.is_paused(connection, place.repository_id, bot.clock.now() - bot.clock.scaled(PAUSED_SECONDS)):
            raise CommandError(paused.REASON, paused.STEP)
    planned = plan(client, fix.number, fetch_spec(client, fix.number, fix.chosen.pins))
    if planned.faults:
        raise CommandError(planned.faults[0].message, "write `/mtor fix ci`, which lists all of it")
    others = [job for job in job_rows.unfinished(bot.engine, place.repository_id, fix.number) if job.trigger != trigger]
    if others:
        raise CommandError(f"the job {others[0].id} is at work on it", "its end has checks of its own")
    request = planned_request(place, fix.number, planned, trigger, is_pull_request=True)
    request = replace(request, coaching=branch_head(client, BRANCH) or "")
    entered = job_rows.request(bot.engine, request, bot.clock.now())
    if entered.new:
        say_plan(bot, place, fix.number, plan_text(planned, (), fix.note))
    admit(bot)
    refresh(bot, client, place, fix.number)


def _rounds(bot: Bot, place: InstalledRepository, commit: str, number: int) -> int:
    # The job of this very commit does not count, should the event be acted on again after a crash.
    return rounds_on(bot, place, number, _trigger(bot, place, number, commit))


def _trigger(bot: Bot, place: InstalledRepository, number: int, commit: str) -> Trigger:
    """Return what leads to one job for the commit; one that never began because mtor is paused leaves it to another."""
    rows = job_rows.about(bot.engine, place.repository_id, {number})
    never_began = sum(row.number == number and row.trigger.kind == CHECKS_FAILED and row.paused for row in rows)
    return Trigger(CHECKS_FAILED, int(sha256(commit.encode()).hexdigest()[:15], 16) + never_began)
