"""A job's commits on the server's branch: signed by GitHub if it does so, else pushed as they are; and the reason.

GitHub signs a commit that a bot's token makes through the API without author, committer and signature:
https://docs.github.com/authentication/managing-commit-signature-verification/about-commit-signature-verification
#signature-verification-for-bots (read 2026-11-29). Reports about `POST git/commits` disagree, so the answer decides.

One push brings the objects to a ref that no branch rule covers and no workflow listens to, as in Renovate
(https://github.com/renovatebot/renovate/pull/14271, read 2026-11-29). Through the API, a spec of 1,000 files would take
1,000 blobs at 5 points each, and GitHub allows 900 points and 80 new contents a minute (rest/using-the-rest-api/
rate-limits-for-the-rest-api, read 2026-11-29). This way it costs 5 points a commit, 5 to move the branch, and none for
the objects.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from mtor_action.errors import MtorError
from mtor_action.github.branches.moving_refs import RefMove, move_ref
from mtor_action.github.failures import GitHubError, RequestFailure, RequestFailureKind, github_error
from mtor_action.neutral import one_line
from mtor_action.publish.pushing import push
from mtor_action.repository.remote import HIDDEN_REFS, hidden_refs, push_hidden, remove_hidden

if TYPE_CHECKING:
    from mtor_action.github.answers import Answer
    from mtor_action.github.client import Client
    from mtor_action.publish.credentials import ActingAccount
    from mtor_action.repository.git import Git

_MOST_LEFTOVERS = 5


class BranchUpdate(NamedTuple):
    """The local commits `base`..`head` for a branch that is at `expected` (None: that does not exist).

    `base` None: all of them, from the first.
    """

    base: str | None
    head: str
    branch: str
    expected: str | None
    run_id: int  # names the ref that the objects come by


class PlacedHead(NamedTuple):
    """The commit that the branch is at now, and whether GitHub signed it and those below; `reason` says why not."""

    head: str
    verified: bool
    reason: str = ""

    def as_json(self) -> dict[str, object]:
        """Return the report's `signature`: whether it is verified, and why not."""
        return {"verified": self.verified, "reason": self.reason}


class _LocalCommit(NamedTuple):
    tree: str
    message: str
    merged: tuple[str, ...] = ()  # parents beside the one that comes before it on the branch


def place(git: Git, account: ActingAccount, update: BranchUpdate) -> PlacedHead:
    """Move the branch by lease, to signed commits with the same trees and messages where GitHub makes them.

    Raises GitHubError for what GitHub refuses, GitError for the rest. Safe to repeat.
    """
    try:
        return PlacedHead(_place_signed(git, account, update), verified=True)
    except GitHubError as error:
        if error.kind is RequestFailureKind.NOT_FAST_FORWARD:
            raise
        reason = error.message
    except MtorError as error:
        reason = error.message
    push(git, account.remote, update.head, update.branch, update.expected)
    account.client.forget_reads()
    return PlacedHead(update.head, verified=False, reason=one_line(reason, 300))


def push_or_sign(git: Git, account: ActingAccount, update: BranchUpdate) -> None:
    """Move a branch of mtor's own records: pushed, and signed only where a rule refuses that. Raises as `place`."""
    account.client.forget_reads()  # whatever comes of it, the branch may be elsewhere
    try:
        push(git, account.remote, update.head, update.branch, update.expected)
    except GitHubError as refused:
        if refused.kind is not RequestFailureKind.PROTECTED:
            raise
        try:
            _place_signed(git, account, update)
        except GitHubError as error:
            raise (error if error.kind is RequestFailureKind.NOT_FAST_FORWARD else refused) from error
        except MtorError as error:
            raise refused from error


def _place_signed(git: Git, account: ActingAccount, update: BranchUpdate) -> str:
    """Return the signed commit that the branch is at now. Raises MtorError."""
    ref = f"{HIDDEN_REFS}{update.run_id}"
    try:
        push_hidden(git, account.remote, update.head, ref)
        signed = _signed(git, account.client, update)
        move_ref(account.client, _move(update, signed))
    finally:
        _remove(git, account, [ref])
    return signed


