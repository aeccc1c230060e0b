"""A spec that leaves bodies to the implementer, against its plan: definitions exist, and a test says what they do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.diagnostics import Diagnostic
from mtor_action.plan.filling import NoShape, parts_of, shape_of
from mtor_action.scope import name_tables
from mtor_action.tree.globs import any_matches, any_matches_cased

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mtor_action.manifest.manifest import Spec
    from mtor_action.plan.placed_operations import Plan
    from mtor_action.tree.tree import Tree


def fill_faults(spec: Spec, plan: Plan, tree: Tree) -> Iterator[Diagnostic]:
    """Yield what is wrong with `fill`, for a plan without faults of its own."""
    if not plan.changes:
        return  # all of it is there already
    globs = (*name_tables.default_protect(), *(spec.settings.protect or ()))
    written = {change.path: change.after for change in plan.changes}
    for fill in spec.settings.fill:
        path, symbol = parts_of(fill)
        content = content_after(path, plan, tree)
        absent = NoShape(f"no file {path}", "write it in this spec")
        shape = absent if content is None else shape_of(path, content, symbol)
        if isinstance(shape, NoShape):
            message = f"{fill.text} cannot be filled: {shape.reason}"
            step = shape.step or "give its signature with a stub for a body in this spec, or name one that the base has"
            yield Diagnostic("fill-missing", fill.place.path, fill.place.line, fill.place.column, message, step)
        elif _is_test(path, globs) or any_matches(name_tables.closed(), path):
            message = f"{fill.text} cannot be left to an implementer, who never writes {path}"
            step = "name the code that the tests are about"
            yield Diagnostic("setting", fill.place.path, fill.place.line, fill.place.column, message, step)
    if not any(after is not None and _is_test(path, globs) for path, after in written.items()):
        place = spec.settings.fill[0].place
        message = "the spec leaves bodies to the implementer and writes no test that says what they do"
        step = "write the tests in this spec, in files that `protect` covers"
        yield Diagnostic("fill-untested", place.path, place.line, place.column, message, step)


def content_after(path: str, plan: Plan, tree: Tree) -> bytes | None:
    """Return a file as the spec leaves it; None where there is no regular file."""
    change = next((change for change in plan.changes if change.path == path), None)
    if change is not None:
        return change.after.content if change.after else None
    entry = tree.entry(path)
    return tree.read(path) if entry is not None and entry.kind == "file" else None


def _is_test(path: str, globs: tuple[str, ...]) -> bool:
    return any_matches(globs, path) or any_matches_cased(name_tables.cased_tests(), path)
