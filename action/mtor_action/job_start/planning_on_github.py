"""A fetched spec → its plan, against the files as they are on GitHub now, before it costs a runner's minute.

The runner plans again; what it finds counts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mtor_action.errors import CommandError, TreeTooLarge
from mtor_action.github.branches.repositories import branch_head, commit_of, holder_of, repository
from mtor_action.github.branches.settings_file import settings_at
from mtor_action.github.texts.pins import Pin, digest
from mtor_action.job_start.moved_base_on_github import Elsewhere, find_elsewhere
from mtor_action.job_start.predecessors_on_github import QueueOrder, last_results, order_faults, order_of
from mtor_action.job_start.remote_tree import RemoteTree
from mtor_action.manifest.settings_block.limits import models_named
from mtor_action.manifest.settings_block.settings import DEFAULTS_FILE, Settings
from mtor_action.plan.placed_operations import Plan
from mtor_action.preparation.preparation import Prepared, SettingsFile, against, defaults_in, settle
from mtor_action.preparation.setting_changes import SettingChange, setting_changes
from mtor_action.repository.branch_names import slug
from mtor_action.repository.head import COMMIT_ID, is_branch_name

if TYPE_CHECKING:
    from mtor_action.diagnostics import Diagnostic
    from mtor_action.github.client import Client
    from mtor_action.github.sources.spec_source import FetchedSpec, PullRequestRef
    from mtor_action.manifest.manifest import Spec


@dataclass(frozen=True, slots=True)
class PlannedSpec:
    """A spec against its base.

    `base` is a commit, which the branch or tag `base_name` holds; `base_ref` the branch that has to be there when the
    job starts; `target_branch` the one that the job pushes to. `changes` are what the spec's settings do to the
    repository's, `order` the issues that it comes after. `elsewhere`: the spec does not apply to the base, and the
    runner merges it from another commit, on which `plan` was made if it is known. With `faults` nothing is started.
    """

    spec: Spec
    pins: tuple[Pin, ...]
    settings: Settings
    plan: Plan
    faults: tuple[Diagnostic, ...]
    base: str
    base_name: str
    base_ref: str
    target_branch: str
    order: QueueOrder
    changes: tuple[SettingChange, ...] = ()
    elsewhere: Elsewhere | None = None

    @property
    def digest(self) -> str:
        """Return the digest of the pins, which identifies the spec."""
        return digest(self.pins)


@dataclass(frozen=True, slots=True)
class _Base:
    commit: str
    name: str
    ref: str
    tree: RemoteTree | None  # None: too large
    default: SettingsFile | None  # the default branch's settings; None: the base is that branch's end


def plan(client: Client, number: int, fetched: FetchedSpec) -> PlannedSpec:
    """Parse the spec and plan it. Raises GitHubError, CommandError for a base that does not exist, SpecChanged."""
    fetched.check_place()
    spec = fetched.spec()
    pull = fetched.pull_request
    order = QueueOrder(number)
    if not pull and (spec.settings.after or fetched.is_blocked):
        order = order_of(client, number, spec, is_blocked=fetched.is_blocked)
    base = _of_pull_request(client, pull) if pull else _on_results(client, _of_issue(client, spec), order)
    prepared = _prepared(client, spec, base)
    if spec.wish and not models_named(prepared.settings):
        raise CommandError("no implementer is set to do it", f"name one as `implementer` in {DEFAULTS_FILE}")
    elsewhere = _elsewhere(client, prepared, fetched.written_at)
    if elsewhere is not None:
        prepared = prepared._replace(plan=elsewhere.plan or Plan(), diagnostics=())
    # Hunks that match nowhere are left to the implementer, if there is one.
    unplaced = () if models_named(prepared.settings) else prepared.faults[len(prepared.diagnostics) :]
    return PlannedSpec(
        spec=spec,
        pins=fetched.pins,
        settings=prepared.settings,
        plan=prepared.plan,
        faults=(*spec.with_source((*prepared.diagnostics, *unplaced)), *_order_faults(client, number, spec, pull)),
        base=base.commit,
        base_name=base.name,
        base_ref=base.ref,
        target_branch=pull.head_ref if pull else f"mtor/{number}-{slug(spec.title)}",
        changes=tuple(setting_changes(prepared)),
        order=order,
        elsewhere=elsewhere,
    )


def _order_faults(client: Client, number: int, spec: Spec, pull: PullRequestRef | None) -> list[Diagnostic]:
    return order_faults(client, number, spec) if spec.settings.after and not pull else []


def _on_results(client: Client, base: _Base, order: QueueOrder) -> _Base:
    """Return the base with the results of the specs before; no tree while they are not there in one branch."""
    if order.obstacle:
        return replace(base, tree=None)
    results = last_results(client, order)
    if not results:
        return base
    if len(results) > 1:
        return replace(base, tree=None)
    branch, head = results[0].branch, results[0].head
    default = base.default or settings_at(client)
    return replace(base, commit=head, name=branch, tree=_tree(client, head), default=default)


def _elsewhere(client: Client, prepared: Prepared, written_at: int) -> Elsewhere | None:
    """Return where a sound spec may come from that does not apply to its base; None if it does, or from nowhere."""
    plan, spec = prepared.plan, prepared.spec
    if not plan.faults or len(prepared.diagnostics) > len(plan.diagnostics):
        return None
    return find_elsewhere(client, spec, prepared.base, plan, written_at)


def _prepared(client: Client, spec: Spec, base: _Base) -> Prepared:
    if base.tree:
        try:
            return against(spec, base.commit, base.tree, base.default)
        except TreeTooLarge:
            pass
    return settle(spec, settings_at(client, base.commit), base.default)._replace(base=base.commit)


def _tree(client: Client, commit: str) -> RemoteTree | None:
    try:
        return RemoteTree(client, commit)
    except TreeTooLarge:
        return None


def _of_pull_request(client: Client, pull: PullRequestRef) -> _Base:
    tree = _tree(client, pull.head_sha)
    return _Base(commit=pull.head_sha, name=pull.head_ref, ref=pull.base_ref, tree=tree, default=settings_at(client))


def _of_issue(client: Client, spec: Spec) -> _Base:
    """Return the base as the runner takes it: the spec's, else the default settings', else the default branch."""
    default = repository(client).default_branch
    head = branch_head(client, default)
    if head is None:
        raise CommandError(f"the default branch {default} has no commit", "push one first")
    name, tree = spec.settings.base, None
    if name in (None, default):
        tree = _tree(client, head)
        name = name or (defaults_in(tree) if tree else settings_at(client)).settings.base
    if name in (None, default):
        return _Base(commit=head, name=default, ref=default, tree=tree, default=None)
    return _of_name(client, str(name), default)


def _of_name(client: Client, name: str, default: str) -> _Base:
    commit, limits = branch_head(client, name) if is_branch_name(name) else None, settings_at(client)
    if commit:
        return _Base(commit=commit, name=name, ref=name, tree=_tree(client, commit), default=limits)
    is_id = COMMIT_ID.fullmatch(name) is not None
    # Checked before anything is read: GitHub also serves a fork's commits under this repository's address.
    holder = holder_of(client, name) if is_id else name
    target = name if is_id else commit_of(client, f"tags/{name}")
    if target is None or holder is None:
        place = "in no branch or tag of this repository" if is_id else "not in this repository"
        raise CommandError(f"the base {name!r} is {place}", "correct `base`: a branch, a tag or a full commit id")
    return _Base(commit=target, name=holder, ref=default, tree=_tree(client, target), default=limits)
