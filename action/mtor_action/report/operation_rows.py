"""The rows of a report's operations, with what the implementer made of them: one derivation for work and publish."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.lazy_dataclasses import replace
from mtor_action.plan.edits import changed_lines
from mtor_action.report.report import OperationReport

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mtor_action.plan.placed_operations import Plan
    from mtor_action.tree.changes import Change, FileState


def operation_reports(plan: Plan) -> list[OperationReport]:
    """The plan's landings as they stand in the report."""
    return [
        OperationReport(
            kind=landing.kind,
            path=landing.path,
            line=landing.line,
            placement=landing.placement,
            added=landing.added,
            removed=landing.removed,
            note=landing.note,
            places=list(landing.places),
        )
        for landing in plan.landings
    ]


def with_implementers_changes(
    operations: Sequence[OperationReport], changes: Iterable[Change], by: str = "the implementer"
) -> list[OperationReport]:
    """Return the rows of the spec's `operations`, marked where `changes` came after them, and rows for the others.

    `changes` lead from the plan to what was tested, and are made `by` somebody, in words.
    """
    by_path = {change.path: change for change in changes}
    rows = [_changed(operation, by) if operation.path in by_path else operation for operation in operations]
    planned = {operation.path for operation in operations}
    return rows + [_row(change, by) for path, change in by_path.items() if path not in planned]


def _changed(operation: OperationReport, by: str) -> OperationReport:
    note = "; ".join(part for part in (operation.note, f"then changed by {by}") if part)
    return replace(operation, note=note, changed_by_model=True)


def _row(change: Change, by: str) -> OperationReport:
    kind = "create" if change.before is None else "delete" if change.after is None else "edit"
    added, removed = changed_lines(_lines(change.before), _lines(change.after))
    return OperationReport(kind, change.path, 0, "model", added, removed, f"by {by}", changed_by_model=True)


def _lines(state: FileState | None) -> list[bytes]:
    return (state.content if state else b"").split(b"\n")
