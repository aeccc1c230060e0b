"""What is fetched where a base moved: the commit that a spec was written for, or the history to find it in.

The work job and the publish job both fetch it by themselves, and so find the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.errors import GitError, MtorError
from mtor_action.github.branches.repositories import commit_of, holder_of
from mtor_action.neutral import one_line
from mtor_action.preparation.text_origin import Origin
from mtor_action.repository.remote import Remote, fetch
from mtor_action.repository.revisions.first_parents import DEPTH

if TYPE_CHECKING:
    from mtor_action.github.client import Client
    from mtor_action.preparation.preparation import Prepared
    from mtor_action.repository.git import Git

_REF = "refs/mtor/written-for"


def fetch_origin(client: Client, git: Git, remote: Remote, prepared: Prepared, written_at: int) -> Origin:
    """Fetch what it takes to follow the base of `prepared`, nothing where it applies; `written_at` in Unix seconds.

    Raises MtorError if the spec does not apply and the commit that it names is none of this repository's, GitHubError,
    GitError.
    """
    name, applies = prepared.spec.settings.written_for, not prepared.plan.faults
    origin = Origin(lambda: written_at)
    if prepared.spec.diagnostics or (applies and (not name or prepared.base.startswith(name))):
        return origin
    is_shallow = (git.common_dir / "shallow").exists()
    if not name:
        if is_shallow:
            fetch(git, remote, [f"+{prepared.base}:{_REF}"], depth=DEPTH)
        return origin
    commit = commit_of(client, name)
    # GitHub also serves a fork's commits under this repository's address.
    if commit is None or not commit.startswith(name) or holder_of(client, commit) is None:
        if applies:
            return Origin(lambda: written_at, commit=prepared.base)  # nothing speaks against it
        raise MtorError(
            f"the commit {one_line(name, 64)} (`written_for`) is in no branch or tag of this repository",
            "correct it, leave it out, or push that commit to a branch of this repository",
        )
    try:
        git.run("cat-file", "-e", f"{commit}^{{commit}}")
    except GitError:
        fetch(git, remote, [f"+{commit}:{_REF}"], depth=1 if is_shallow else None)
    return Origin(lambda: written_at, commit=commit)
