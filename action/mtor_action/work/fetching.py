"""Everything that needs the read token: the spec, the commit that it is for, the coaching notes.

Afterwards the token is used no more. What the checkout has already is not fetched again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mtor_action.coaching.note import BRANCH
from mtor_action.errors import GitError, MtorError, SpecChanged
from mtor_action.github.branches.repositories import branch_has, branch_head, holder_of, repository
from mtor_action.github.pulls.published_change import PublishedChange, check_spec, check_state
from mtor_action.github.sources.check_logs import refuse_rerun
from mtor_action.github.sources.review_words import CHECK
from mtor_action.github.sources.spec_source import PullRequestRef, fetch_spec
from mtor_action.handover.history import fetch_origin
from mtor_action.job_start.predecessors_on_github import order_of, stacked_start
from mtor_action.neutral import one_line
from mtor_action.preparation.preparation import SettingsFile, against, defaults_in
from mtor_action.preparation.remake_merge import CarriedChange
from mtor_action.preparation.text_origin import Origin
from mtor_action.repository import remote as server
from mtor_action.repository.head import COMMIT_ID, is_branch_name
from mtor_action.repository.revisions.base_tree import BaseTree, attributes_of

if TYPE_CHECKING:
    from mtor_action.github.client import Client
    from mtor_action.github.texts.pins import Pin
    from mtor_action.manifest.manifest import Spec
    from mtor_action.repository.git import Git
    from mtor_action.repository.remote import Remote
    from mtor_action.work.context import Context

_REF = "refs/mtor/base"
_COACHING = f"refs/heads/{BRANCH}"


class Fetched(NamedTuple):
    """The spec with a pin for each of its texts, and the commit to work on; `problem` says what of coaching is missing.

    All commits are in the repository, and with `origin` also what it takes to follow a base that moved. `carried` is
    the change of a pull request that is carried onto the commit.
    """

    spec: Spec
    pins: tuple[Pin, ...]
    base: str
    problem: str
    origin: Origin
    carried: CarriedChange | None = None


def fetch(client: Client, git: Git, remote: Remote, context: Context) -> Fetched:
    """Fetch what the job needs and return it. Raises SpecBlocked, SpecChanged, GitHubError, GitError, MtorError."""
    fetched = fetch_spec(client, context.issue, context.pins, run_id=context.run_id)
    fetched.check_place()
    refuse_rerun(client, [pin for pin in fetched.pins if pin.kind == CHECK])
    spec = fetched.spec()
    if fetched.change is not None:
        carried = _bring_change(client, git, remote, fetched.pins[0], fetched.change)
        check_spec(spec, fetched.change)
        problem = _fetch_coaching(client, git, remote, context.coaching)
        return Fetched(spec, fetched.pins, fetched.pins[0].onto, problem, Origin(), carried)
    if fetched.pull_request:
        base = _of_pull_request(git, remote, fetched.pull_request)
    else:
        order = order_of(client, context.issue, spec, is_blocked=fetched.is_blocked)
        start = stacked_start(client, order)
        base = _bring(git, remote, start.head) if start.head else _of_issue(client, git, remote, spec.settings.base)
    problem = _fetch_coaching(client, git, remote, context.coaching)
    origin = _fetch_origin(client, git, remote, (spec, base), fetched.written_at)
    return Fetched(spec, fetched.pins, base, problem, origin)


def _bring_change(client: Client, git: Git, remote: Remote, pin: Pin, change: PublishedChange) -> CarriedChange:
    """Fetch both ends of the change, and the commit of the base branch that it is carried onto."""
    check_state(client, pin, change)
    if change.tip != pin.commit:
        raise SpecChanged(f"#{change.number}", "its branch moved after this was asked for", "write `/mtor retry` again")
    for commit in (pin.onto, change.start, change.head):
        _bring(git, remote, commit)
    return CarriedChange(change.start, change.head)


def default_settings(client: Client, git: Git, remote: Remote) -> SettingsFile:
    """Return the default branch's `.github/mtor.yml` as it is now, by git: the checkout mostly has it.

    Raises GitHubError, GitError, MtorError.
    """
    head = _default_head(client, git, remote, repository(client).default_branch)
    with BaseTree(git, head) as tree:
        return defaults_in(tree)


def fetch_to_plan(client: Client, git: Git, remote: Remote, coaching: str) -> tuple[str, str]:
    """Return the commit that a spec without a `base` goes to, and what of the coaching notes is missing.

    Raises GitHubError, GitError, MtorError.
    """
    commit = _of_issue(client, git, remote, None)
    return commit, _fetch_coaching(client, git, remote, coaching)


def _fetch_origin(client: Client, git: Git, remote: Remote, placed: tuple[Spec, str], written_at: int) -> Origin:
    """Plan the spec once while the token may be used, and fetch what a base that moved takes."""
    spec, base = placed
    with BaseTree(git, base) as tree:
        prepared = against(spec, base, tree, None, attributes_of(git, tree, of_machine=True))
    return fetch_origin(client, git, remote, prepared, written_at)


def _of_pull_request(git: Git, remote: Remote, pull: PullRequestRef) -> str:
    if not pull.same_repository:
        raise MtorError(
            f"the pull request #{pull.number} comes from a fork, whose branch cannot be written from here",
            "push its branch to this repository and ask there",
        )
    return _bring(git, remote, pull.head_sha)


def _of_issue(client: Client, git: Git, remote: Remote, base: str | None) -> str:
    """Return the spec's `base`, else that of the default branch's settings, else the default branch's end."""
    default = repository(client).default_branch
    head = _default_head(client, git, remote, default)
    if base is None:
        with BaseTree(git, head) as tree:
            base = defaults_in(tree).settings.base
    return head if base in (None, default) else _commit_of(client, git, remote, str(base))


