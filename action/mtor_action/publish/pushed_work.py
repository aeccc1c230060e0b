"""A job's work put on GitHub, step by step: commit, push, pull request; each step takes a value and returns the next.

The value of the last step that succeeded is what the comment tells, so a failure loses nothing that is done.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mtor_action.errors import MtorError
from mtor_action.github.pulls import pulls
from mtor_action.neutral import inert, inline_code, one_line
from mtor_action.publish import comment_text
from mtor_action.publish.branch_choice import are_ours, commits_beyond, place_for
from mtor_action.publish.comment_text import Problem, Story
from mtor_action.publish.commits import PublishedCommit, make_commits, make_merge, read_commit
from mtor_action.publish.pull_text import pull_text
from mtor_action.publish.reviewers import review_asked
from mtor_action.publish.signing import BranchUpdate, PlacedHead, place, remove_leftovers
from mtor_action.publish.verification import verify
from mtor_action.report.report import Outcome, Report
from mtor_action.repository.revisions.commit import tree_of
from mtor_action.repository.revisions.diff_text import diff_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mtor_action.github.pulls.published_change import PublishedChange
    from mtor_action.github.sources.spec_source import PullRequestRef
    from mtor_action.handover.reading import Received
    from mtor_action.publish.ci_start import CiStart
    from mtor_action.publish.credentials import Credentials
    from mtor_action.publish.inputs import Order
    from mtor_action.publish.verified import Verified
    from mtor_action.repository.git import Git

_GREEN = frozenset({Outcome.CLEAN, Outcome.FIXED})


@dataclass(frozen=True, slots=True)
class PushedWork:
    """What of a job's work is on GitHub, as far as it came."""

    report: Report  # with head, diff and branch as soon as they are known
    head: str = ""  # the commit made here, "" if there is nothing to commit
    beyond: str = ""  # the difference between the spec's own code and the result
    branch: str = ""  # the job's own that was pushed
    is_new_branch: bool = False  # it was made by this push
    pull: int | None = None  # number of the pull request
    opened: pulls.Opened | None = None  # that pull request, where it is the job's own
    placed: tuple[str, ...] = ()  # Markdown sentences about what was published
    warnings: tuple[str, ...] = ()  # plain ones about what was optional
    problem: Problem | None = None  # why the rest is missing


@dataclass(frozen=True, slots=True)
class WorkPusher:
    """Pushes what was `verified` for one order, with the account that `ci` says."""

    order: Order
    credentials: Credentials
    git: Git
    received: Received
    verified: Verified
    ci: CiStart
    runner: Callable[[Report], dict[str, object]]  # the time of the jobs: the report's `runner`

    def push(self) -> PushedWork:
        """Do all steps; one that fails becomes the value's problem. Never raises MtorError."""
        pull, is_green = self.verified.source.target.pull, self.verified.report.outcome in _GREEN
        if self.verified.source.only_on and not is_green:
            return PushedWork(self.verified.report, placed=("Nothing was pushed.",))
        into_pull = pull is not None and is_green
        steps: tuple[Callable[[WorkPusher, PushedWork], PushedWork], ...]
        if self.verified.source.change is not None:
            steps = (_push_remake,) if into_pull else ()
        else:
            own = (_commit, _push_branch, _open, _ask_people, _stack)
            steps = (_commit, _push_to_pull_request) if into_pull else own
        work = PushedWork(self.verified.report)
        try:
            for step in steps:
                work = step(self, work)
        except MtorError as error:
            return replace(work, problem=Problem(error.message, error.hint))
        return work

    @property
    def sentences(self) -> tuple[str, ...]:
        """The sentences about CI, and about who has to approve."""
        if self.verified.source.defaults.four_eyes != "true":
            return self.ci.sentences
        return (*self.ci.sentences, comment_text.FOUR_EYES if self.order.job else comment_text.NO_FOUR_EYES)

    @property
    def is_draft(self) -> bool:
        """Whether people have to look before the pull request is ready for review."""
        report = self.verified.report
        is_green = report.outcome in _GREEN and not report.untested
        # Green without a model, and yet not only the spec's own: a format command changed more than layout.
        is_green = is_green and not (report.outcome is Outcome.CLEAN and self.verified.implementer)
        return not is_green or bool(report.look_first) or not self.verified.source.standing.is_trusted


def story_of(order: Order, verified: Verified, work: PushedWork) -> Story:
    """Return what there is to tell of verified work, pushed as far as it came."""
    return Story(
        order=order,
        report=comment_text.unpublished(work.report) if work.problem else work.report,
        implementer=verified.implementer,
        problem=work.problem,
        branch=work.branch,
        into=verified.source.target.branch,
        placed=work.placed,
        standing=verified.source.standing,
        warnings=work.warnings,
        pull=work.pull,
    )


