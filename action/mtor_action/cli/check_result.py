"""What the check of one spec found; a report is made of it where JSON is asked for.

The record of a run has twenty parts that no check fills, and loading them is a tenth of a check.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.lazy_dataclasses import dataclass, field
from mtor_action.report.outcome import Outcome

if TYPE_CHECKING:
    from mtor_action.diagnostics import Diagnostic
    from mtor_action.manifest.manifest import Spec
    from mtor_action.plan.placed_operations import PlacedOperation
    from mtor_action.preparation.preparation import Prepared
    from mtor_action.report.report import OrderRecord, Report


@dataclass(slots=True)
class CheckResult:
    """A spec, its plan if there is one, and every mistake; `source` names the spec as it was given."""

    spec: Spec
    source: str
    prepared: Prepared | None = None
    diagnostics: list[Diagnostic] = field(default_factory=list)
    outcome: Outcome | None = None  # None: it would apply
    reason: str = ""  # why it cannot be planned
    next_step: str = ""
    order: OrderRecord | None = None  # its place in a batch

    def conclude(self) -> None:
        """Take in the mistakes of spec and plan, and decide the outcome unless it is decided."""
        if self.prepared:
            self.diagnostics = self.spec.with_source((*self.prepared.faults, *self.diagnostics))
        else:
            self.diagnostics = self.diagnostics or list(self.spec.diagnostics)
        if self.diagnostics and self.outcome is None:
            self.outcome = Outcome.REJECTED
        elif self.prepared and not self.prepared.plan.changes:
            self.outcome = Outcome.EMPTY

    @property
    def landings(self) -> tuple[PlacedOperation, ...]:
        """The operations as they were placed, in the order of the spec."""
        return tuple(self.prepared.plan.landings) if self.prepared else ()

    def as_report(self) -> Report:
        """Return the record of a run that was only checked."""
        from mtor_action.preparation.setting_changes import setting_changes
        from mtor_action.report.operation_rows import operation_reports
        from mtor_action.report.report import new_report

        report = new_report(self.spec, self.source, job="")
        report.outcome, report.reason, report.next_step = self.outcome, self.reason, self.next_step
        report.diagnostics = self.diagnostics
        report.order = self.order or report.order
        if self.prepared:
            report.base = self.prepared.base
            if self.prepared.moved:
                report.written_for = self.prepared.moved.as_report()
            report.operations = operation_reports(self.prepared.plan)
            report.settings = [change.as_report() for change in setting_changes(self.prepared)]
        return report
