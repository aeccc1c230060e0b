"""The commits of a job: one that is exactly the spec and, on top, one that is the implementer's; and what marks them.

Made by plumbing in an empty repository: no checkout, no hook, no filter, no index.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from mtor_action.github.pulls.published_change import PublishedChange, signed_by_github
from mtor_action.github.pulls.trailers import job_in, spec_trailers
from mtor_action.neutral import inert, one_line
from mtor_action.report.wording import used_model
from mtor_action.repository.revisions.commit import BranchTarget, Stamp, commit
from mtor_action.repository.revisions.joined_start import join_commit

if TYPE_CHECKING:
    from mtor_action.github.answers import Answer
    from mtor_action.publish.inputs import Order
    from mtor_action.publish.verified import Verified
    from mtor_action.repository.git import Git

_STANDING = "Standing:"
_BEYOND = "Changes by the implementer. The commit before is exactly the spec's own code."
_BEYOND_LAYOUT = (
    "Changes by format commands that are not proven to be layout. The commit before is the spec's own code."
)
_OUTSIDERS = re.compile(rf"^{_STANDING} text by ", re.MULTILINE)
_MAIL = re.compile(r"<([^<>]*)>")


class PublishedCommit(NamedTuple):
    """A commit on a branch of the server: the job in its trailer ("" if there is none), its people, its tree.

    `is_outsiders`: a trailer of ours names somebody who wrote its text and could not write to the repository.
    `is_verified`: GitHub says that its signature is good; `unverified_reason` is GitHub's word for why it is not.
    """

    sha: str
    job: str
    mails: frozenset[str]
    tree: str
    is_outsiders: bool = False
    is_verified: bool = False
    unverified_reason: str = ""


def make_commits(git: Git, order: Order, verified: Verified, signature: str) -> str:
    """Commit the spec's changes and the implementer's on the base, and return the last one's id; "" for no change."""
    title = inert(one_line(verified.source.spec.title, 72))
    # A trailer, since with an author of its own GitHub would not sign the commit.
    standing = "".join(f"{_STANDING} {words}\n" for words in verified.source.standing.sentences())
    trailers = f"{spec_trailers(order.number, verified.source.spec.sha256)}{standing}Job: {order.name}\n"
    beyond = _BEYOND if used_model(verified.report) else _BEYOND_LAYOUT
    branch, head = f"publish-{verified.base}", ""
    for changes, message in (
        (verified.checked.own, f"{title}\n\n{trailers}"),
        (verified.checked.implementer, f"{title} (implementer)\n\n{beyond}\n\n{trailers}"),
    ):
        if changes:
            target = BranchTarget(branch, head or None)
            stamp = Stamp(author=signature, committer=signature)
            head = commit(git, base=head or verified.base, target=target, changes=changes, message=message, stamp=stamp)
    return head


def make_merge(git: Git, order: Order, change: PublishedChange, verified: Verified, signature: str) -> str:
    """Commit the change as it was carried onto the base, as a merge of both; return its id. No commit is lost by it."""
    trailers = f"{spec_trailers(change.issue, change.spec_sha256)}Job: {order.name}\n"
    files = {each.path: each.after for each in verified.checked.spec}
    message = f"{inert(one_line(f'bring up to date with {change.base_ref}', 72))}\n\n{trailers}"
    return join_commit(git, verified.base, (change.head, verified.base), files, message, signature)


def read_commit(answer: Answer) -> PublishedCommit:
    """Return the commit that an answer of GitHub's API shows."""
    message = answer.text("commit", "message")
    return PublishedCommit(
        sha=answer.text("sha"),
        job=job_in(message),
        mails=_mails(answer.at("commit")),
        tree=answer.text("commit", "tree", "sha"),
        is_outsiders=_OUTSIDERS.search(message) is not None,
        is_verified=answer.flag("commit", "verification", "verified"),
        unverified_reason=answer.text("commit", "verification", "reason"),
    )


def _mails(commit: Answer) -> frozenset[str]:
    """Return author's and committer's; GitHub as the committer of what it signed is nobody beside the author."""
    author, committer = (commit.text(role, "email") for role in ("author", "committer"))
    return frozenset({author} if signed_by_github(commit) else {author, committer})


def mail_of(signature: str) -> str:
    """Return the address of a person given as `Name <mail>`."""
    match = _MAIL.search(signature)
    return match[1] if match else ""