def _default_head(client: Client, git: Git, remote: Remote, default: str) -> str:
    head = branch_head(client, default)
    if head is None:
        raise MtorError(f"the default branch {default} has no commit", "push one first")
    return _bring(git, remote, head)


def _commit_of(client: Client, git: Git, remote: Remote, name: str) -> str:
    """Return the commit that a branch, a tag or a full commit id means on the server; a fork's is none of ours."""
    if COMMIT_ID.fullmatch(name):
        if holder_of(client, name) is None:
            raise MtorError(
                f"the base {name} is in no branch or tag of this repository",
                "correct `base`, or push that commit to a branch of this repository",
            )
        return _bring(git, remote, name)
    if is_branch_name(name):
        head = branch_head(client, name)
        if head is not None:
            return _bring(git, remote, head)
        try:
            _fetch(git, remote, f"refs/tags/{name}")
            return git.run("rev-parse", "--verify", f"{_REF}^{{commit}}").decode("ascii").strip()
        except GitError as error:
            if "find remote ref" not in error.message:
                raise
    hint = "correct `base`: a branch, a tag or a full commit id"
    raise MtorError(f"the base {one_line(repr(name), 100)} is not on the server", hint)


def _fetch_coaching(client: Client, git: Git, remote: Remote, pinned: str) -> str:
    """Set the branch that a run reads its notes from; why it could not be set, or ""."""
    git.run("update-ref", "-d", _COACHING)  # one that an earlier job of this machine left
    try:
        commit = pinned or branch_head(client, BRANCH)
        # Notes may hold commands.
        if pinned and not branch_has(client, BRANCH, pinned):
            return f"the coaching notes could not be fetched: {pinned[:12]} is not a commit of the branch {BRANCH}"
        if commit:
            git.run("update-ref", _COACHING, _bring(git, remote, commit))
    except MtorError as error:
        return f"the coaching notes could not be fetched: {error.message}"
    return ""


def _bring(git: Git, remote: Remote, commit: str) -> str:
    """See that the commit is here, and return it."""
    try:
        git.run("cat-file", "-e", f"{commit}^{{commit}}")
    except GitError:
        _fetch(git, remote, commit)
    return commit


def _fetch(git: Git, remote: Remote, name: str) -> None:
    # A checkout with its whole history keeps it whole.
    is_shallow = (git.common_dir / "shallow").exists()
    server.fetch(git, remote, [f"+{name}:{_REF}"], depth=1 if is_shallow else None)