def _commit(pusher: WorkPusher, work: PushedWork) -> PushedWork:
    verified = pusher.verified
    head = make_commits(pusher.git, pusher.order, verified, pusher.ci.acting.signature())
    if not head:
        return work
    _refuse_untested(pusher, head)
    diff = diff_text(pusher.git, verified.base, head)
    checked = verified.checked
    beyond = diff_text(pusher.git, f"{head}^", head) if checked.own and checked.implementer else ""
    return replace(work, head=head, beyond=beyond, report=replace(verified.report, head=head, diff=diff))


def _refuse_untested(pusher: WorkPusher, head: str) -> None:
    """Raise MtorError for a merge that is not, file for file, what the work job says that it tested."""
    verified, received = pusher.verified, pusher.received
    is_merged = verified.is_merged or bool(received.report.written_for.commit)
    if is_merged and tree_of(pusher.git, head) != received.handover.tree:
        raise MtorError(
            "the spec merged into its base is not what was tested: the two jobs do not arrive at the same files",
            "run it again",
        )


def _push_branch(pusher: WorkPusher, work: PushedWork) -> PushedWork:
    if not work.head:
        return work
    source = pusher.verified.source
    spot = place_for(pusher.credentials, pusher.order.number, source.spec.title, source.target.branch)
    if _is_there_already(pusher, spot.commits, work.head):
        work = _at(work, _as_placed(spot.commits))
    else:
        work = _move(pusher, work, spot.branch, spot.head)
    _remove_leftovers(pusher)
    report = replace(work.report, branch=spot.branch)
    return replace(work, branch=spot.branch, is_new_branch=spot.head is None, report=report)


def _is_there_already(pusher: WorkPusher, commits: tuple[PublishedCommit, ...], head: str) -> bool:
    """Return whether the branch's end is this job's and has the same files."""
    if not commits:
        return False
    last = commits[-1]  # below it, the spec's own commit may have these files too, and the implementer's is above
    return last.job == pusher.order.name and last.tree == tree_of(pusher.git, head)


def _move(pusher: WorkPusher, work: PushedWork, branch: str, expected: str | None) -> PushedWork:
    update = BranchUpdate(pusher.verified.base, work.head, branch, expected, pusher.order.run_id)
    return _at(work, place(pusher.git, pusher.ci.acting, update))


def _remove_leftovers(pusher: WorkPusher) -> None:
    remove_leftovers(pusher.git, pusher.ci.acting, pusher.credentials.quiet.client, pusher.order.run_id)


def _at(work: PushedWork, placed: PlacedHead) -> PushedWork:
    return replace(work, report=replace(work.report, head=placed.head, signature=placed.as_json()))


def _as_placed(commits: Sequence[PublishedCommit]) -> PlacedHead:
    """Return what is on the branch already, oldest first."""
    unverified = next((commit for commit in commits if not commit.is_verified), None)
    reason = f"GitHub says: {one_line(unverified.unverified_reason, 80)}" if unverified else ""
    return PlacedHead(commits[-1].sha, verified=unverified is None, reason=reason)


def _open(pusher: WorkPusher, work: PushedWork) -> PushedWork:
    if not work.head:
        return work
    source = pusher.verified.source
    work = replace(work, report=replace(work.report, runner=pusher.runner(work.report)))
    with_sentences = story_of(pusher.order, pusher.verified, replace(work, placed=pusher.sentences))
    text = pull_text(source.spec, work.report, work.beyond)
    new_pull = pulls.NewPull(
        title=inert(one_line(source.spec.title, pulls.LONGEST_TITLE)),
        body=comment_text.pull_request_body(with_sentences, text, closes=source.target.pull is None),
        head=work.branch,
        base=source.target.branch,
        draft=pusher.is_draft,
    )
    opened = pulls.open_pull(pusher.ci.acting.client, new_pull, is_new_branch=work.is_new_branch)
    return replace(work, opened=opened, pull=opened.pull.number)


def _ask_people(pusher: WorkPusher, work: PushedWork) -> PushedWork:
    """Ask for reviews, and say what an earlier run left of it. The comment at the end names who asked: one mail."""
    opened = work.opened
    if opened is None:
        return work
    # Not by the App where CI waits: a workflow may listen to requests for a review. No label either: the trigger label
    # would say that a spec waits here, and keep anybody from asking by it.
    client, requester, number = pusher.ci.acting.client, pusher.order.requester, opened.pull.number
    warnings = [*opened.warnings]
    warnings += review_asked(client, pusher.git, number, pusher.verified, requester)
    if opened.pull.draft and not pusher.is_draft:
        warnings.append("the pull request is still a draft from an earlier run: mark it as ready for review")
    if pusher.is_draft and not opened.pull.draft and not opened.created:
        warnings.append("the pull request is marked as ready by an earlier run: convert it to a draft")
    sentence = f"{'Draft pull' if opened.pull.draft else 'Pull'} request: #{number}"
    return replace(work, placed=(sentence, *pusher.sentences), warnings=tuple(warnings))


