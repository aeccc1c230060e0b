"""A spec whose base moved: planned on the commit that it was written for, and merged three ways into the base.

What comes out is what is tested and published. The rules are kept by what the merge changes, not by the paths that the
spec names: where the base renamed a file, an edit follows it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from mtor_action.errors import RepositoryError
from mtor_action.preparation.merge_faults import Aim, Merge, conflicts_of, differing, faults_of, globs_apply
from mtor_action.preparation.stored_plan import origins_in, plan_by
from mtor_action.preparation.written_for import WrittenFor, contents_of, find, is_same, named, plan_at
from mtor_action.report.report import WrittenForRecord
from mtor_action.repository.revisions.base_tree import BaseTree
from mtor_action.repository.revisions.three_way import ThreeWay, renamed_between

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from mtor_action.plan.placed_operations import PlacedOperation, Plan
    from mtor_action.preparation.text_origin import Origin


@dataclass(frozen=True, slots=True)
class MovedBase:
    """The commit that a spec was written for, whether mtor found it, and the paths in which both sides changed."""

    commit: str
    is_found: bool
    merged: tuple[str, ...]

    def as_report(self) -> WrittenForRecord:
        """Return it as the report's `written_for`."""
        return WrittenForRecord(self.commit, self.is_found, list(self.merged))


class Followed(NamedTuple):
    """The plan that counts, and how it came to be where the base moved."""

    plan: Plan
    moved: MovedBase | None = None


def follow(aim: Aim, plan: Plan, origin: Origin) -> Followed:
    """Return the plan that counts, for a spec without mistakes of its own whose `plan` was made on the base.

    Without faults it is that one, unless the spec names another commit and merging gives something else. Raises
    RepositoryError if the spec does not apply and the commit that it names is not here, GitError.
    """
    plan = _as_seen(aim, plan, origin)
    if not plan.faults:
        return Followed(_compared(aim, plan, origin))
    if not globs_apply(aim):
        return Followed(plan)  # that a text is in so many places is said of the base as it is, too
    commit = named(aim.git, aim.spec, origin)
    if not commit:
        source = find(aim.git, aim.spec, aim.base, origin, plan.unplaced, of_machine=aim.attributes.of_machine)
    else:
        source = _planned_at(aim, commit, is_found=origin.is_found)
    return Followed(plan) if source is None else _merged(aim, source)


def _as_seen(aim: Aim, plan: Plan, origin: Origin) -> Plan:
    """Return the plan on the base by what the author saw, for a spec that overwrites unread and names its commit."""
    if not aim.spec.settings.written_for or all(fault.rule != "unseen" for fault in plan.diagnostics):
        return plan
    with BaseTree(aim.git, named(aim.git, aim.spec, origin)) as tree:
        return plan_by(aim.attributes, aim.spec, aim.tree, seen=contents_of(tree))


def _planned_at(aim: Aim, commit: str, *, is_found: bool) -> WrittenFor | None:
    """Return the spec on a commit that is not the base; None if it has nothing to do there or does not apply."""
    if commit == aim.base:
        return None
    plan = plan_at(aim.git, aim.spec, commit, of_machine=aim.attributes.of_machine)
    return WrittenFor(commit, plan, is_found) if plan.changes and not plan.faults else None


def _compared(aim: Aim, plan: Plan, origin: Origin) -> Plan:
    """Return the plan on the base, with faults where merging from the commit that the spec names gives another."""
    name = origin.commit or aim.spec.settings.written_for
    if not name or not plan.changes or aim.base.startswith(name):
        return plan
    try:
        commit = named(aim.git, aim.spec, origin)
    except RepositoryError:
        return plan  # the spec applies, and the commit that could speak against it is gone
    if is_same(aim.git, aim.spec, aim.base, commit):
        return plan
    source = _planned_at(aim, commit, is_found=False)
    if source is None:
        return plan
    merge = _three_way(aim, source)
    if merge.conflicts or merge.special:
        return plan
    both = {change.path: change.after for change in plan.changes}
    other = {change.path: change.after for change in merge.changes}
    paths = sorted(path for path, _ in set(both.items()) ^ set(other.items()))
    faults = aim.spec.with_source(differing(aim, merge, dict.fromkeys(paths)))
    return plan._replace(changes=(), diagnostics=(*plan.diagnostics, *faults)) if faults else plan


def _three_way(aim: Aim, source: WrittenFor) -> Merge:
    with ThreeWay(aim.git, dict(aim.attributes.files)) as three_way:
        merge = three_way.merge(source.commit, source.plan.changes, aim.base)
    changes = aim.attributes.after(merge.changes).normal(merge.changes, origins_in(aim.spec))
    merged = Merge(source, changes, merge.conflicts, merge.special, {})
    if set(merged.paths) <= {change.path for change in source.plan.changes}:
        return merged
    return merged._replace(renames=renamed_between(aim.git, source.commit, aim.base))


def _merged(aim: Aim, source: WrittenFor) -> Followed:
    merge = _three_way(aim, source)
    faults = tuple(aim.spec.with_source(faults_of(aim, merge)))
    unplaced = tuple(
        hunk._replace(diagnostic=diagnostic)
        for hunk in conflicts_of(aim, merge)
        for diagnostic in aim.spec.with_source([hunk.diagnostic])
    )
    after = {change.path: change.after for change in source.plan.changes}
    merged = tuple(change.path for change in merge.changes if after.get(change.path) != change.after)
    conflicted = frozenset(hunk.path for hunk in unplaced)
    plan = source.plan._replace(
        changes=() if faults else merge.changes,
        landings=tuple(_landed(landing, merge.renames, merged, conflicted) for landing in source.plan.landings),
        diagnostics=faults,
        unplaced=unplaced,
    )
    return Followed(plan, MovedBase(source.commit, source.is_found, merged))


def _landed(
    landing: PlacedOperation, renames: Mapping[str, str], merged: Container[str], conflicted: Container[str]
) -> PlacedOperation:
    """Return an operation as it landed in the merged tree: under the base's name of its file, and with a note."""
    path = next((new for new, old in renames.items() if old == landing.path), landing.path)
    notes = [landing.note, f"in {landing.path}, as it was called" if path != landing.path else ""]
    notes.append("merged with the base's changes" if path in merged else "")
    placement = "model" if path in conflicted else landing.placement
    return landing._replace(path=path, placement=placement, note="; ".join(note for note in notes if note))
