"""The rows of a spec that is applied already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.manifest.file_blocks.operations import EditFile, SubstFiles, SymbolOperation, WriteFile, kind_of_symbol
from mtor_action.plan.placed_operations import PlacedOperation

if TYPE_CHECKING:
    from collections.abc import Container

    from mtor_action.manifest.file_blocks.operations import Operation
    from mtor_action.manifest.manifest import Spec


def noops(spec: Spec, missed: Container[int]) -> list[PlacedOperation]:
    """Return one row for each operation; `missed` are the ids of those that nothing proves."""
    landings = [
        PlacedOperation("move", move.new, move.place.line, "noop", note=f"from {move.old}") for move in spec.moves
    ]
    landings += [PlacedOperation("delete", delete.path, delete.place.line, "noop") for delete in spec.deletes]
    return landings + [
        PlacedOperation(
            _kind(operation),
            operation.glob if isinstance(operation, SubstFiles) else operation.path,
            operation.place.line,
            "model" if id(operation) in missed else "noop",
        )
        for operation in spec.operations
    ]


def _kind(operation: Operation) -> str:
    if isinstance(operation, WriteFile):
        return operation.kind
    if isinstance(operation, SubstFiles):
        return "subst"
    if isinstance(operation, SymbolOperation):
        return kind_of_symbol(operation)
    return "edit" if isinstance(operation, EditFile) else "patch"