def _stack(pusher: WorkPusher, work: PushedWork) -> PushedWork:
    """Put the pull request into GitHub's stack where that is asked for; that there are none here is said once a chain.

    That it is in one, its page shows.
    """
    source, opened = pusher.verified.source, work.opened
    if opened is None or (source.spec.settings.stacks or source.defaults.stacks) != "native":
        return work
    from mtor_action.github.pulls.native_stacks import put_on_stack

    stacked = put_on_stack(pusher.ci.acting.client, opened.pull.number, source.target.branch)
    if stacked.problem and (stacked.is_bottom or not stacked.is_off):
        alone = f"#{opened.pull.number} is stacked by its branch alone, not in GitHub's own stack"
        return replace(work, warnings=(*work.warnings, f"{alone}: {stacked.problem}"))
    return work


def _push_to_pull_request(pusher: WorkPusher, work: PushedWork) -> PushedWork:
    pull, git = pusher.verified.source.target.pull, pusher.git
    if pull is None:
        raise TypeError("the work is for no pull request")
    tree = tree_of(git, work.head)
    published = _published_before(pusher, pull)
    if published:
        work = _at(work, _as_placed([published]))
    else:
        if pull.head_sha != pusher.verified.base:
            pusher = replace(pusher, verified=_planned_again(pusher, pull))
            work = _commit(pusher, work)
        work = _move(pusher, work, pull.head_ref, pusher.verified.base)
    _remove_leftovers(pusher)
    text = f"Pushed to {inline_code(pull.head_ref)}."
    if tree != (published.tree if published else tree_of(git, work.head)):
        tested = inline_code(pusher.received.handover.base[:12])
        text += f" It was tested on {tested}. The branch moved, and the spec was applied again, **untested there**."
    report = replace(work.report, branch=pull.head_ref)
    return replace(work, report=report, pull=pull.number, placed=(text, *pusher.sentences))


def _push_remake(pusher: WorkPusher, work: PushedWork) -> PushedWork:
    """Push the merge of a pull request that is remade, by lease onto the head that was asked for."""
    verified, git = pusher.verified, pusher.git
    change, pull = verified.source.change, verified.source.target.pull
    if change is None or pull is None:
        raise TypeError("the work is not for a pull request that is remade")
    text = (
        f"Brought up to date with {inline_code(change.base_ref)} ({inline_code(verified.base[:12])}), and tested there."
    )
    done = replace(work, pull=pull.number, placed=(text, *pusher.sentences))
    if change.tip != change.head:
        return _at(done, _as_placed([_merge_before(pusher, change)]))
    head = make_merge(git, pusher.order, change, verified, pusher.ci.acting.signature())
    _refuse_untested(pusher, head)
    update = BranchUpdate(change.head, head, pull.head_ref, change.head, pusher.order.run_id)
    placed = _at(replace(done, head=head), place(git, pusher.ci.acting, update))
    _remove_leftovers(pusher)
    return replace(placed, report=replace(placed.report, branch=pull.head_ref))


def _merge_before(pusher: WorkPusher, change: PublishedChange) -> PublishedCommit:
    """Return the merge that this very job has pushed before. Raises MtorError if the branch moved otherwise."""
    answer = pusher.credentials.own.client.call("GET", f"commits/{change.tip}")
    commit = read_commit(answer)
    parents = [parent.text("sha") for parent in answer.items("parents")]
    is_this_jobs = commit.job == pusher.order.name and are_ours([commit], pusher.credentials)
    if not is_this_jobs or parents != [change.head, pusher.verified.base]:
        raise MtorError(f"the branch {change.head_ref} moved after this was asked for", "write `/mtor retry` again")
    return commit


def _published_before(pusher: WorkPusher, pull: PullRequestRef) -> PublishedCommit | None:
    """This job's last commit on the pull request's branch."""
    commits = commits_beyond(pusher.credentials.own.client, pusher.verified.base, pull.head_sha) or []
    latest = next((commit for commit in reversed(commits) if commit.job == pusher.order.name), None)
    return latest if latest and are_ours([latest], pusher.credentials) else None


def _planned_again(pusher: WorkPusher, pull: PullRequestRef) -> Verified:
    """Plan on the branch as it is now. A merge is published only where it was tested."""
    step = "run it again, on the branch as it is now"
    if pusher.verified.source.only_on:
        raise MtorError(f"the branch {pull.head_ref} moved, and the suggestions are for the lines before that", step)
    if pusher.verified.implementer:
        raise MtorError(f"the branch {pull.head_ref} moved, and the implementer's changes were made before", step)
    moved = f"the branch {pull.head_ref} moved meanwhile, and the spec does not apply to it as it is now"
    source, account = pusher.verified.source, pusher.credentials.own
    try:
        replanned = verify(pusher.git, account, source, pull.head_sha, pusher.received, may_merge=False)
    except MtorError as error:
        raise MtorError(moved, step) from error
    if replanned.implementer:  # with the new text gone, if it were pushed
        raise MtorError(f"the branch {pull.head_ref} moved, and the spec's files were formatted before", step)
    if replanned.is_merged or pusher.verified.is_merged:
        raise MtorError(moved, step)
    return replanned