def remove_leftovers(git: Git, account: ActingAccount, runs: Client, run_id: int) -> None:
    """Delete the refs of runs that were killed before they did so themselves, at most a few; never raises MtorError.

    `runs` is a client that may read workflow runs, `run_id` this one, which may have been killed before.
    """
    try:
        ids = [ref.removeprefix(HIDDEN_REFS) for ref in hidden_refs(git, account.remote)]
        own = [other for other in ids if other == str(run_id)]
        others = [other for other in ids if other != str(run_id)][:_MOST_LEFTOVERS]
        ended = [f"{HIDDEN_REFS}{other}" for other in (*own, *others) if other in own or _has_ended(runs, other)]
    except MtorError:
        return
    _remove(git, account, ended)


def _has_ended(runs: Client, run_id: str) -> bool:
    if not (run_id.isascii() and run_id.isdecimal()):
        return False  # not a name that we give
    run = runs.find(f"actions/runs/{run_id}")
    return run is None or run.text("status") == "completed"  # None: deleted, it does not run any more


def _remove(git: Git, account: ActingAccount, refs: list[str]) -> None:
    """What cannot be removed now is a later run's to remove: a ref too many never costs the result."""
    if refs:
        with suppress(MtorError):
            remove_hidden(git, account.remote, *refs)


def _move(update: BranchUpdate, head: str) -> RefMove:
    # Only a branch of mtor's own is ever replaced, and by this lease only while it is as it was looked at.
    replaces = update.expected is not None and update.expected != update.base
    return RefMove(f"refs/heads/{update.branch}", update.expected, head, replaces=replaces)


def _signed(git: Git, client: Client, update: BranchUpdate) -> str:
    """Return the last of the commits that GitHub made of the local ones. Raises MtorError where one is not signed."""
    made = update.base
    for commit in _local_commits(git, update):
        made = _make_commit(client, commit, [*([made] if made else []), *commit.merged])
    return made or ""


def _make_commit(client: Client, commit: _LocalCommit, parents: list[str]) -> str:
    body = {"message": commit.message, "tree": commit.tree, "parents": parents}
    # Made twice, one of the two is a commit that nothing points at.
    answer = client.call("POST", "git/commits", body, look=lambda: None)
    on = [item.text("sha") for item in answer.items("parents")]
    if (answer.text("tree", "sha"), on) != (commit.tree, parents) or not answer.text("sha"):
        raise _unsigned("GitHub answered with a commit of other files")
    if not answer.flag("verification", "verified"):
        raise _unsigned(f"GitHub made the commit unverified ({_reason(answer)})")
    return answer.text("sha")


def _reason(answer: Answer) -> str:
    return one_line(answer.text("verification", "reason"), 80) or "no reason given"


def _unsigned(words: str) -> MtorError:
    return github_error("POST git/commits", RequestFailure(RequestFailureKind.GARBAGE), words)


def _local_commits(git: Git, update: BranchUpdate) -> list[_LocalCommit]:
    """Return what was made here, oldest first: the spec's commit and, above it, the implementer's; or one merge."""
    beyond = f"{update.base}..{update.head}" if update.base else update.head
    ids = git.run("rev-list", "--first-parent", "--reverse", beyond).decode("ascii").split()
    return [_local_commit(git, commit_id) for commit_id in ids]


def _local_commit(git: Git, commit_id: str) -> _LocalCommit:
    head, _, message = git.run("cat-file", "commit", commit_id).decode("utf-8", "replace").partition("\n\n")
    lines = head.split("\n")
    parents = [line.removeprefix("parent ") for line in lines if line.startswith("parent ")]
    return _LocalCommit(lines[0].removeprefix("tree "), message, tuple(parents[1:]))
