"""A pull request of mtor's remade: its whole difference merged three ways onto the commit that its base is at now.

The spec is not planned again, and no model is asked: what the spec, the implementer and applied suggestions came to is
carried as it is. The work job tests what comes out, the publish job does the same again and has to arrive at it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtor_action.plan.placed_operations import Plan
from mtor_action.preparation.merge_faults import Aim, Merge, MergeWords, conflicts_of, of_files_and_rules
from mtor_action.preparation.moved_base import MovedBase
from mtor_action.preparation.preparation import Prepared, SettingsFile, defaults_in, settle
from mtor_action.preparation.stored_plan import plan_by
from mtor_action.preparation.written_for import WrittenFor
from mtor_action.repository.revisions.base_tree import BaseTree, attributes_of
from mtor_action.repository.revisions.changes_between import difference
from mtor_action.repository.revisions.three_way import ThreeWay, renamed_between

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.manifest.manifest import Spec
    from mtor_action.repository.git import Git
    from mtor_action.tree.changes import Change

STEP = "merge the base into the pull request's branch by hand, or have the spec run again: `/mtor run` on its issue"
_WORDS = MergeWords("the commit that the pull request starts on", "the pull request", STEP, STEP)


@dataclass(frozen=True, slots=True)
class CarriedChange:
    """What leads from the commit `start` to the commit `head`, the whole change of a pull request; both are here."""

    start: str
    head: str


def prepare_remake(
    git: Git, spec: Spec, carried: CarriedChange, onto: str, default: SettingsFile | None, *, of_machine: bool
) -> Prepared:
    """Merge the change onto the commit `onto`; without changes, everything of it is there already.

    Where that conflicts and the change is the spec's alone, the spec is placed on `onto` instead. Settings are those of
    the spec and of `onto`, but for `format`, `fill` and the implementer: nothing is written anew. `default` as in
    `prepare`; `of_machine` as for Attributes. Raises GitError.
    """
    changes, special = difference(git, carried.start, carried.head)
    with BaseTree(git, onto) as tree:
        prepared = settle(spec, defaults_in(tree), default)
        settings = prepared.settings._replace(implementer=None, roles=(), format=None, fill=())
        aim = Aim(git, spec, settings, onto, tree, attributes_of(git, tree, of_machine=of_machine))
        merge = _merged(aim, carried.start, changes, special)
        faults = (*of_files_and_rules(aim, merge), *(hunk.diagnostic for hunk in conflicts_of(aim, merge)))
        plan = prepared.plan._replace(changes=() if faults else merge.changes, diagnostics=tuple(faults))
        if merge.conflicts:
            plan = _placed_again(aim, carried.start, changes) or plan
    own = {change.path: change.after for change in changes}
    merged = tuple(change.path for change in plan.changes if own.get(change.path) != change.after)
    return prepared._replace(
        settings=settings,
        base=onto,
        plan=plan,
        diagnostics=(*prepared.diagnostics, *plan.diagnostics),
        attributes=aim.attributes,
        moved=MovedBase(carried.start, is_found=False, merged=merged),
    )


def _merged(aim: Aim, start: str, changes: Sequence[Change], special: Sequence[str]) -> Merge:
    with ThreeWay(aim.git, dict(aim.attributes.files)) as three_way:
        result = three_way.merge(start, changes, aim.base)
    return Merge(
        WrittenFor(start, Plan(changes=tuple(changes)), is_found=False),
        result.changes,
        result.conflicts,
        (*special, *result.special),
        renamed_between(aim.git, start, aim.base),
        _WORDS,
    )


def _placed_again(aim: Aim, start: str, changes: Sequence[Change]) -> Plan | None:
    """Return the spec's plan on the base if the change is exactly what it made of `start`; None if it has no place."""
    with BaseTree(aim.git, start) as tree:
        attributes = attributes_of(aim.git, tree, of_machine=aim.attributes.of_machine)
        before = plan_by(attributes, aim.spec, tree)
    if before.faults or {*before.changes} != {*changes}:
        return None
    plan = plan_by(aim.attributes, aim.spec, aim.tree)
    return plan if plan.changes and not plan.faults else None
