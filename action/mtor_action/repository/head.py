"""The commit of HEAD, the commit that a name means, and switching to the job's branch."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mtor_action.errors import RepositoryError
from mtor_action.lazy_dataclasses import NamedTuple
from mtor_action.lazy_patterns import lazy_pattern

if TYPE_CHECKING:
    from mtor_action.repository.git import Git

COMMIT_ID = lazy_pattern(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_ABBREVIATED_ID = lazy_pattern(r"[0-9a-fA-F]{4,64}")

# https://git-scm.com/docs/git-check-ref-format
_NO_REF_NAME = lazy_pattern(
    r"""[\x00-\x20\x7f~^:?*\[\\] | \.\. | @\{ | // | /\Z | \A/ | \.\Z | (?:\A|/)\. | \.lock(?:/|\Z) | \A-
    | [\ud800-\udc7f\udd00-\udfff]""",  # characters that no bytes stand for
    re.VERBOSE,
)


class StartingPoint(NamedTuple):
    """HEAD: the branch's name without `refs/heads/` (None if detached) and the commit id."""

    ref: str | None
    commit: str


def is_branch_name(name: str) -> bool:
    """Return whether git accepts `name` for a branch, and no command could take it for an option or for HEAD."""
    return bool(name) and name not in {"@", "HEAD"} and not _NO_REF_NAME.search(name)


def resolve(git: Git, commitish: str) -> str:
    """Return the commit id that a branch, a branch of origin, a tag or a commit id means, looked for in this order.

    Raises RepositoryError that names the places looked at.
    """
    candidates = _candidates(commitish)
    queries = "".join(f"{name}^{{commit}}\n" for name in candidates).encode("utf-8", "surrogateescape")
    answers = git.run("cat-file", "--batch-check", stdin=queries).decode("utf-8", "surrogateescape").splitlines()
    for answer in answers:
        oid, _, description = answer.partition(" ")
        if description.startswith("commit ") and COMMIT_ID.fullmatch(oid):
            return oid
    looked = ", ".join(candidates) or "nothing: this cannot be the name of a branch, a tag or a commit"
    raise RepositoryError(f"no commit is called {commitish!r} here (looked at {looked})", "fetch it, or name another")


def switch_to(git: Git, branch: str, *, new_at: str | None) -> None:
    """Check `branch` out, created at the commit `new_at` or, with None, as it is.

    An untracked or ignored file in the way makes git refuse; nothing is overwritten. Raises GitError.
    """
    if not is_branch_name(branch):
        raise RepositoryError(f"{branch!r} is not a valid name for a branch", "choose another name")
    options = ("-q", "--no-guess", "--no-overwrite-ignore", "--no-recurse-submodules")
    if new_at is None:
        git.run("checkout", *options, branch, "--")
    else:
        git.run("checkout", *options, "--no-track", "-b", branch, new_at, "--")


def _candidates(commitish: str) -> list[str]:
    if commitish == "HEAD":
        return ["HEAD"]
    if not is_branch_name(commitish):
        return []
    places = ["refs/heads/", "refs/remotes/origin/", "refs/tags/", "refs/remotes/"]
    names = [f"{place}{commitish}" for place in places]
    if commitish.startswith("refs/"):
        names.insert(0, commitish)
    if _ABBREVIATED_ID.fullmatch(commitish):
        names.append(commitish)
    return names
