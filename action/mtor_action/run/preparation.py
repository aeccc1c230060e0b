"""Everything that is decided before anything is written: base, settings, plan."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from mtor_action.diagnostics import Diagnostic
from mtor_action.plan.changes import Change, FileState
from mtor_action.plan.overlay import Overlay
from mtor_action.plan.plan import make_plan
from mtor_action.repository.attributes import attributes_of
from mtor_action.repository.head import resolve
from mtor_action.repository.tree import BaseTree
from mtor_action.spec.operations import PatchFile, WriteFile
from mtor_action.spec.settings import DEFAULTS_FILE, Settings, read_settings
from mtor_action.spec.text import Lines, Part, Problems

if TYPE_CHECKING:
    from mtor_action.plan.plan import Plan
    from mtor_action.plan.tree import Tree
    from mtor_action.repository.attributes import Attributes
    from mtor_action.repository.git import Git
    from mtor_action.spec.manifest import Spec
    from mtor_action.spec.operations import Operation
    from mtor_action.spec.text import Place


class Prepared(NamedTuple):
    """A spec against its base.

    With `diagnostics` it must not be applied, with `plan.unplaced` only if an implementer takes those hunks on.
    """

    spec: Spec
    settings: Settings
    base: str
    plan: Plan
    diagnostics: tuple[Diagnostic, ...]
    attributes: Attributes | None = None  # those of the base, where its files can be told apart by them

    @property
    def faults(self) -> tuple[Diagnostic, ...]:
        """Every reason not to apply it without an implementer."""
        return (*self.diagnostics, *(hunk.diagnostic for hunk in self.plan.unplaced))


def prepare(git: Git, spec: Spec, head: str, pinned: str | None = None) -> Prepared:
    """Resolve the base (`pinned`, else the spec's, else the default's, else the commit `head`), merge settings, plan.

    Raises RepositoryError if the base names no commit.
    """
    wanted = pinned or spec.settings.base
    if wanted is None:
        with BaseTree(git, head) as tree:
            wanted = defaults_in(tree)[0].base
            if wanted is None:
                return against(spec, head, tree, attributes_of(git, tree, of_machine=True))
    base = resolve(git, wanted)
    with BaseTree(git, base) as tree:
        return against(spec, base, tree, attributes_of(git, tree, of_machine=True))


def against(spec: Spec, base: str, tree: Tree, attributes: Attributes | None = None) -> Prepared:
    """Plan the spec against `tree`, which holds the commit `base`; its changes are what git stores.

    Without `attributes` nothing is refused or converted because of them.
    """
    from mtor_action.plan.plan import Plan

    defaults, problems = defaults_in(tree)
    settings = spec.settings.over(defaults)
    diagnostics = [*spec.diagnostics, *problems]
    if spec.operations or spec.moves or spec.deletes:
        diagnostics += _no_test(spec, settings)
    if spec.diagnostics:
        plan = Plan()
    else:
        plan = make_plan(spec, tree) if attributes is None else plan_by(attributes, spec, tree)
    return Prepared(spec, settings, base, plan, (*diagnostics, *plan.diagnostics), attributes)


def plan_by(attributes: Attributes, spec: Spec, tree: Tree) -> Plan:
    """The plan with what git would store, or with a fault for each path that has a filter driver before or after."""
    plan = make_plan(_as_stored(spec, tree, attributes), tree)
    places = _places(spec)
    result = attributes.after(plan.changes)
    drivers = attributes.filters(places) | result.filters(places)
    if not drivers:
        origins = {move.new: move.old for move in spec.moves} | _renamed(spec)
        return plan._replace(changes=result.normal(plan.changes, origins))
    faults = [_filtered(path, drivers[path], place) for path, place in places.items() if path in drivers]
    return plan._replace(changes=(), diagnostics=(*plan.diagnostics, *spec.with_source(faults)))


def _as_stored(spec: Spec, tree: Tree, attributes: Attributes) -> Spec:
    """The spec with the whole files that git would not store as they are written, so that both can be compared."""
    overlay = Overlay(tree)
    whole = [operation for operation in spec.operations if isinstance(operation, WriteFile)]
    odd = [each for each in whole if b"\r" in each.content or b"$Id:" in each.content]
    if not odd:
        return spec
    changes = [Change(each.path, overlay.before(each.path), FileState(each.content)) for each in whole]
    result = attributes.after(changes)
    asked = [change for change, each in zip(changes, whole, strict=True) if each in odd]
    normal = {change.path: change.after.content for change in result.normal(asked) if change.after is not None}
    same = {change.path: change.before.content for change in asked if change.before is not None}
    stored = {change.path: normal.get(change.path, same.get(change.path)) for change in asked}
    return spec._replace(operations=tuple(_with_content(each, stored.get(each.path)) for each in spec.operations))


def _with_content(operation: Operation, content: bytes | None) -> Operation:
    if content is None or not isinstance(operation, WriteFile):
        return operation
    return operation._replace(content=content)


def _filtered(path: str, driver: str, place: Place) -> Diagnostic:
    return Diagnostic(
        "filter",
        place.path,
        place.line,
        place.column,
        f'"{path}" is converted by the filter driver {json.dumps(driver)}, which is a program that mtor never runs',
        "change the file by hand and take it out of the spec",
    )


def _places(spec: Spec) -> dict[str, Place]:
    """Where the spec names each of its paths."""
    places: dict[str, Place] = {}
    for move in spec.moves:
        places |= {move.old: move.place, move.new: move.place}
    places |= {delete.path: delete.place for delete in spec.deletes}
    for operation in spec.operations:
        places.setdefault(operation.path, operation.place)
    renamed = _renamed(spec)
    return places | {old: places[new] for new, old in renamed.items()}


def _renamed(spec: Spec) -> dict[str, str]:
    """The paths that patches rename to, with those that they rename from."""
    patches = [operation.patch for operation in spec.operations if isinstance(operation, PatchFile)]
    return {patch.new: patch.old for patch in patches if patch.new and patch.old and patch.new != patch.old}


def defaults_in(tree: Tree) -> tuple[Settings, list[Diagnostic]]:
    """The settings of the tree's `.github/mtor.yml`, and what is wrong with them."""
    entry = tree.entry(DEFAULTS_FILE)
    if entry is None or entry.kind != "file":
        return Settings(), []
    lines = Lines(Part(DEFAULTS_FILE, tree.read(DEFAULTS_FILE)))
    problems = Problems(lines)
    text = lines.data.decode("utf-8", "replace")
    return read_settings(problems, text, first_line=0, in_file=True), problems.found


def _hides_settings(found: Diagnostic) -> bool:
    """Whether the mistake may be why no `test` was read."""
    return found.rule in {"yaml", "unknown-key", "setting"} or "mtor" in found.source.split()


def _no_test(spec: Spec, settings: Settings) -> list[Diagnostic]:
    if settings.test is not None or any(_hides_settings(found) for found in spec.diagnostics):
        return []
    lines = spec.texts[0]
    return [
        Diagnostic(
            "no-test",
            lines.name,
            1,
            1,
            "no command decides whether the spec works, expected `test`",
            f"add `test:` to the settings block or to {DEFAULTS_FILE}; `test: []` says: untested, on purpose",
            lines.text(0),
        )
    ]
