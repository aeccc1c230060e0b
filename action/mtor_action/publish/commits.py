"""The commits of a job: one that is exactly the spec and, on top, one that is the implementer's; and what marks them.

Made by plumbing in an empty repository: no checkout, no hook, no filter, no index.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from mtor_action.neutral import inert, one_line
from mtor_action.repository.commit import BranchTarget, Stamp, commit

if TYPE_CHECKING:
    from mtor_action.github.answers import Answer
    from mtor_action.publish.inputs import Order
    from mtor_action.publish.verification import Verified
    from mtor_action.repository.git import Git

_TRAILER = re.compile(r"^Job: (\S+)$", re.MULTILINE)
_STANDING = "Standing:"
_OUTSIDERS = re.compile(rf"^{_STANDING} text by ", re.MULTILINE)
_MAIL = re.compile(r"<([^<>]*)>")


class PublishedCommit(NamedTuple):
    """A commit on a branch of the server: the job in its trailer ("" if there is none), its people, its tree.

    `is_outsiders`: a trailer of ours names somebody who wrote its text and could not write to the repository.
    """

    sha: str
    job: str
    mails: frozenset[str]
    tree: str
    is_outsiders: bool = False


def make_commits(git: Git, order: Order, verified: Verified, signature: str) -> str:
    """Commit the spec's changes and the implementer's on the base, and return the last one's id; "" for no change."""
    title = inert(one_line(verified.source.spec.title, 72))
    # A trailer, since with an author of its own GitHub would not sign the commit.
    standing = "".join(f"{_STANDING} {words}\n" for words in verified.source.standing.sentences())
    trailers = f"Spec: #{order.number}\nSpec-Sha256: {verified.source.spec.sha256}\n{standing}Job: {order.name}\n"
    beyond = "What the implementer changed. The spec's own code, exactly, is the commit before."
    branch, head = f"publish-{verified.base}", ""
    for changes, message in (
        (verified.checked.spec, f"{title}\n\n{trailers}"),
        (verified.checked.implementer, f"{title} (implementer)\n\n{beyond}\n\n{trailers}"),
    ):
        if changes:
            target = BranchTarget(branch, head or None)
            stamp = Stamp(author=signature, committer=signature)
            head = commit(git, base=head or verified.base, target=target, changes=changes, message=message, stamp=stamp)
    return head


def tree_of(git: Git, commit_id: str) -> str:
    """Return the id of a commit's tree. Raises GitHubError."""
    return git.run("rev-parse", f"{commit_id}^{{tree}}").decode("ascii").strip()


def read_commit(answer: Answer) -> PublishedCommit:
    """Return the commit that an answer of GitHub's API shows."""
    message = answer.text("commit", "message")
    trailers = _TRAILER.findall(message)
    return PublishedCommit(
        sha=answer.text("sha"),
        job=trailers[-1] if trailers else "",
        mails=frozenset(answer.text("commit", role, "email") for role in ("author", "committer")),
        tree=answer.text("commit", "tree", "sha"),
        is_outsiders=_OUTSIDERS.search(message) is not None,
    )


def mail_of(signature: str) -> str:
    """Return the address of a person given as `Name <mail>`."""
    match = _MAIL.search(signature)
    return match[1] if match else ""
