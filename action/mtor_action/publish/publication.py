"""One job published: read and verify, push, tell. Safe to repeat.

What fails on the way becomes a problem that the comment tells; only a missing order or token ends the process early.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mtor_action.errors import MtorError
from mtor_action.github.actions.twin_runs import earlier_twin
from mtor_action.github.branches.repositories import branch_has, branch_head
from mtor_action.github.failures import GitHubError
from mtor_action.github.issues import comments
from mtor_action.github.texts.pins import SUGGESTION
from mtor_action.handover.reading import Received, read_handover
from mtor_action.neutral import one_line
from mtor_action.on_issues import paused
from mtor_action.publish import comment_text
from mtor_action.publish.ci_start import ci_start
from mtor_action.publish.comment_text import Problem, Story
from mtor_action.publish.pushed_work import PushedWork, WorkPusher, story_of
from mtor_action.publish.recorded_spending import record_nothing, record_spending
from mtor_action.publish.reviewers import review_asked
from mtor_action.publish.runner_time import has_worked, runner_time
from mtor_action.publish.thread_answers import answer_threads
from mtor_action.publish.verification import find_source, is_published, verify, verify_remake
from mtor_action.report.report import Outcome, Report, SpecSummary

if TYPE_CHECKING:
    from mtor_action.publish.credentials import Credentials
    from mtor_action.publish.inputs import Order
    from mtor_action.publish.verified import Verified
    from mtor_action.repository.git import Git

_ENDED = (Outcome.ERROR, Outcome.BLOCKED, Outcome.CANCELLED)
# After these, failing checks still fail.
_UNMENDED = (Outcome.FAILING, Outcome.STALLED, Outcome.ERROR, Outcome.BLOCKED)


@dataclass(frozen=True, slots=True)
class Published:
    """The result of publishing. `outcome` is "" for a duplicate; `reason` says why something is missing, or ""."""

    outcome: str  # of the report
    pull_request: int | None = None  # its number
    comment: int | None = None  # its id
    comment_url: str = ""
    reason: str = ""
    next_step: str = ""  # what a person does about `reason`
    text: str = ""  # the comment's body
    paused: bool = False  # mtor is paused, so that the job never began


@dataclass(frozen=True, slots=True)
class Publication:
    """Publishes one order with `git`, an empty repository of its own."""

    order: Order
    credentials: Credentials
    git: Git
    begun: float = field(default_factory=time.monotonic)

    def run(self) -> Published:
        """Do all of it, and say how it went; never raises MtorError."""
        try:
            # The App's token may not read runs.
            quiet, order = self.credentials.quiet.client, self.order
            twin = earlier_twin(quiet, order.run_id, order.workflow) if order.job else None
            if twin:
                return Published("", reason=f"run {twin} is for the same job and came first; this one stops")
            story = self._paused() or self._publish(self._received())
        except MtorError as error:
            story = self._unverified(Report(self.order.name), tuple(self.credentials.warnings), error)
        return self._post_comment(story)

    def _paused(self) -> Story | None:
        """Return the story of a job that did not start because mtor is paused, None for any other.

        mtor may have been paused while it was at work and before its runner was lost. Raises GitHubError.
        """
        if not self.order.paused or (self.order.handover / "handover.json").exists():
            return None
        if has_worked(self.credentials.quiet.client, self.order):
            return None
        spec = SpecSummary(source=f"#{self.order.number}")
        report = Report(self.order.name, Outcome.CANCELLED, spec=spec, reason=paused.REASON, next_step=paused.STEP)
        return Story(self.order, report, warnings=tuple(self._record_nothing()))

    def _never_began(self, report: Report) -> bool:
        """Return whether the job ended because mtor is paused, before it knew what to work on."""
        return self.order.paused and report.outcome is Outcome.CANCELLED and not report.base

    def _received(self) -> Received:
        """Return what the work job handed over for this order. Raises MtorError for anything else."""
        order, received = self.order, read_handover(self.order.handover)
        handover = received.handover
        if (handover.issue, handover.job) != (order.number, order.job):
            sender = f"#{handover.issue} and the job {one_line(handover.job, 80) or '(none)'}"
            expected = f"#{order.number} and {order.job or '(none)'}"
            raise MtorError(f"the artifact is for {sender}, expected {expected}", "run it again")
        # What only this job can know is not taken from the artifact.
        return received._replace(report=replace(received.report, signature={}, runner={}))

    def _publish(self, received: Received) -> Story:
        reported = replace(received.report, job=self.order.name)
        # To a work job that failed the App gives no token, and none is needed for a comment.
        warnings = () if reported.outcome in _ENDED else tuple(self.credentials.warnings)
        if reported.per_day:
            warnings += tuple(self._record_spending(reported))
        elif self._never_began(reported):
            warnings += tuple(self._record_nothing())
        if reported.outcome in (*_ENDED, Outcome.REJECTED):
            return Story(self.order, reported, warnings=warnings)
        try:
            verified = self._verified(received._replace(report=reported))
        except MtorError as error:
            # Nothing of the report is worth telling but what it cost.
            told = Report(self.order.name, Outcome.ERROR, usage=reported.usage, seconds=reported.seconds)
            return self._unverified(told, warnings, error)
        work = self._pushed(verified, received) if is_published(reported) else PushedWork(verified.report)
        return story_of(self.order, verified, replace(work, warnings=(*warnings, *work.warnings)))

    @property
    def _is_unasked(self) -> bool:
        """Whether nobody asked for it, so that only what needs a person is worth a comment."""
        return self.order.is_unasked(self.credentials.own.client.login)

    def _needs_a_person(self, story: Story) -> bool:
        """Whether a pull request that nobody asked to touch is as it was, and will stay so. Raises GitHubError."""
        outcome, faults = story.report.outcome, story.report.diagnostics
        if story.problem is None and self.order.is_of_checks:
            return outcome in _UNMENDED
        if story.problem is None:
            return outcome is Outcome.FAILING or (outcome is Outcome.REJECTED and bool(faults))
        client, pin = self.credentials.own.client, self.order.pins[0]
        client.forget_reads()
        pull = client.call("GET", f"pulls/{self.order.number}")
        is_as_it_was = pull.text("state") == "open" and pull.text("head", "sha") == pin.commit
        if self.order.is_of_checks:
            return is_as_it_was
        return is_as_it_was and branch_has(client, pull.text("base", "ref"), pin.onto)

    def _unverified(self, report: Report, warnings: tuple[str, ...], error: MtorError) -> Story:
        problem = Problem(error.message, error.hint)
        return Story(self.order, comment_text.unpublished(report), problem=problem, warnings=warnings)

    def _record_spending(self, report: Report) -> list[str]:
        order, account = self.order, self.credentials.quiet
        return record_spending(self.git, account, order.run_id, order.run_attempt, report.usage, report.started)

    def _record_nothing(self) -> list[str]:
        return record_nothing(self.git, self.credentials.quiet, self.order.run_id, self.order.run_attempt)

    def _verified(self, received: Received) -> Verified:
        source = find_source(self.git, self.order, self.credentials, received)
        if source.change is not None:
            return verify_remake(self.git, self.credentials.own, source, received)
        return verify(self.git, self.credentials.own, source, received.handover.base, received)

    def _pushed(self, verified: Verified, received: Received) -> PushedWork:
        is_clean = received.report.outcome is Outcome.CLEAN
        try:
            ci = ci_start(self.credentials, verified, is_clean=is_clean)
        except MtorError as error:
            return PushedWork(verified.report, problem=Problem(error.message, error.hint))
        has_notes, coached = self._looked_for_notes()
        work = WorkPusher(self.order, self.credentials, self.git, received, verified, ci, self._runner).push()
        answers = answer_threads(self.credentials.own.client, self.order, work)
        if verified.source.spec.wish and work.head and work.problem is None and verified.source.target.pull:
            client, number = self.credentials.quiet.client, verified.source.target.pull.number
            answers += review_asked(client, self.git, number, verified, self.order.requester)
        if has_notes:
            coached = self._hand_back(work.report)
        return replace(work, warnings=(*work.warnings, *answers, *coached))

    def _runner(self, report: Report) -> dict[str, object]:
        """Return the report's `runner`, asked for once: the two texts say the same."""
        seconds = time.monotonic() - self.begun
        return report.runner or runner_time(self.credentials.quiet.client, self.order, report.seconds, seconds)

    def _looked_for_notes(self) -> tuple[bool, list[str]]:
        """Return whether there are notes that this run says something of, and why that is not known."""
        from mtor_action.coaching.note import BRANCH

        if self.order.pins and self.order.pins[0].kind in ("pull", SUGGESTION):
            return False, []  # neither a spec's run nor a model's: nothing of green without a model, or of a note
        try:
            return branch_head(self.credentials.own.client, BRANCH) is not None, []
        except GitHubError as error:
            return False, [f"the branch {BRANCH} was not looked for: {error.message}"]

    def _hand_back(self, report: Report) -> list[str]:
        from mtor_action.publish.coaching_branch import hand_back

        return hand_back(self.git, self.credentials.quiet, report, self.order.run_id, self.order.number)

    def _post_comment(self, story: Story) -> Published:
        story = replace(story, report=replace(story.report, runner=self._runner(story.report)))
        marker, problem = comments.marker("report", self.order.name), story.problem or Problem("")
        if self._is_unasked:
            story = comment_text.unasked(story)
        if self._is_unasked and self.order.remade_head:
            # One for each state of its branch, however often the base moves on.
            marker = comments.marker("anew", self.order.remade_head[:12])
        text = comment_text.comment(story)
        published = Published(
            outcome=str(story.report.outcome or ""),
            pull_request=story.pull,
            reason=problem.reason,
            next_step=problem.next_step,
            text=comment_text.whole_comment(story),
            paused=self._never_began(story.report),
        )
        try:
            if self._is_unasked and not self._needs_a_person(story):
                return published
            posted = comments.upsert_comment(self.credentials.own.client, self.order.number, marker, text)
        except MtorError as error:
            missing = f"the comment could not be posted: {error.message}"
            reason = "; ".join(part for part in (published.reason, missing) if part)
            return replace(published, reason=reason, next_step=published.next_step or error.hint)
        return replace(published, comment=posted.id, comment_url=posted.html_url)
