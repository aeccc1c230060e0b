"""A plan by git's attributes: its changes are what git would store, and no path has a filter driver."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.diagnostics import Diagnostic
from mtor_action.lazy_dataclasses import replace
from mtor_action.manifest.file_blocks.operations import PatchFile, SubstFiles, WriteFile, of_one_file
from mtor_action.plan.plan import make_plan
from mtor_action.tree.changes import Change, FileState
from mtor_action.tree.overlay import Overlay

if TYPE_CHECKING:
    from mtor_action.manifest.file_blocks.operations import Operation
    from mtor_action.manifest.manifest import Spec
    from mtor_action.manifest.text import Place
    from mtor_action.plan.applied import Past
    from mtor_action.plan.placed_operations import Plan
    from mtor_action.plan.symbol_texts import Seen
    from mtor_action.repository.attributes import Attributes
    from mtor_action.tree.tree import Tree


def plan_by(attributes: Attributes, spec: Spec, tree: Tree, past: Past | None = None, seen: Seen | None = None) -> Plan:
    """The plan with what git would store, or with a fault for each path that has a filter driver before or after.

    `past` and `seen` as in `make_plan`.
    """
    plan = make_plan(_as_stored(spec, tree, attributes), tree, past, seen)
    places = places_in(spec, plan)
    result = attributes.after(plan.changes)
    drivers = attributes.filters(places) | result.filters(places)
    if not drivers:
        return plan._replace(changes=result.normal(plan.changes, origins_in(spec)))
    faults = [filtered(path, drivers[path], place) for path, place in places.items() if path in drivers]
    return plan._replace(changes=(), diagnostics=(*plan.diagnostics, *spec.with_source(faults)))


def _as_stored(spec: Spec, tree: Tree, attributes: Attributes) -> Spec:
    """The spec with the whole files that git would not store as they are written, so that both can be compared."""
    overlay = Overlay(tree)
    whole = [write for write in spec.operations if isinstance(write, WriteFile)]
    odd = [file for file in whole if b"\r" in file.content or b"$Id:" in file.content]
    if not odd:
        return spec
    changes = [Change(file.path, overlay.before(file.path), FileState(file.content)) for file in whole]
    result = attributes.after(changes)
    to_convert = [change for change, file in zip(changes, whole, strict=True) if file in odd]
    normal = {change.path: change.after.content for change in result.normal(to_convert) if change.after is not None}
    same = {change.path: change.before.content for change in to_convert if change.before is not None}
    stored = {change.path: normal.get(change.path, same.get(change.path)) for change in to_convert}
    return spec._replace(operations=tuple(_with_content(operation, stored) for operation in spec.operations))


def _with_content(operation: Operation, stored: dict[str, bytes | None]) -> Operation:
    content = stored.get(operation.path) if isinstance(operation, WriteFile) else None
    if content is None or not isinstance(operation, WriteFile):
        return operation
    return replace(operation, content=content)


def origins_in(spec: Spec) -> dict[str, str]:
    """Return the paths that files are moved to, with those that they come from."""
    return {move.new: move.old for move in spec.moves} | _renamed(spec)


def filtered(path: str, driver: str, place: Place) -> Diagnostic:
    """Return the fault of a path that has the filter `driver`."""
    import json

    return Diagnostic(
        "filter",
        place.path,
        place.line,
        place.column,
        f'"{path}" is converted by the filter driver {json.dumps(driver)}, which is a program that mtor never runs',
        "change the file by hand and take it out of the spec",
    )


def places_in(spec: Spec, plan: Plan) -> dict[str, Place]:
    """Return where the spec names each of its paths; those that a glob matches count if they change."""
    places: dict[str, Place] = {}
    for move in spec.moves:
        places |= {move.old: move.place, move.new: move.place}
    places |= {delete.path: delete.place for delete in spec.deletes}
    for operation in of_one_file(spec.operations):
        places.setdefault(operation.path, operation.place)
    glob = next((operation.place for operation in spec.operations if isinstance(operation, SubstFiles)), None)
    if glob is not None:
        places = {change.path: glob for change in plan.changes} | places
    renamed = _renamed(spec)
    return places | {old: places[new] for new, old in renamed.items()}


def _renamed(spec: Spec) -> dict[str, str]:
    """Return the paths that patches rename to, with those that they rename from."""
    patches = [operation.patch for operation in spec.operations if isinstance(operation, PatchFile)]
    return {patch.new: patch.old for patch in patches if patch.new and patch.old and patch.new != patch.old}
