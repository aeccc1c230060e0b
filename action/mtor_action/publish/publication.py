"""One job published: verify, commit, push, open the pull request, comment, hand back to coaching. Safe to repeat.

What fails on the way becomes a problem that the comment tells; only a missing order or token ends the process early.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from mtor_action.errors import MtorError
from mtor_action.github import comments, pulls
from mtor_action.github.failures import GitHubError
from mtor_action.github.repositories import branch_head
from mtor_action.github.twin_runs import earlier_twin
from mtor_action.handover.reading import read_handover
from mtor_action.neutral import inert, inline_code, one_line
from mtor_action.publish import comment_text as story
from mtor_action.publish.branches import HeldBack, are_ours, commits_beyond, held_by, place_for
from mtor_action.publish.commits import make_commits, tree_of
from mtor_action.publish.reviewers import review_asked
from mtor_action.publish.runner_time import runner_time
from mtor_action.publish.signing import BranchUpdate, PlacedHead, place, remove_leftovers
from mtor_action.publish.verification import find_source, is_published, verify
from mtor_action.report.report import Outcome, Report
from mtor_action.repository.diff import diff_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.github.client import Client
    from mtor_action.github.spec_source import PullRequestRef
    from mtor_action.handover.reading import Received
    from mtor_action.publish.comment_text import Story
    from mtor_action.publish.commits import PublishedCommit
    from mtor_action.publish.credentials import ActingAccount, Credentials
    from mtor_action.publish.inputs import Order
    from mtor_action.publish.verification import Verified
    from mtor_action.repository.git import Git

_GREEN = frozenset({Outcome.CLEAN, Outcome.FIXED})


class Published(NamedTuple):
    """The result of publishing. `outcome` is "" for a duplicate; `reason` says why something is missing, or ""."""

    outcome: str  # of the report
    pull_request: int | None = None  # its number
    comment: int | None = None  # its id
    comment_url: str = ""
    reason: str = ""
    next_step: str = ""  # what a person does about `reason`
    text: str = ""  # the comment's body


@dataclass(slots=True)
class Publication:
    """Publishes one order with `git`, an empty repository of its own."""

    order: Order
    credentials: Credentials
    git: Git
    pull_number: int | None = None
    # Until it is known, the pull request may hold everything that CI waits for.
    _held: HeldBack = field(default=HeldBack(implementer=True, outsiders=True), init=False)
    _story: Story = field(init=False)
    _begun: float = field(default_factory=time.monotonic, init=False)
    _work_seconds: float = field(default=0.0, init=False)  # as the work job reports it

    def __post_init__(self) -> None:
        self._story = story.Story(self.order, Report(job=self.order.name), warnings=tuple(self.credentials.warnings))

    def run(self) -> Published:
        """Do all of it, and say how it went; never raises MtorError."""
        try:
            # The App's token may not read runs.
            twin = earlier_twin(self.credentials.quiet.client, self.order.run_id) if self.order.job else None
            if twin:
                return Published("", reason=f"run {twin} is for the same job and came first; this one stops")
            self._publish(read_handover(self.order.handover))
        except MtorError as error:
            self._unpublished(error)
        return self._post_comment()

    @property
    def _client(self) -> Client:
        return self.credentials.own.client

    # what is published

    def _publish(self, received: Received) -> None:
        self._refuse_others(received)
        # What only this job can know is not taken from the artifact.
        received = received._replace(report=replace(received.report, signature={}, runner={}))
        self._work_seconds = received.report.seconds
        self._story = self._story._replace(report=replace(received.report, job=self.order.name))
        if received.report.outcome in (Outcome.ERROR, Outcome.CANCELLED):
            # To a work job that failed the App gives no token, and none is needed for a comment.
            self._story = self._story._replace(warnings=())
        if received.report.per_day:
            self._record_spending(received.report)
        if received.report.outcome not in (Outcome.ERROR, Outcome.CANCELLED, Outcome.REJECTED):
            self._publish_work(received)

    def _record_spending(self, report: Report) -> None:
        from mtor_action.publish.recorded_spending import record_spending

        order, account = self.order, self.credentials.quiet
        warnings = record_spending(self.git, account, order.run_id, order.run_attempt, report.usage, report.started)
        self._story = self._story._replace(warnings=(*self._story.warnings, *warnings))

    def _refuse_others(self, received: Received) -> None:
        order, handover = self.order, received.handover
        if (handover.issue, handover.job) != (order.number, order.job):
            sender = f"#{handover.issue} and the job {one_line(handover.job, 80) or '(none)'}"
            expected = f"#{order.number} and {order.job or '(none)'}"
            raise MtorError(f"the artifact is for {sender}, expected {expected}", "run it again")

    def _publish_work(self, received: Received) -> None:
        reported = self._story.report
        # Until it is verified, nothing of the report is worth telling but what it cost.
        self._story = self._story._replace(report=Report(self.order.name, Outcome.ERROR, usage=reported.usage))
        own = self.credentials.own
        source = find_source(self.git, self.order, self.credentials, received)
        verified = verify(self.git, own, source, received.handover.base, received._replace(report=reported))
        self._take_up(verified)
        if not is_published(reported):
            return
        before, clean = held_by(self.credentials, source.target), reported.outcome is Outcome.CLEAN
        self._held = HeldBack(
            implementer=before.implementer or bool(verified.implementer) or not clean,
            outsiders=before.outsiders or not source.standing.is_trusted,
        )
        try:
            self._place(verified, received)
        finally:
            self._coach()

    def _take_up(self, verified: Verified) -> None:
        into = verified.source.target.branch
        self._story = self._story._replace(
            report=verified.report,
            implementer=verified.implementer,
            standing=verified.source.standing,
            into=into,
        )

    def _place(self, verified: Verified, received: Received) -> None:
        pull = verified.source.target.pull
        if pull and verified.report.outcome in _GREEN:
            self._push_to_pull_request(verified, received, pull)
        elif head := self._commit(verified):
            self._push_to_own_branch(verified, head)
            self._open(verified)

    def _commit(self, verified: Verified) -> str:
        head = make_commits(self.git, self.order, verified, self._acting(verified).signature())
        if head:
            diff = diff_text(self.git, verified.base, head)
            self._story = self._story._replace(report=replace(verified.report, head=head, diff=diff))
        return head

    def _acting(self, verified: Verified) -> ActingAccount:
        """Return who pushes and opens: the App only where CI may start by itself."""
        return self.credentials.own if self._ci_starts(verified) else self.credentials.quiet

    def _ci_starts(self, verified: Verified) -> bool:
        policy, held = _ci(verified), self._held
        allowed = policy == "always" or (policy == "clean-only" and not held.implementer)
        return self.credentials.starts_ci and allowed and not held.outsiders

    def _words(self, verified: Verified) -> tuple[str, ...]:
        """Return the sentences about CI, and about who has to approve."""
        if verified.source.defaults.four_eyes != "true":
            return self._ci_words(verified)
        return (*self._ci_words(verified), story.FOUR_EYES if self.order.job else story.NO_FOUR_EYES)

    def _ci_words(self, verified: Verified) -> tuple[str, ...]:
        if not self.credentials.starts_ci:
            return (story.NO_CI,)
        if self._ci_starts(verified):
            return ()
        reason = story.CI_WAITS_FOR_OUTSIDERS if self._held.outsiders else story.CI_WAITS[_ci(verified)]
        return (f"{reason} {story.CI_START}",)

    # branches

    def _push_to_own_branch(self, verified: Verified, head: str) -> None:
        title, into = verified.source.spec.title, verified.source.target.branch
        spot = place_for(self.credentials, self.order.number, title, into)
        if self._is_there_already(spot.commits, head):
            self._head_is(_as_placed(spot.commits))
        else:
            self._move(verified, head, spot.branch, spot.head)
        self._remove_leftovers(verified)
        report = replace(self._story.report, branch=spot.branch)
        self._story = self._story._replace(branch=spot.branch, report=report)

    def _push_to_pull_request(self, verified: Verified, received: Received, pull: PullRequestRef) -> None:
        head = self._commit(verified)
        tree = tree_of(self.git, head)
        published = self._published_before(verified, pull)
        if published:
            self._head_is(_as_placed([published]))
        else:
            if pull.head_sha != verified.base:
                verified = self._planned_anew(verified, received, pull)
                head = self._commit(verified)
            self._move(verified, head, pull.head_ref, verified.base)
        self._remove_leftovers(verified)
        self.pull_number = pull.number
        text = f"Pushed to {inline_code(pull.head_ref)}."
        if tree != (published.tree if published else tree_of(self.git, head)):
            tested = inline_code(received.handover.base[:12])
            text += f" It was tested on {tested}. The branch moved, and the spec was applied again, **untested there**."
        report = replace(self._story.report, branch=pull.head_ref)
        self._story = self._story._replace(report=report, placed=(text, *self._words(verified)))

    def _published_before(self, verified: Verified, pull: PullRequestRef) -> PublishedCommit | None:
        """This job's last commit on the pull request's branch."""
        commits = commits_beyond(self._client, verified.base, pull.head_sha) or []
        latest = next((commit for commit in reversed(commits) if commit.job == self.order.name), None)
        return latest if latest and are_ours([latest], self.credentials) else None

    def _planned_anew(self, verified: Verified, received: Received, pull: PullRequestRef) -> Verified:
        step = "run it again, on the branch as it is now"
        if verified.implementer:
            raise MtorError(f"the branch {pull.head_ref} moved, and the implementer's changes were made before", step)
        try:
            return verify(self.git, self.credentials.own, verified.source, pull.head_sha, received)
        except MtorError as error:
            moved = f"the branch {pull.head_ref} moved meanwhile, and the spec does not apply to it as it is now"
            raise MtorError(moved, step) from error

    def _is_there_already(self, commits: tuple[PublishedCommit, ...], head: str) -> bool:
        """Return whether the branch's end is this job's and has the same files."""
        if not commits:
            return False
        last = commits[-1]  # below it, the spec's own commit may have these files too, and the implementer's is above
        return last.job == self.order.name and last.tree == tree_of(self.git, head)

    def _move(self, verified: Verified, head: str, branch: str, expected: str | None) -> None:
        account = self._acting(verified)
        update = BranchUpdate(verified.base, head, branch, expected, self.order.run_id)
        self._head_is(place(self.git, account, update))

    def _remove_leftovers(self, verified: Verified) -> None:
        remove_leftovers(self.git, self._acting(verified), self.credentials.quiet.client, self.order.run_id)

    def _head_is(self, placed: PlacedHead) -> None:
        report = replace(self._story.report, head=placed.head, signature=placed.as_json())
        self._story = self._story._replace(report=report)

    # pull request and comment

    def _open(self, verified: Verified) -> None:
        words = self._words(verified)
        report = verified.report
        is_green = report.outcome in _GREEN and not report.untested
        draft = not is_green or bool(report.look_first) or not verified.source.standing.is_trusted
        self._story = self._story._replace(report=replace(self._story.report, runner=self._runner()))
        placed_story = self._story._replace(placed=words)
        new_pull = pulls.NewPull(
            title=inert(one_line(verified.source.spec.title, pulls.LONGEST_TITLE)),
            body=story.pull_request_body(placed_story, closes=verified.source.target.pull is None),
            head=self._story.branch,
            base=verified.source.target.branch,
            draft=draft,
        )
        opened = pulls.open_pull(self._acting(verified).client, new_pull)
        self.pull_number = opened.pull.number
        warnings = [*self._story.warnings, *opened.warnings, *self._side_matters(verified, opened.pull.number)]
        if opened.pull.draft and not draft:
            warnings.append("the pull request is still a draft from an earlier run: mark it as ready for review")
        if draft and not opened.pull.draft and not opened.created:
            warnings.append("the pull request is marked as ready by an earlier run: convert it to a draft")
        sentence = f"{'Draft pull' if opened.pull.draft else 'Pull'} request: #{opened.pull.number}"
        self._story = self._story._replace(placed=(sentence, *words), warnings=tuple(warnings))

    def _side_matters(self, verified: Verified, number: int) -> list[str]:
        # Not by the App where CI waits: a workflow may listen to requests for a review. No label either: the trigger
        # label would say that a spec waits here, and keep anybody from asking by it.
        client, requester = self._acting(verified).client, self.order.requester
        warnings = []
        if requester and not requester.endswith("[bot]"):
            warnings += pulls.assign(client, number, requester)
        return [*warnings, *review_asked(client, self.git, number, verified, requester)]

    def _runner(self) -> dict[str, Any]:
        """Return the report's `runner`, asked for once: the two texts say the same."""
        if self._story.report.runner:
            return self._story.report.runner
        seconds = time.monotonic() - self._begun
        return runner_time(self.credentials.quiet.client, self.order, self._work_seconds, seconds)

    def _coach(self) -> None:
        from mtor_action.coaching.note import BRANCH
        from mtor_action.publish.coaching_branch import hand_back

        try:
            if branch_head(self._client, BRANCH) is None:
                return
            warnings = hand_back(self.git, self.credentials.quiet, self._story.report, self.order.run_id)
        except GitHubError as error:
            warnings = [f"the branch {BRANCH} was not looked for: {error.message}"]
        self._story = self._story._replace(warnings=(*self._story.warnings, *warnings))

    def _unpublished(self, error: MtorError) -> None:
        problem = story.Problem(error.message, error.hint)
        outcome = self._story.report.outcome or Outcome.ERROR
        report = replace(self._story.report, outcome=outcome, next_step="see above: this is not published yet")
        self._story = self._story._replace(problem=problem, report=report)

    def _post_comment(self) -> Published:
        self._story = self._story._replace(report=replace(self._story.report, runner=self._runner()))
        text, problem = story.comment(self._story), self._story.problem or story.Problem("")
        published = Published(str(self._story.report.outcome or ""), self.pull_number, None, "", *problem, text)
        try:
            marker = comments.marker("report", self.order.name)
            posted = comments.upsert_comment(self._client, self.order.number, marker, text)
        except MtorError as error:
            missing = f"the comment could not be posted: {error.message}"
            reason = "; ".join(part for part in (published.reason, missing) if part)
            return published._replace(reason=reason, next_step=published.next_step or error.hint)
        return published._replace(comment=posted.id, comment_url=posted.html_url)


def _ci(verified: Verified) -> str:
    """The default branch decides, not the branch that the work is for."""
    return verified.source.defaults.ci or "clean-only"


def _as_placed(commits: Sequence[PublishedCommit]) -> PlacedHead:
    """Return what is on the branch already, oldest first."""
    unverified = next((commit for commit in commits if not commit.is_verified), None)
    reason = f"GitHub says: {one_line(unverified.unverified_reason, 80)}" if unverified else ""
    return PlacedHead(commits[-1].sha, verified=unverified is None, reason=reason)
