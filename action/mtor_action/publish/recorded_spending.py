"""The record of what a work job spent on models, on the branch `mtor-spending`, where `per_day` is set.

GITHUB_TOKEN writes it, so that no workflow starts. A failure here is a sentence: a run without a record counts as a
whole budget.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.errors import MtorError
from mtor_action.github.branches.repositories import branch_head
from mtor_action.github.branches.settings_file import settings_at
from mtor_action.github.branches.spending import BRANCH, Spent, day_file, read_spent
from mtor_action.github.failures import GitHubError, RequestFailureKind
from mtor_action.implementer.cost.day_ledger import today
from mtor_action.publish.signing import BranchUpdate, push_or_sign
from mtor_action.report.report import Usage
from mtor_action.repository.remote import fetch
from mtor_action.repository.revisions.base_tree import BaseTree
from mtor_action.repository.revisions.commit import BranchTarget, Stamp, commit
from mtor_action.tree.changes import Change, FileState

if TYPE_CHECKING:
    from mtor_action.publish.credentials import ActingAccount
    from mtor_action.repository.git import Git

_ATTEMPTS = 6
_LONGEST_MOMENT = 40
_HERE, _THERE = "mtor-spending-made", "refs/mtor/spending"


def record_spending(
    git: Git, account: ActingAccount, run_id: int, attempt: int, usage: Usage, started: str = ""
) -> list[str]:
    """Add this attempt's line to the day's file; what went wrong, as sentences.

    `started` is when the work began: an attempt that only publishes what an earlier one recorded adds nothing to it.
    """
    spent = Spent(run_id, attempt, max(0.0, usage.usd), max(0, usage.requests), started[:_LONGEST_MOMENT])
    try:
        _record(git, account, spent)
    except (MtorError, OSError) as error:
        reason = error.message if isinstance(error, MtorError) else str(error)
        return [f"what the run spent was not recorded on the branch {BRANCH}, so it counts as a whole budget: {reason}"]
    return []


def record_nothing(git: Git, account: ActingAccount, run_id: int, attempt: int) -> list[str]:
    """Record that a job which never began has spent nothing, where `per_day` is set; what went wrong, as sentences."""
    try:
        if settings_at(account.client).settings.per_day is None:
            return []
    except MtorError as error:
        return [f"whether `per_day` is set is not known: {error.message}"]
    return record_spending(git, account, run_id, attempt, Usage())


def _record(git: Git, account: ActingAccount, spent: Spent) -> None:
    for attempt in range(_ATTEMPTS):
        head = branch_head(account.client, BRANCH)
        commit_id = _commit(git, account, spent, head)
        if not commit_id:
            return
        try:
            push_or_sign(git, account, BranchUpdate(head, commit_id, BRANCH, head, spent.run))
        except GitHubError as error:
            moved = error.kind in (RequestFailureKind.NOT_FAST_FORWARD, RequestFailureKind.REFERENCE_EXISTS)
            if not moved or attempt == _ATTEMPTS - 1:
                raise
        else:
            return


def _commit(git: Git, account: ActingAccount, spent: Spent, head: str | None) -> str:
    """Return a commit on `head` with the line; "" if the attempt has one already."""
    path, before = day_file(today()), None
    if head is not None:
        fetch(git, account.remote, [f"+{head}:{_THERE}"])
        with BaseTree(git, head) as tree:
            if tree.entry(path) is not None:
                before = FileState(tree.read(path))
    data = before.content if before else b""
    of_run = [earlier for earlier in read_spent(data) if earlier.run == spent.run]
    if any(earlier.attempt == spent.attempt for earlier in of_run):
        return ""
    if spent.started and any(earlier.started == spent.started for earlier in of_run):
        spent = spent.published_again
    torn = b"\n" if data and not data.endswith(b"\n") else b""
    change = Change(path, before, FileState(data + torn + spent.line()))
    git.run("update-ref", "-d", f"refs/heads/{_HERE}")
    signature = account.signature()
    return commit(
        git,
        base=head,
        target=BranchTarget(_HERE, None),
        changes=[change],
        message=f"record what run {spent.run} spent",
        stamp=Stamp(signature, signature),
    )
