"""A run's notes and record, written to the server's coaching branch by compare-and-swap.

GITHUB_TOKEN writes it, so that no workflow starts. A failure here is a sentence, never a failed job.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mtor_action.coaching import briefing, store
from mtor_action.coaching.note import BRANCH, Note
from mtor_action.coaching.ranking import Selection
from mtor_action.errors import MtorError
from mtor_action.github.failures import GitHubError, RequestFailureKind
from mtor_action.publish.signing import BranchUpdate, push_or_sign
from mtor_action.repository.remote import fetch

if TYPE_CHECKING:
    from mtor_action.publish.credentials import ActingAccount
    from mtor_action.report.report import Report
    from mtor_action.repository.git import Git

_ATTEMPTS = 6
_HERE, _THERE = f"refs/heads/{BRANCH}", f"refs/remotes/origin/{BRANCH}"


def hand_back(git: Git, account: ActingAccount, report: Report, run_id: int, issue: int) -> list[str]:
    """Append the run and propose what its model said, once a job; return what went wrong, as sentences."""
    try:
        name, _, mail = account.signature().partition(" <")
        git.run("config", "user.name", name)
        git.run("config", "user.email", mail.removesuffix(">"))
        return _hand_back(git, account, report, run_id, issue)
    except (MtorError, OSError) as error:
        reason = error.message if isinstance(error, MtorError) else str(error)
        return [f"coaching was not written to the branch {BRANCH}: {reason}"]


def _hand_back(git: Git, account: ActingAccount, report: Report, run_id: int, issue: int) -> list[str]:
    for attempt in range(_ATTEMPTS):
        git.run("update-ref", "-d", _HERE)
        fetch(git, account.remote, [f"+{_HERE}:{_THERE}"])
        stored = store.load(git, every_run=True)
        if stored is None or any(run.job == report.job for run in stored.runs):
            return []
        selected = briefing.Briefing(stored.commit, Selection(injected=_carried(report, stored.notes)))
        # The day is ours: the report's own would choose the file.
        today = replace(report, started=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
        briefing.hand_back(git, selected, today, issue)
        if selected.problems:
            return selected.problems
        try:
            head = git.run("rev-parse", "--verify", _HERE).decode("ascii").strip()
            push_or_sign(git, account, BranchUpdate(stored.commit, head, BRANCH, stored.commit, run_id))
        except GitHubError as error:
            if error.kind is not RequestFailureKind.NOT_FAST_FORWARD or attempt == _ATTEMPTS - 1:
                raise
        else:
            return []
    raise AssertionError("the last attempt returns or raises")


def _carried(report: Report, notes: tuple[Note, ...]) -> tuple[Note, ...]:
    return tuple(note for note in notes if note.id in (report.coaching.carried or ()))
