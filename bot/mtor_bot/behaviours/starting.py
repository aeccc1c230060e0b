"""A spec's texts → a job: decide, plan, enter it once and acknowledge it, or answer why nothing was started.

Repeating it after a crash changes nothing: a trigger has one job, and the comment's texts are set, not added.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from mtor_action.access.decision import Account
from mtor_action.coaching.note import BRANCH
from mtor_action.github.branches.repositories import branch_head
from mtor_action.github.client import Client
from mtor_action.job_start.planning_on_github import PlannedSpec, plan
from mtor_action.job_start.spec_texts import Texts
from mtor_action.job_start.start_decision import NamedSpec, StartStep, decide_start, plan_shown, refuse_place
from mtor_action.on_issues.plan_text import faults_text, plan_text
from mtor_action.on_issues.reactions import NOT_DONE, SEEN
from mtor_action.on_issues.state_labels import FAILED, set_label
from mtor_bot.bot import Bot
from mtor_bot.github_app.installed_repository import InstalledRepository
from mtor_bot.jobs import job_rows
from mtor_bot.jobs.admission import admit
from mtor_bot.jobs.held_jobs import look_again
from mtor_bot.jobs.job_record import JobRequest, TextAuthor, Trigger
from mtor_bot.rights import decision, outsiders_of
from mtor_bot.speech.answer_comment import answer
from mtor_bot.speech.status_comment import (
    Beside,
    forget_label,
    is_plan_shown,
    note_plan,
    refresh,
    say_beside,
    say_plan,
)
from mtor_bot.speech.trigger_reactions import react


@dataclass(frozen=True, slots=True)
class StartRequest:
    """Somebody with write access wants a job.

    `digest` is the beginning that they named, or ""; `confirmed` the whole one of a spec that ran here before.
    `asked_at` as for JobRequest.
    """

    place: InstalledRepository
    number: int
    actor: Account
    trigger: Trigger
    digest: str = ""
    confirmed: str = ""
    asked_at: float = 0.0
    note: str = ""  # Markdown above the plan

    def consumed(self, bot: Bot) -> str:
        """Return the label that asked for it, "" if a comment or review did."""
        return bot.settings.trigger_label if self.trigger.is_label else ""

    @property
    def written_id(self) -> int:
        """Return the id of the comment or review that asked for it, 0 for a label."""
        return 0 if self.trigger.is_label else self.trigger.id


def planned_request(
    place: InstalledRepository, number: int, planned: PlannedSpec, trigger: Trigger, *, is_pull_request: bool
) -> JobRequest:
    """Return the request for a spec's job, which nobody in particular asks for."""
    return JobRequest(
        installation_id=place.installation_id,
        repository_id=place.repository_id,
        repository=place.repository,
        number=number,
        is_pull_request=is_pull_request,
        title=planned.spec.title,
        digest=planned.digest,
        pins=planned.pins,
        requester="",
        trigger=trigger,
        target_branch=planned.target_branch,
        base_ref=planned.base_ref,
    )


@dataclass(frozen=True, slots=True)
class Ready:
    """A spec with its plan, and the texts that it is made of."""

    planned: PlannedSpec
    texts: Texts
    note: str = ""

    def text(self, bot: Bot) -> str:
        """Return the plan as people read it (Markdown), with the authors who cannot write."""
        return plan_text(self.planned, outsiders_of(bot, self.texts.authors), self.note)

    def request(self, bot: Bot, place: InstalledRepository, number: int, trigger: Trigger) -> JobRequest:
        """Return the request for its job, with the accounts that wrote a part of it: each, whether it may write now."""
        authors, outsiders = self.texts.authors, outsiders_of(bot, self.texts.authors)
        by = tuple(TextAuthor(author.id, author.login, writes=author not in outsiders) for author in authors)
        is_pull_request = self.texts.fetched.pull_request is not None
        request = planned_request(place, number, self.planned, trigger, is_pull_request=is_pull_request)
        return replace(request, authors=by)


def start(bot: Bot, client: Client, request: StartRequest, texts: Texts) -> None:
    """Enter the job, or show the plan, or list the faults. Raises CommandError, GitHubError."""
    refuse_place(texts)
    planned = plan(client, request.number, texts.fetched)
    named_spec = NamedSpec(
        lambda digest: is_plan_shown(bot, request.place, request.number, digest, request.written_id),
        request.digest,
        request.confirmed,
    )
    decided = decide_start(planned, texts, request.actor, named_spec, lambda ask: decision(bot, client, ask))
    ready = Ready(planned, texts, request.note)
    if decided.step is StartStep.SHOW_FAULTS:
        refuse(bot, client, request, faults_text(planned.faults))
    elif decided.step is StartStep.SHOW_PLAN:
        _wait(bot, client, request, ready, decided.why)
    elif decided.step is StartStep.ENTER:
        _enter(bot, client, request, ready)


def refuse(bot: Bot, client: Client, request: StartRequest, text: str) -> None:
    """Answer why nothing was started (Markdown). Raises GitHubError."""
    answer(bot, client, request.place, request.number, request.trigger, text)
    if not job_rows.unfinished(bot.engine, request.place.repository_id, request.number):
        set_label(client, request.number, FAILED, request.consumed(bot))
        forget_label(bot, request.place, request.number)
    react(client, request.number, request.trigger, NOT_DONE)


def _wait(bot: Bot, client: Client, request: StartRequest, ready: Ready, reason: str) -> None:
    note_plan(bot, request.place, request.number, ready.planned.digest, request.written_id)
    text = plan_shown(reason, ready.planned.digest, ready.text(bot))
    answer(bot, client, request.place, request.number, request.trigger, text)
    react(client, request.number, request.trigger, SEEN)


def _enter(bot: Bot, client: Client, request: StartRequest, ready: Ready) -> None:
    place, now = request.place, bot.clock.now()
    job_request = replace(
        ready.request(bot, place, request.number, request.trigger),
        requester=request.actor.login,
        coaching=branch_head(client, BRANCH) or "",
        after=tuple(each.number for each in ready.planned.order.predecessors),
        asked_at=request.asked_at,
    )
    entered = job_rows.request(bot.engine, job_request, now)
    # Before the job can start, so that its state is never shown without its plan.
    if entered.new:
        say_plan(bot, place, request.number, ready.text(bot))
    else:
        say_beside(bot, place, request.number, f"Asked for again by {request.actor.login}: it is already at work.")
    if job_request.after:
        look_again(bot, client, job_rows.job_by_id(bot.engine, entered.job.id))
    admit(bot)
    beside = Beside(request.consumed(bot), SEEN if request.trigger.is_label else "")
    if not refresh(bot, client, place, request.number, beside=beside):
        react(client, request.number, request.trigger, SEEN)
