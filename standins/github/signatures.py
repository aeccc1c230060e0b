"""Signed commits: which GitHub signs by itself, and the ruleset that lets no others onto a branch.

A bot's commit through the API without author, committer and signature is signed and has GitHub as its committer:
docs.github.com/authentication/managing-commit-signature-verification/about-commit-signature-verification
#signature-verification-for-bots, and https://github.com/ad-m/github-push-action/pull/35 (both read 2026-11-29).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from standins.github.call import Refusal
from standins.github.people import Via

if TYPE_CHECKING:
    from standins.github.call import Call
    from standins.github.people import Json
    from standins.github.repositories import Repository

RULE = "required_signatures"
SIGNER = {"name": "GitHub", "email": "noreply@github.com"}
REFUSED = "Commits must have verified signatures."


def is_signed_by_github(call: Call, body: Json) -> bool:
    """Whether GitHub signs what this call commits."""
    own = {"author", "committer", "signature"} & set(body)
    return call.repository.signs_for_bots and call.actor.via is not Via.USER and not own


def requires_signatures(repository: Repository, ref: str) -> bool:
    """Whether a ruleset lets only signed commits onto the ref; it is for branches alone."""
    branch = ref.removeprefix("refs/heads/")
    if branch == ref:
        return False
    return RULE in (repository.rules if branch == repository.default_branch else repository.rules_elsewhere)


def refuse_unsigned(repository: Repository, ref: str, sha: str) -> None:
    """422 where a commit that is on no branch yet is not signed."""
    if not requires_signatures(repository, ref):
        return
    added = repository.git.lines("rev-list", sha, "--not", "--branches", "--tags")
    if not repository.signed.issuperset(added):
        raise Refusal(422, f"Repository rule violations found\n\n{REFUSED}\n\n")
